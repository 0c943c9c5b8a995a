"""What people hold besides their role: grants and the teams they lead, read in the query of every request."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from saas.accounts.models import User
from saas.accounts.queries import Extra, Identification
from saas.core.access import Source
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.models import Grant, TeamMember

_user, _grant, _place = User.__table__.c, Grant.__table__.c, TeamMember.__table__.c
GRANTS = (
    select(func.jsonb_agg(func.jsonb_build_array(_grant.permission, _grant.team_id)))
    .where(_grant.user_id == _user.id)
    .correlate(User.__table__)
    .scalar_subquery()
)
"""Of ``users``: pairs of permission and team."""


def led_teams(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Of ``users``: the teams they lead, under further conditions."""
    found = select(func.jsonb_agg(_place.team_id)).where(_place.user_id == _user.id, _place.leads, *conditions)
    return found.correlate(User.__table__).scalar_subquery()


def sources_of(role: str, values: Sequence[Any]) -> tuple[Source, ...]:
    """The sources besides the role, from the two columns."""
    grants, leads = values
    known, in_teams = runtime().registry.permissions, runtime().registry.in_teams
    given = [
        Source("grant", "", frozenset([name]), team and UUID(team)) for name, team in grants or () if name in known
    ]
    return (*given, *(Source("lead", "", in_teams, UUID(team)) for team in leads or ()))


identification = Identification(Extra((GRANTS, led_teams(_user.role == Role.TEAM_ADMIN)), sources_of))
"""The query of every request of this deployment."""
