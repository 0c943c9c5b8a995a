"""Who can do something, and why somebody can or cannot: answered by ``Rights.reasons``, which is what decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select

from saas.accounts.models import CustomRole, User
from saas.core.access import EVERYWHERE, Place, Rights, Source
from saas.core.module import Permission, Role
from saas.core.runtime import runtime
from saas.members.guard import places_of
from saas.members.held import Holder, holders, holders_by_id, read_holders
from saas.members.models import Grant, TeamMember
from saas.members.module import MANAGE
from saas.members.queries.choices import team_names
from saas.members.queries.people import rank_of
from saas.members.queries.roles import permission_sections

MOST_GIVERS = 50
"""How many people who manage people are asked whether they could give a permission."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody holds a permission, in words; ``team_id`` when it holds in that team and below it only."""

    text: str
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody holds a permission: ``everywhere``, in some ``teams`` or ``no``; why, and else who could give it."""

    permission: Permission
    extent: Literal["everywhere", "teams", "no"]
    reasons: Sequence[Reason]
    givers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """The answers about the permissions of one module."""

    label: str
    answers: Sequence[Answer]


def explain(user_id: UUID, *, q: str = "") -> list[Chapter]:
    """Why one person can do what they can, and who could give what they cannot; by module, narrowed by a text.

    What a deactivated person would be able to do again; nothing for one who is not there.
    """
    found = holders_by_id([user_id])
    if user_id not in found:
        return []
    holder = found[user_id]
    rights, givers = holder.rights(), _givers(holder)
    names = team_names(source.team_id for source in rights.sources if source.team_id)
    return [
        Chapter(section.label, [_answer(p, rights, names, givers) for p in section.permissions])
        for section in permission_sections(q)
    ]


def _answer(
    permission: Permission, rights: Rights, names: Mapping[UUID, str], givers: Sequence[tuple[str, Rights]]
) -> Answer:
    reasons = [Reason(told(source, names), source.team_id) for source in _sources(rights, permission, None)]
    if rights.can(permission):
        return Answer(permission, "everywhere", reasons)
    able = [name for name, held in givers if held.can(permission)]
    return Answer(permission, "teams" if reasons else "no", reasons, able)


def _givers(holder: Holder) -> list[tuple[str, Rights]]:
    """People who may manage this one, from the highest role down."""
    able = holding(MANAGE.name, EVERYWHERE)
    query = (
        holders(User.is_active, able, User.id != holder.id).order_by(rank_of(User.role), User.name).limit(MOST_GIVERS)
    )
    places = places_of(source.team_id for source in holder.sources() if source.team_id)
    return [
        (giver.name, giver.rights())
        for giver in read_holders(query)
        if giver.rights().covers(holder.sources(), dict(places))
        and (holder.role != Role.OWNER or giver.role == Role.OWNER)
    ]


def told(source: Source, names: Mapping[UUID, str]) -> str:
    """A source in words; ``names`` are those of teams."""
    team = names.get(source.team_id, "a team") if source.team_id else ""
    if source.kind == "role":
        return f"Role {source.label}"
    if source.kind == "lead":
        return f"Leads {team} as a team admin"
    return f"Extra permission in {team}" if team else "Extra permission"


def find_able(permission: Permission, *, place: Place | None) -> Select[User]:
    """Active people who hold a permission at a place; None: anywhere, be it in one team only."""
    return select(User).where(User.is_active, holding(permission.name, place))


def holding(name: str, place: Place | None) -> ColumnElement[bool]:
    """Of a person: that they hold a permission at a place (None: anywhere). The same as ``Rights``, for many at once."""
    registry = runtime().registry
    built_in = [role for role, held in registry.grants.items() if name in held]
    made = select(CustomRole.id).where(CustomRole.permissions.contains([name]))
    there = None if place is None else Grant.team_id.is_(None) | Grant.team_id.in_(place)
    given = exists().where(Grant.user_id == User.id, Grant.permission == name, *([] if there is None else [there]))
    able = User.role.in_(built_in) | User.role_id.in_(made) | given
    if name not in registry.in_teams:
        return able
    led = [] if place is None else [TeamMember.team_id.in_(place)]
    leads = exists().where(TeamMember.user_id == User.id, TeamMember.leads, *led)
    return able | ((User.role == Role.TEAM_ADMIN) & leads)


def reasons_of(users: Sequence[User], permission: Permission, *, place: Place | None) -> dict[UUID, list[Reason]]:
    """Why each of some people holds a permission at a place (None: anywhere), in two queries."""
    found = holders_by_id(user.id for user in users)
    sources = {user_id: _sources(holder.rights(), permission, place) for user_id, holder in found.items()}
    names = team_names(source.team_id for many in sources.values() for source in many if source.team_id)
    return {
        user_id: [Reason(told(source, names), source.team_id) for source in many] for user_id, many in sources.items()
    }


def _sources(rights: Rights, permission: Permission, place: Place | None) -> list[Source]:
    anywhere = {source.team_id for source in rights.sources if source.team_id}
    return rights.reasons(permission, anywhere if place is None else place)
