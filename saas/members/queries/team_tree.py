"""The tree of teams, read in one query: who is where, how many people each team has, what a filter leaves."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, true

from saas.accounts.models import User
from saas.core.database import db
from saas.members.models import Team, TeamMember
from saas.members.queries.roles import name_key

SHOWN = 60
"""How many teams a page shows at once before anything is unfolded by hand."""


@dataclass(slots=True)
class Branch:
    """A team with the branches below it; ``people`` are those in the team itself, ``in_all`` with those below, each once.

    ``found`` says that a filter looked for this one and not only for one below; ``open`` that its branches are shown.
    """

    id: UUID
    parent_id: UUID | None
    name: str
    description: str
    path: tuple[UUID, ...]
    people: int
    in_all: int
    found: bool = True
    open: bool = False
    branches: "list[Branch]" = field(default_factory=list)

    @property
    def level(self) -> int:
        """1 for a team that is below no other."""
        return len(self.path)

    def walk(self) -> "Iterator[Branch]":
        """This team and those below it, each before its own."""
        yield self
        for branch in self.branches:
            yield from branch.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """All teams: the topmost ones, and each by its id."""

    roots: list[Branch]
    by_id: dict[UUID, Branch]

    def walk(self) -> Iterator[Branch]:
        """Every team in the order of a page."""
        for root in self.roots:
            yield from root.walk()

    def line(self, path: Iterable[UUID]) -> str:
        """A path in words: ``Sales / North``."""
        return " / ".join(self.by_id[team_id].name for team_id in path if team_id in self.by_id)

    def filtered(self, q: str) -> "Tree":
        """The teams whose name holds a text, and those above them, all unfolded."""
        wanted = name_key(q)
        hits = {branch.id for branch in self.by_id.values() if wanted in name_key(branch.name)}
        kept = {team_id for hit in hits for team_id in self.by_id[hit].path}
        for branch in self.by_id.values():
            branch.found, branch.open = branch.id in hits, True
        return _planted([branch for branch in self.walk() if branch.id in kept])

    def unfold(self, show: str = "", at: UUID | None = None) -> None:
        """Show ``all`` branches or ``none``, else as many levels as a page holds; and always the way to the team ``at``."""
        deepest = {"all": len(self.by_id), "none": 0}.get(show, self._levels_that_fit())
        way: Collection[UUID] = self.by_id[at].path[:-1] if at in self.by_id else ()
        for branch in self.by_id.values():
            branch.open = branch.level <= deepest or branch.id in way

    def _levels_that_fit(self) -> int:
        """How many levels to unfold, so that at most SHOWN teams can be seen beside the topmost ones."""
        levels = 0
        while levels < len(self.by_id) and sum(one.level <= levels + 2 for one in self.by_id.values()) <= SHOWN:
            levels += 1
        return levels


def get_tree(*, counted: bool = True) -> Tree:
    """The tree of all teams with their counts of active people, in one query; siblings in the order of their names.

    Where nobody looks at the counts, they can be left out: they are 0 then.
    """
    plain = select(Team.id, Team.parent_id, Team.name, Team.description, Team.path, literal(0), literal(0))
    rows = db.session.execute((counted_teams() if counted else plain).order_by(func.lower(Team.name), Team.id))
    return _planted([_branch(*row) for row in rows])


def counted_teams(within: UUID | None = None) -> Select[*tuple[Any, ...]]:
    """Each team with how many active people are in it, and in it and those below it; or only the teams below one."""
    above = func.unnest(Team.path).table_valued("id", name="above").render_derived()
    counted = (
        select(
            above.c.id,
            func.count().filter(above.c.id == TeamMember.team_id).label("people"),
            func.count(TeamMember.user_id.distinct()).label("in_all"),
        )
        .select_from(TeamMember)
        .join(User, (User.id == TeamMember.user_id) & User.is_active)
        .join(Team, Team.id == TeamMember.team_id)
        .join(above, true())
        .where(*([Team.path.contains([within])] if within else []))
        .group_by(above.c.id)
        .cte("counted")
    )
    numbers = (func.coalesce(counted.c.people, 0), func.coalesce(counted.c.in_all, 0))
    columns = (Team.id, Team.parent_id, Team.name, Team.description, Team.path, *numbers)
    return select(*columns).join_from(Team, counted, counted.c.id == Team.id, isouter=True)


def list_children(team_id: UUID) -> list[Branch]:
    """The teams directly below a team, with their counts, in one query."""
    query = counted_teams(team_id).where(Team.parent_id == team_id).order_by(func.lower(Team.name), Team.id)
    return [_branch(*row) for row in db.session.execute(query)]


def _branch(
    number: UUID, parent_id: UUID | None, name: str, description: str, path: list[UUID], people: int, in_all: int
) -> Branch:
    return Branch(number, parent_id, name, description, tuple(path), people, in_all)


def _planted(branches: Sequence[Branch]) -> Tree:
    """The tree of branches that come in the order of siblings."""
    by_id: dict[UUID, Branch] = {}
    for branch in branches:
        branch.branches = []
        by_id[branch.id] = branch
    roots = [branch for branch in by_id.values() if branch.parent_id not in by_id]
    for branch in by_id.values():
        if branch.parent_id in by_id:
            by_id[branch.parent_id].branches.append(branch)
    return Tree(roots, by_id)
