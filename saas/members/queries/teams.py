"""Reads about teams: one with those above it, the people in one, the people who could be added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from saas.accounts.models import CustomRole, User
from saas.accounts.queries import role_source
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.module import Role
from saas.members.models import Team, TeamMember

SORTABLE: dict[str, InstrumentedAttribute[str]] = {"name": User.name, "email": User.email}
"""What lists of people in a team can be ordered by, under the names that addresses use."""

TEAM_METER = "teams"
"""The meter that counts teams; a catalogue without it bounds them nowhere."""


def count_teams() -> int:
    """How many teams there are."""
    return db.session.scalar(select(func.count()).select_from(Team)) or 0


def get_team(team_id: UUID, *, to_change: bool = False) -> Team:
    """A team as it stands now, locked when it is about to change; raises NotFound."""
    query = select(Team).where(Team.id == team_id).execution_options(populate_existing=True)
    team = db.session.scalars(query.with_for_update() if to_change else query).one_or_none()
    if team is None:
        raise NotFound("There is no such team, or it was deleted.")
    return team


def find_team(team_id: UUID | None) -> Team | None:
    """A team, if there is one with this id."""
    return db.session.get(Team, team_id) if team_id else None


def get_with_ancestors(team_id: UUID) -> list[Team]:
    """A team, last, and the teams above it, topmost first; raises NotFound."""
    path = select(func.unnest(Team.path)).where(Team.id == team_id)
    query = select(Team).where(Team.id.in_(path)).order_by(func.cardinality(Team.path))
    line = list(db.session.scalars(query))
    if not line:
        raise NotFound("There is no such team, or it was deleted.")
    return line


def below(team_id: UUID, *, itself: bool = True) -> Select[UUID]:
    """The ids of the teams below a team, with its own."""
    query = select(Team.id).where(Team.path.contains([team_id]))
    return query if itself else query.where(Team.id != team_id)


def find_people(team_id: UUID, *, q: str = "", deep: bool = False) -> Select[User]:
    """Active people of a team, ``deep`` also of the teams below, whose name or address holds a text."""
    there = TeamMember.team_id.in_(below(team_id)) if deep else TeamMember.team_id == team_id
    return _named(select(User).where(User.is_active, exists().where(TeamMember.user_id == User.id, there)), q)


def find_addable(team_id: UUID, *, q: str = "") -> Select[User]:
    """Active people who are not in a team, whose name or address holds a text."""
    there = exists().where(TeamMember.user_id == User.id, TeamMember.team_id == team_id)
    return _named(select(User).where(User.is_active, ~there), q)


def _named(query: Select[User], q: str) -> Select[User]:
    if not q:
        return query
    return query.where(or_(User.name.icontains(q, autoescape=True), User.email.icontains(q, autoescape=True)))


@dataclass(frozen=True, slots=True)
class PlaceInTeam:
    """Somebody's place in one team; ``manages`` says that as its lead they hold a team admin's permissions."""

    team_id: UUID
    team: str
    leads: bool
    manages: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a list of people shows of one: their role's label, and their places in the teams looked at."""

    role: str
    places: tuple[PlaceInTeam, ...]

    @property
    def leads(self) -> bool:
        """Whether they lead any of the teams looked at."""
        return any(place.leads for place in self.places)


def standings(people: Collection[User], team_id: UUID) -> dict[UUID, Standing]:
    """Role and places, in a team and those below it, of some people, in one query."""
    query = (
        select(User.id, User.role, CustomRole.name, Team.id, Team.name, TeamMember.leads, TeamMember.created_at)
        .join_from(User, CustomRole, CustomRole.id == User.role_id, isouter=True)
        .join(TeamMember, (TeamMember.user_id == User.id) & TeamMember.team_id.in_(below(team_id)), isouter=True)
        .join(Team, Team.id == TeamMember.team_id, isouter=True)
        .where(User.id.in_([person.id for person in people]))
        .order_by(func.cardinality(Team.path), Team.name_key)
    )
    roles: dict[UUID, str] = {}
    places: dict[UUID, list[PlaceInTeam]] = {}
    for user_id, role, custom, number, name, leads, since in db.session.execute(query):
        roles[user_id] = role_source(role, custom, None).label
        known = places.setdefault(user_id, [])
        if number is not None:
            known.append(PlaceInTeam(number, name, leads, leads and role == Role.TEAM_ADMIN, since))
    return {user_id: Standing(label, tuple(places[user_id])) for user_id, label in roles.items()}


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who leads a team, with their role."""

    id: UUID
    name: str
    email: str
    role: str


def list_leads(team_id: UUID) -> Sequence[Lead]:
    """The active people who lead a team, by name."""
    query = (
        select(User.id, User.name, User.email, User.role)
        .join(TeamMember, TeamMember.user_id == User.id)
        .where(TeamMember.team_id == team_id, TeamMember.leads, User.is_active)
        .order_by(User.name, User.id)
    )
    return [Lead(*row) for row in db.session.execute(query)]


def get_place(team_id: UUID, user_id: UUID) -> TeamMember:
    """Somebody's place in a team, locked because it is about to change; raises NotFound."""
    query = select(TeamMember).where(TeamMember.team_id == team_id, TeamMember.user_id == user_id).with_for_update()
    place = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if place is None:
        raise NotFound("This person is not in the team.")
    return place
