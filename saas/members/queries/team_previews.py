"""What moving or deleting a team would change, told before it is done."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, exists, func, literal, select, union_all

from saas.accounts.models import User
from saas.core.access import Place, Source
from saas.core.database import db
from saas.core.marks import mark_of
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.held import Holder, holders_by_id
from saas.members.models import Grant, Invitation, Team, TeamMember
from saas.members.queries.seats import is_open
from saas.members.queries.teams import below

Children = Literal["up", "delete"]
"""What becomes of the teams below a deleted one: they move up, or are deleted too."""
Members = Literal["parent", "leave"]
"""What becomes of the people in a deleted team: they move to the team above, or just leave."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody holds in a team and so below it, and why."""

    user_id: UUID
    person: str
    team_id: UUID
    team: str
    source: Source

    @property
    def why(self) -> str:
        """The reason in words."""
        if self.source.kind == "lead":
            return f"leads {self.team}"
        known = runtime().registry.permissions
        labels = ", ".join(sorted(known[name].label for name in self.source.permissions if name in known))
        return f"“{labels}” in {self.team}"


@dataclass(frozen=True, slots=True)
class Shift:
    """What somebody gains or loses over a team that moves: the labels of permissions."""

    user_id: UUID
    person: str
    permissions: Sequence[str]

    @property
    def why(self) -> str:
        """The permissions in words."""
        return ", ".join(self.permissions)


