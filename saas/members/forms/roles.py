"""Forms of roles that an organisation makes."""

from collections.abc import Iterable

from wtforms import HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length

from saas.members.operations.roles import DESCRIPTION_LENGTH, NAME_LENGTH
from saas.members.queries.roles import RoleEntry
from saas.web.forms import BaseForm, Line, Number, readable


class ComposeForm(BaseForm):
    """A role: what it is called, what it is for, what it gives. ``seen`` is the mark of the preview beside it.

    ``version`` is that of the role being edited, ``number`` the id that a new one will have.
    """

    version = HiddenField()
    number = Number()
    name = Line(
        "Name",
        [DataRequired("This is needed."), Length(max=NAME_LENGTH, message=f"Use at most {NAME_LENGTH} characters.")],
        render_kw={"maxlength": NAME_LENGTH},
    )
    description = TextAreaField(
        "What it is for",
        [readable, Length(max=DESCRIPTION_LENGTH, message=f"Use at most {DESCRIPTION_LENGTH} characters.")],
        render_kw={"maxlength": DESCRIPTION_LENGTH},
    )
    permissions = SelectMultipleField("Permissions", validate_choice=False)
    seen = HiddenField("Preview")


class DeleteForm(BaseForm):
    """Which role takes the place of a deleted one; ``seen`` is the mark of the preview beside it."""

    to = SelectField("They get the role", validate_choice=False)
    seen = HiddenField("Preview")

    def offer(self, roles: Iterable[RoleEntry]) -> None:
        """Offer these roles."""
        self.to.choices = [("", "Choose a role"), *((role.key, role.label) for role in roles)]
