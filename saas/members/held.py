"""What people hold, put together for many at once and for roles that they do not have yet: previews and explanations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select

from saas.accounts.models import CustomRole, User
from saas.accounts.queries import role_source
from saas.core.access import Rights, Source
from saas.core.database import db
from saas.core.module import Role
from saas.members.rights import GRANTS, led_teams, sources_of

_user, _role = User.__table__.c, CustomRole.__table__.c
_COLUMNS: tuple[ColumnElement[Any], ...] = (_user.id, _user.name, _user.email, _user.is_active, _user.role)


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with all that their rights are made of. ``leads`` counts while they are a team admin."""

    id: UUID
    name: str
    email: str
    is_active: bool
    role: str
    role_source: Source
    grants: tuple[tuple[str, str | None], ...]
    leads: tuple[str, ...]

    def sources(self, role: str = "", source: Source | None = None) -> tuple[Source, ...]:
        """All that they hold, or would hold with another role."""
        led = self.leads if (role or self.role) == Role.TEAM_ADMIN else ()
        return (source or self.role_source, *sources_of(role or self.role, (self.grants, led)))

    def rights(self, role: str = "", source: Source | None = None) -> Rights:
        """What they may do, or could do with another role, while their account is active."""
        return Rights(self.sources(role, source))

    @property
    def extras(self) -> tuple[object, ...]:
        """What tells their rights from those of others with the same role."""
        return self.grants, self.leads


def holders(*conditions: SQLColumnExpression[bool]) -> "Select[Any]":
    """The query of ``read_holders`` for people under conditions; it can be ordered and limited."""
    people = User.__table__.join(CustomRole.__table__, _role.id == _user.role_id, isouter=True)
    columns = (*_COLUMNS, _role.name, _role.permissions, GRANTS, led_teams())
    return select(*columns).select_from(people).where(*conditions)


def read_holders(query: "Select[Any]") -> list[Holder]:
    """The people that a query made by ``holders`` finds."""
    return [_holder(row) for row in db.session.execute(query)]


def holders_by_id(user_ids: Iterable[UUID]) -> dict[UUID, Holder]:
    """People by their ids, active or not, in one query; unknown ones are left out."""
    wanted = set(user_ids)
    return {holder.id: holder for holder in read_holders(holders(_user.id.in_(wanted)))} if wanted else {}


def _holder(row: Sequence[Any]) -> Holder:
    number, name, email, is_active, role, custom, permissions, grants, leads = row
    source = role_source(role, custom, permissions)
    given = tuple(sorted(((permission, team) for permission, team in grants or ()), key=str))
    return Holder(number, name, email, is_active, role, source, given, tuple(sorted(leads or ())))
