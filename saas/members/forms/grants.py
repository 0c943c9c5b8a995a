"""The form of an extra permission."""

from collections.abc import Iterable
from uuid import UUID

from wtforms import SelectField
from wtforms.validators import InputRequired

from saas.core.module import Permission
from saas.members.queries.roles import Section
from saas.tenancy.names import is_uuid
from saas.web.forms import BaseForm


def _named(permission: Permission) -> str:
    return f"{permission.label} (also in one team)" if permission.in_teams else permission.label


class GrantForm(BaseForm):
    """Which permission, and where."""

    permission = SelectField(
        "Permission", [InputRequired("Please choose one of these permissions.")], validate_choice=False
    )
    team = SelectField("Where", validate_choice=False, default="")

    def offer(self, sections: Iterable[Section], teams: Iterable[tuple[UUID, str]]) -> None:
        """Offer these permissions, by module, and these teams."""
        groups = {section.label: [(p.name, _named(p)) for p in section.permissions] for section in sections}
        self.permission.choices = {"": [("", "Choose a permission")], **groups}
        self.team.choices = [("", "Everywhere"), *((str(number), f"In {line}") for number, line in teams)]

    @property
    def team_id(self) -> UUID | None:
        """The team chosen; None for everywhere. What is no id stands for a team that nobody has."""
        text = self.team.data or ""
        if not text:
            return None
        return UUID(text) if is_uuid(text) else UUID(int=0)
