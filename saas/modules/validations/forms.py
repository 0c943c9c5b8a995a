"""The forms of validations: a document to check, and a custom gate."""

from typing import Self
from uuid import UUID

from wtforms import RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length

from saas.core.ids import new_id
from saas.modules.validations.gates import SEVERITIES
from saas.modules.validations.models import (
    DOCUMENT_TYPES,
    LABEL_LENGTH,
    MEND_LENGTH,
    PHRASE_LENGTH,
    TITLE_LENGTH,
    CustomGate,
    GateKind,
    Validation,
)
from saas.modules.validations.operations.gates import GateDraft
from saas.modules.validations.operations.validations import Draft
from saas.web.forms import BaseForm, Line, Number, readable

_NEEDED = DataRequired("This is needed.")
KINDS = {str(GateKind.MUST): "Must be there", str(GateKind.MUST_NOT): "Must not be there"}


def _longest(length: int) -> Length:
    return Length(max=length, message=f"Use at most {length} characters.")


class DocumentForm(BaseForm):
    """A document with the rule sets to check it against; the choices are those that the plan has."""

    number = Number("Number")
    title = Line("Title", (_NEEDED, _longest(TITLE_LENGTH)), render_kw={"maxlength": TITLE_LENGTH})
    document_type = SelectField("Type of document", choices=DOCUMENT_TYPES)
    rule_sets = SelectMultipleField(
        "Rule sets", validate_choice=False, validators=[DataRequired("Choose at least one rule set.")]
    )
    text = TextAreaField("Text", [DataRequired("Paste or type the document first.")])

    @classmethod
    def of(cls, offered: dict[str, str], validation: Validation | None = None, *, rule_sets: list[str]) -> Self:
        """The form as it was sent, else as a document was checked before, else with these rule sets chosen."""
        if validation is None:
            form = cls.of_request(number=str(new_id()), rule_sets=rule_sets)
        else:
            form = cls.of_request(
                number=str(new_id()),
                title=validation.title,
                document_type=validation.document_type,
                rule_sets=[name for name in validation.rule_sets if name in offered],
                text=validation.text,
            )
        form.rule_sets.choices = offered
        return form

    @property
    def chosen(self) -> UUID | None:
        """The id that the validation will have."""
        return self.number.chosen

    def draft(self) -> Draft:
        """The document as the operations take it."""
        return Draft(
            self.title.data or "", self.document_type.data or "", self.text.data or "", self.rule_sets.data or []
        )


class GateForm(BaseForm):
    """A custom gate."""

    label = Line("Name", (_NEEDED, _longest(LABEL_LENGTH)), render_kw={"maxlength": LABEL_LENGTH})
    kind = RadioField("The phrase", choices=KINDS, default="must")
    phrase = Line("Phrase", (_NEEDED, _longest(PHRASE_LENGTH)), render_kw={"maxlength": PHRASE_LENGTH})
    severity = SelectField("Severity", choices=SEVERITIES, default="medium")
    mend = TextAreaField("How to mend it", [readable, _longest(MEND_LENGTH)], render_kw={"maxlength": MEND_LENGTH})

    @classmethod
    def of(cls, gate: CustomGate) -> Self:
        """The form as it was sent, else as the gate stands."""
        return cls.of_request(
            label=gate.label, kind=gate.kind, phrase=gate.phrase, severity=gate.severity, mend=gate.mend
        )

    def draft(self) -> GateDraft:
        """The gate as the operations take it."""
        return GateDraft(
            self.label.data or "",
            self.kind.data or "",
            self.phrase.data or "",
            self.severity.data or "",
            self.mend.data or "",
        )
