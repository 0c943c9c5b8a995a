"""The base of all forms: fields stripped and free of characters that cannot be shown, refusals put beside their field."""

from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from flask import request
from wtforms import Field, Form, HiddenField, PasswordField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind WTForms 3.3
from wtforms.validators import ValidationError

from saas.core.errors import Invalid
from saas.tenancy.names import has_control_characters

Choice = SelectChoice
"""One entry of a field that offers several: its value and label, and what else it should carry."""

_WORDS = {
    "Not a valid integer value.": "Please enter a whole number.",
    "Not a valid decimal value.": "Please enter a number.",
    "Not a valid float value.": "Please enter a number.",
    "Not a valid date value.": "Please enter a day such as 2027-01-31.",
    "Not a valid datetime value.": "Please enter a day and a time.",
    "Not a valid time value.": "Please enter a time such as 09:30.",
    "Not a valid choice.": "Please choose one of these.",
    "Invalid Choice: could not coerce.": "Please choose one of these.",
    "Invalid choice(s): one or more data inputs could not be coerced.": "Please choose among these.",
    "'%(value)s' is not a valid choice for this field.": "Please choose among these.",
    "'%(value)s' are not valid choices for this field.": "Please choose among these.",
    "This field is required.": "This is needed.",
}
"""What the library of forms says where a field has no words of its own, and what we say instead."""


class Words:
    """Our own words in place of the library's, as it asks translations for them."""

    def gettext(self, text: str) -> str:
        """The words for a message."""
        return _WORDS.get(text, text)

    def ngettext(self, one: str, more: str, number: int) -> str:
        """The words for a message about so many."""
        return self.gettext(one if number == 1 else more)


class BaseForm(Form):
    """A form that knows whether it was sent and where an operation's refusal belongs."""

    class Meta:
        def get_translations(self, _form: Form) -> Words:
            return Words()

    def submitted(self) -> bool:
        """Whether this request sends the form and its shape is right."""
        return request.method == "POST" and self.validate()

    def refuse(self, error: Invalid) -> None:
        """Show an operation's refusal beside the field it names; an unknown field's goes to the form."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]

    @classmethod
    def of_request(cls, **values: Any) -> Self:
        """The form filled from what was sent, else from the values given."""
        return cls(request.form if request.method == "POST" else None, **values)


def readable(_form: Form, field: Field) -> None:
    """Refuse control characters, NUL and lone surrogates."""
    if isinstance(field.data, str) and has_control_characters(field.data, lines=field.type == "TextAreaField"):
        raise ValidationError("This holds characters that cannot be used here.")


class Line(StringField):
    """One line of text without space around it; every one is checked to be readable."""

    def __init__(self, label: str = "", validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(
            label, [readable, *validators], filters=(lambda text: text.strip() if text else text,), **options
        )


class Secret(PasswordField):
    """A password; never stripped, never shown again."""


class Number(HiddenField):
    """The id that something will have, chosen with its form: a form sent twice is known by it."""

    @property
    def chosen(self) -> UUID | None:
        """The id; None for what is none."""
        try:
            return UUID(self.data or "")
        except ValueError:
            return None


__all__ = ["BaseForm", "Line", "Number", "Secret", "readable"]
