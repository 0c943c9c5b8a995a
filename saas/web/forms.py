"""The base of all forms: fields stripped and free of characters that cannot be shown, refusals put beside their field."""

from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from flask import request
from wtforms import Field, Form, HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from saas.core.errors import Invalid
from saas.tenancy.names import has_control_characters


class BaseForm(Form):
    """A form that knows whether it was sent and where an operation's refusal belongs."""

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