@dataclass(frozen=True, slots=True)
class Move:
    """What moving a team changes: how many teams and people move with it, who loses and who gains what over them.

    ``ways`` are where it stands and where it would.
    """

    teams: int
    people: int
    lose: Sequence[Shift]
    gain: Sequence[Shift]
    ways: tuple[Place, Place]

    @property
    def mark(self) -> str:
        """The same as long as the move would do the same."""
        shifts = [[(one.user_id, one.why) for one in side] for side in (self.lose, self.gain)]
        return mark_of(self.ways, self.teams, self.people, shifts)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting a team changes: names of teams that go and that move up, people by what happens to them, rights that end.

    ``come`` are those who are new in the team above, ``stay`` those who are in it already; ``invitations`` those open ones
    that name a team which goes. ``clash`` names a team that cannot move up because another one there is called the same.
    """

    gone: Sequence[str]
    moved_up: Sequence[str]
    come: int
    stay: int
    leave: int
    ended: Sequence[Reach]
    invitations: int
    clash: str = ""

    @property
    def mark(self) -> str:
        """The same as long as the deletion would do the same."""
        ended = [(one.user_id, one.team_id, one.why) for one in self.ended]
        counts = (self.come, self.stay, self.leave, self.invitations)
        return mark_of(list(self.gone), list(self.moved_up), counts, ended, self.clash)


def preview_move(team: Team, parent: Team | None) -> Move:
    """What changes when a team is put below another one (None: below none). ``Rights`` decides who loses and gains."""
    before, after = team.path, [*(parent.path if parent else ()), team.id]
    touched = {reach.user_id for reach in reaches(set(before) ^ set(after))}
    people = sorted(holders_by_id(touched).values(), key=lambda one: (one.name, one.id))
    lose = [_shift(one, before, after) for one in people]
    gain = [_shift(one, after, before) for one in people]
    subtree = below(team.id)
    counted = select(func.count(TeamMember.user_id.distinct())).join(User).where(User.is_active)
    inside = db.session.scalar(counted.where(TeamMember.team_id.in_(subtree))) or 0
    teams = db.session.scalar(select(func.count()).select_from(subtree.subquery())) or 0
    lost, gained = ([one for one in side if one.permissions] for side in (lose, gain))
    return Move(teams, inside, lost, gained, (list(before), after))


def _shift(holder: Holder, here: Place, there: Place) -> Shift:
    """What somebody holds at one place and not at another."""
    only, known = _only(holder, here, there), runtime().registry.permissions
    return Shift(holder.id, holder.name, [permission.label for name, permission in known.items() if name in only])


def _only(holder: Holder, here: Place, there: Place) -> set[str]:
    rights = holder.rights()
    held = {name for source in rights.sources for name in source.permissions}
    return {name for name in held if rights.can(name, here) and not rights.can(name, there)}


def shifted_by(team: Team, parent: Team | None) -> Source:
    """What people gain or lose over a team, and in it, when it is put below another one (None: below none)."""
    before, after = team.path, [*(parent.path if parent else ()), team.id]
    touched = holders_by_id({reach.user_id for reach in reaches(set(before) ^ set(after))}).values()
    names = {name for one in touched for name in _only(one, before, after) | _only(one, after, before)}
    return Source("lead", "", frozenset(names), team.id)


def preview_deletion(team: Team, *, children: Children, members: Members) -> Deletion:
    """What changes when a team is deleted."""
    doomed = list_doomed(team, children=children)
    gone = [one.name for one in doomed]
    moved = list(db.session.scalars(_children(team))) if children == "up" else []
    ids = {one.id for one in doomed}
    named = select(func.count()).select_from(Invitation).where(is_open(), Invitation.team_ids.overlap(list(ids)))
    invitations = db.session.scalar(named) or 0
    names = [one.name for one in moved]
    return Deletion(gone, names, *_people(team, ids, members), reaches(ids), invitations, _clash(team, moved))


def list_doomed(team: Team, *, children: Children) -> list[Team]:
    """The teams that go when a team is deleted, each before those below it."""
    if children == "up":
        return [team]
    query = select(Team).where(Team.id.in_(below(team.id))).order_by(func.cardinality(Team.path), Team.name_key)
    return list(db.session.scalars(query))


def reaches(team_ids: Collection[UUID]) -> list[Reach]:
    """Who holds something in one of some teams, by leading it or by a grant there; in one query."""
    if not team_ids:
        return []
    leads = (
        select(User.id, User.name, Team.id, Team.name, literal(""))
        .join_from(TeamMember, User, User.id == TeamMember.user_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.team_id.in_(team_ids), TeamMember.leads, User.role == Role.TEAM_ADMIN, User.is_active)
    )
    grants = (
        select(User.id, User.name, Team.id, Team.name, Grant.permission)
        .join_from(Grant, User, User.id == Grant.user_id)
        .join(Team, Team.id == Grant.team_id)
        .where(Grant.team_id.in_(team_ids), User.is_active)
    )
    return _reaches(db.session.execute(union_all(leads, grants)))


def _reaches(rows: Iterable[Any]) -> list[Reach]:
    found = []
    for user_id, person, team_id, team, permission in sorted(rows, key=lambda row: (row[1], row[3], row[4])):
        held = frozenset([permission]) if permission else runtime().registry.in_teams
        source = Source("grant" if permission else "lead", "", held, team_id)
        found.append(Reach(user_id, person, team_id, team, source))
    return found


def _people(team: Team, doomed: Collection[UUID], members: Members) -> tuple[int, int, int]:
    """How many active people come to the team above, were in it already, and just leave."""
    inside = select(TeamMember.user_id).where(TeamMember.team_id.in_(doomed))
    there = exists().where(TeamMember.team_id == team.parent_id, TeamMember.user_id == User.id)
    count = select(func.count(), func.count().filter(there)).where(User.is_active, User.id.in_(inside))
    total, known = db.session.execute(count.select_from(User)).one()
    return (0, 0, total) if members == "leave" or team.parent_id is None else (total - known, known, 0)


def _children(team: Team) -> Select[Team]:
    return select(Team).where(Team.parent_id == team.id).order_by(Team.name_key)


def _clash(team: Team, moved: Sequence[Team]) -> str:
    if not moved:
        return ""
    beside = select(Team.name).where(
        Team.parent_id.is_not_distinct_from(team.parent_id),
        Team.id != team.id,
        Team.name_key.in_([one.name_key for one in moved]),
    )
    return db.session.scalar(beside.limit(1)) or ""
