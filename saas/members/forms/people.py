"""Forms about one person."""

from collections.abc import Iterable

from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired, Length, Optional

from saas.members.queries.roles import RoleEntry
from saas.web.forms import BaseForm, Line

CHOOSE_ROLE = "Please choose one of these roles."


class RoleForm(BaseForm):
    """The role that somebody gets; ``seen`` is the mark of the preview beside it."""

    role = RadioField("Role", [InputRequired(CHOOSE_ROLE)], validate_choice=False)
    seen = HiddenField("Preview")

    def offer(self, roles: Iterable[RoleEntry]) -> None:
        """Offer these roles."""
        self.role.choices = [(role.key, role.label) for role in roles]


class HeirForm(BaseForm):
    """Who looks after what somebody leaves behind."""

    heir = Line("Who takes over", [Optional(), Length(max=254, message="Use at most 254 characters.")])
