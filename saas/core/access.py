"""Access: what somebody may do, where, and why. Everything that decides asks ``Rights`` and nothing else."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from saas.core.module import Permission

Place = Collection[UUID]
"""Where something is: the ids of its team and of all teams above that; empty for the organisation as a whole."""

EVERYWHERE: Place = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One reason to hold permissions: a role, a grant, the lead of a team, a key. With ``team_id`` in that team and below."""

    kind: Literal["role", "grant", "lead", "key"]
    label: str
    permissions: frozenset[str]
    team_id: UUID | None = None

    def holds(self, permission: str, place: Place = EVERYWHERE) -> bool:
        """Whether this gives the permission at a place."""
        return permission in self.permissions and (self.team_id is None or self.team_id in place)


@dataclass(frozen=True, slots=True)
class Rights:
    """All that somebody holds. ``unbounded`` ones, of the system itself, hold everything everywhere."""

    sources: tuple[Source, ...] = ()
    unbounded: bool = False

    def can(self, permission: Permission | str, place: Place = EVERYWHERE) -> bool:
        """Whether the permission is held at a place."""
        return self.unbounded or bool(self.reasons(permission, place))

    def reasons(self, permission: Permission | str, place: Place = EVERYWHERE) -> list[Source]:
        """Why the permission is held at a place; none when it is not."""
        name = _name(permission)
        return [source for source in self.sources if source.holds(name, place)]

    def can_somewhere(self, permission: Permission | str) -> bool:
        """Whether the permission is held anywhere, be it in one team only."""
        name = _name(permission)
        return self.unbounded or any(name in source.permissions for source in self.sources)

    def teams_of(self, permission: Permission | str) -> frozenset[UUID]:
        """The teams in which, and below which, the permission is held without being held everywhere."""
        name = _name(permission)
        return frozenset(s.team_id for s in self.sources if s.team_id is not None and name in s.permissions)

    def covers(self, sources: Iterable[Source], places: "dict[UUID, Sequence[UUID]] | None" = None) -> bool:
        """Whether everything the sources give is held here too, so that it may be given or taken away.

        ``places`` tells for each team that a source names the ids of itself and of the teams above it.
        """
        known = places or {}
        return all(
            self.can(permission, known.get(source.team_id, (source.team_id,)) if source.team_id else EVERYWHERE)
            for source in sources
            for permission in source.permissions
        )


def _name(permission: Permission | str) -> str:
    return permission if isinstance(permission, str) else permission.name


NOTHING, EVERYTHING = Rights(), Rights(unbounded=True)
