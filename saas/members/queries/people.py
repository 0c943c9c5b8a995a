"""Reads about people: the list with its filters, where people are, what one of them has."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, SQLColumnExpression, Uuid, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from saas.accounts.models import CUSTOM, User
from saas.core.access import Rights
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.module import Role
from saas.members.models import Grant, Invitation, Team, TeamMember
from saas.members.queries.invitations import State, find_invitations
from saas.members.queries.roles import split_key
from saas.members.queries.teams import below
from saas.tenancy.names import is_uuid

_RANKS = {
    str(role): rank for rank, role in enumerate((Role.OWNER, Role.ADMIN, Role.TEAM_ADMIN, CUSTOM, *list(Role)[3:]))
}


def rank_of(role: InstrumentedAttribute[str]) -> ColumnElement[int]:
    """Where a role stands, from most to least, for an order."""
    return case(_RANKS, value=role, else_=len(_RANKS))


SORTABLE = {
    "name": func.lower(User.name),
    "role": rank_of(User.role),
    "seen": User.last_seen_at,
    "joined": User.created_at,
}
"""What the list can be ordered by, under the names that addresses use."""
INVITED_SORTABLE = {
    "name": Invitation.email,
    "role": rank_of(Invitation.role),
    "seen": Invitation.sent_at,
    "joined": Invitation.created_at,
}
"""The same for people who are only invited."""
STATUSES = {
    "active": "Active",
    "deactivated": "Deactivated",
    "invited": "Invited",
    "removed": "Removed",
}
SEEN = {
    "7": "Active in the last 7 days",
    "30": "Active in the last 30 days",
    "not30": "Not active for 30 days",
    "not90": "Not active for 90 days",
    "never": "Never active",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows the list; what makes no sense counts as nothing. Without a status everybody who was not removed is listed.
    There is no filter for second factors before there are any.

    ``role`` is a role's key, ``team`` a team's id as text (those below it count too), ``status`` and ``seen`` are keys of
    STATUSES and SEEN.
    """

    role: str = ""
    team: str = ""
    status: str = ""
    seen: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.role or self.team or self.status or self.seen)


def find_people(*, q: str = "", filter: Filter = Filter()) -> Select[User]:
    """People whose name or address holds a text, under a filter."""
    query = select(User).where(_has_status(filter.status), *_holds(User.name, User.email, q=q))
    query = query.where(*_has_role(User.role, User.role_id, filter.role), *_was_seen(filter.seen))
    if not is_uuid(filter.team):
        return query
    there = TeamMember.team_id.in_(below(UUID(filter.team)))
    return query.where(exists().where(TeamMember.user_id == User.id, there))


def find_invited(held: Rights, *, q: str = "", filter: Filter = Filter()) -> Select[Invitation]:
    """Open invitations that somebody with these rights may look after, to addresses that hold a text, under the parts of a
    filter that say something of invitations."""
    query = find_invitations(held, q=q, state=State.OPEN).where(
        *_has_role(Invitation.role, Invitation.role_id, filter.role)
    )
    if not is_uuid(filter.team):
        return query
    inside = func.array(below(UUID(filter.team)).scalar_subquery(), type_=ARRAY(Uuid))
    return query.where(Invitation.team_ids.overlap(inside))


def _holds(*columns: InstrumentedAttribute[str], q: str) -> tuple[ColumnElement[bool], ...]:
    return (or_(*(column.icontains(q, autoescape=True) for column in columns)),) if q else ()


def _has_status(status: str) -> SQLColumnExpression[bool]:
    conditions: dict[str, SQLColumnExpression[bool]] = {
        "active": User.is_active,
        "deactivated": ~User.is_active & User.removed_at.is_(None),
        "removed": User.removed_at.is_not(None),
    }
    return conditions.get(status, User.removed_at.is_(None))


def _has_role(
    column: InstrumentedAttribute[str], number: InstrumentedAttribute[UUID | None], key: str
) -> tuple[ColumnElement[bool], ...]:
    role, role_id = split_key(key)
    if role_id is not None:
        return (number == role_id,)
    return (column == role,) if role in set(Role) else ()


def _was_seen(seen: str) -> tuple[ColumnElement[bool], ...]:
    if seen == "never":
        return (User.last_seen_at.is_(None),)
    days = {"7": 7, "30": 30, "not30": 30, "not90": 90}.get(seen)
    if days is None:
        return ()
    since = now() - timedelta(days=days)
    if seen.startswith("not"):
        return (or_(User.last_seen_at < since, User.last_seen_at.is_(None)),)
    return (User.last_seen_at >= since,)


def get_person(user_id: UUID) -> User:
    """Somebody who is or was in the organisation; raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    return user


def status_of(user: User) -> str:
    """A key of STATUSES."""
    if user.removed_at is not None:
        return "removed"
    return "active" if user.is_active else "deactivated"


@dataclass(frozen=True, slots=True)
class InTeam:
    """That somebody is in a team, since when, and whether they lead it."""

    team_id: UUID
    team: str
    leads: bool
    since: datetime


def teams_of(user_ids: Collection[UUID]) -> dict[UUID, list[InTeam]]:
    """The teams of people, by name, in one query; those without teams are left out."""
    query = (
        select(TeamMember.user_id, Team.id, Team.name, TeamMember.leads, TeamMember.created_at)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id.in_(user_ids))
        .order_by(Team.name_key, Team.id)
    )
    found: dict[UUID, list[InTeam]] = {}
    for user_id, team_id, name, leads, since in db.session.execute(query):
        found.setdefault(user_id, []).append(InTeam(team_id, name, leads, since))
    return found


@dataclass(frozen=True, slots=True)
class Given:
    """An extra permission of somebody: what, in which team (empty: everywhere), by whom and when."""

    id: UUID
    permission: str
    team_id: UUID | None
    team: str
    given_by: str
    at: datetime


def list_grants(user_id: UUID) -> Sequence[Given]:
    """Somebody's extra permissions, the oldest first."""
    query = (
        select(Grant.id, Grant.permission, Grant.team_id, Team.name, User.name, Grant.created_at)
        .join(Team, Team.id == Grant.team_id, isouter=True)
        .join(User, User.id == Grant.granted_by_id, isouter=True)
        .where(Grant.user_id == user_id)
        .order_by(Grant.created_at, Grant.id)
    )
    return [
        Given(number, permission, team_id, team or "", by or "", at)
        for number, permission, team_id, team, by, at in db.session.execute(query)
    ]


def get_grant(grant_id: UUID, *, of: UUID) -> Grant:
    """An extra permission of one person; raises NotFound, also when it is somebody else's."""
    grant = db.session.get(Grant, grant_id)
    if grant is None or grant.user_id != of:
        raise NotFound("This permission was taken back already.")
    return grant


def list_places() -> list[tuple[UUID, str]]:
    """All teams with the names of those above, such as “Sales / North”, in the tree's order; one query."""
    rows = db.session.execute(select(Team.id, Team.name, Team.path)).all()
    names = {number: name for number, name, _ in rows}
    lines = [(number, " / ".join(names[one] for one in path if one in names)) for number, _, path in rows]
    return sorted(lines, key=lambda line: line[1].casefold())
