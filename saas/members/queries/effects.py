"""What a change of roles or grants does to people: who gains and who loses what, told before it is done.

Both sides are answered by ``Rights``, the one that decides: what a grant or another source still gives is not lost.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from saas.accounts.models import User
from saas.core.access import EVERYWHERE, Rights, Source
from saas.core.errors import Conflict, Invalid
from saas.core.module import Permission
from saas.core.runtime import runtime
from saas.members.guard import Places, places_of, source_of_role
from saas.members.held import Holder, holders, holders_by_id, read_holders
from saas.members.queries.choices import team_names
from saas.members.queries.roles import split_key

Reach = tuple[str, UUID | None]
"""A permission's name and the team in which it is held; None: everywhere."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What somebody gains and loses. A permission held everywhere is not told again for teams."""

    gained: frozenset[Reach] = frozenset()
    lost: frozenset[Reach] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)


def differences(before: Rights, after: Rights, places: Places) -> Difference:
    """What is held after and not before, and the other way round, everywhere and in the teams that either names."""
    return Difference(frozenset(_only(after, before, places)), frozenset(_only(before, after, places)))


def _only(rights: Rights, other: Rights, places: Places) -> Iterable[Reach]:
    for name in {name for source in rights.sources for name in source.permissions}:
        if rights.can(name):
            if not other.can(name):
                yield name, None
            continue
        for team_id in rights.teams_of(name):
            if not other.can(name, places.get(team_id, EVERYWHERE)):
                yield name, team_id


@dataclass(slots=True)
class Line:
    """One permission that people gain or lose, with the team it holds in (empty: everywhere)."""

    permission: Permission
    team: str
    people: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The permission and where, in words."""
        return f"{self.permission.label} in {self.team}" if self.team else self.permission.label


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does: to how many people, and what is gained and lost by whom.

    ``mark`` is the same when the same change would do the same: what was shown is what is done.
    """

    people: int
    gained: Sequence[Line]
    lost: Sequence[Line]
    mark: str

    def __bool__(self) -> bool:
        return self.people > 0


class Unseen(Conflict):
    """A change would do to people what nobody has looked at yet: ``effect``."""

    def __init__(self, effect: Effect) -> None:
        super().__init__("Please look at what this changes, then save again.")
        self.effect = effect

    def tell(self, messages: Any, seen: str | None) -> int:
        """Say it where another preview (its mark in ``seen``) was looked at before; returns the status of the answer."""
        if not seen:
            return 200
        messages.append("What this changes is not what you have looked at. Nothing was saved; please look again.")
        return self.status


def check_seen(effect: Effect, seen: str | None) -> None:
    """Raise Unseen when a change affects people otherwise than in the preview with the mark ``seen``; None asks for none."""
    if effect and seen is not None and seen != effect.mark:
        raise Unseen(effect)


def effect_of(people: Sequence[Holder], role: str, source: Source, *, asked: str) -> Effect:
    """What happens when people get this role in place of theirs; ``asked`` is what the mark stands for besides."""
    places = places_of({UUID(team) for one in people for team in (*one.leads, *_teams(one)) if team})
    known: dict[tuple[object, ...], Difference] = {}
    changed: list[tuple[Holder, Difference]] = []
    for one in people:
        key = (one.role, one.role_source, *one.extras)
        if key not in known:
            known[key] = differences(one.rights(), one.rights(role, source), places)
        if known[key]:
            changed.append((one, known[key]))
    return _told(changed, asked)


def _teams(holder: Holder) -> Iterable[str | None]:
    return (team for _, team in holder.grants)


def _told(changed: Sequence[tuple[Holder, Difference]], asked: str) -> Effect:
    teams = {team for _, change in changed for _, team in change.gained | change.lost if team}
    names = team_names(teams)
    gained, lost = (
        _lines([(one.name, reach) for one, change in changed for reach in getattr(change, side)], names)
        for side in ("gained", "lost")
    )
    return Effect(len(changed), gained, lost, _mark(changed, asked))


def _lines(pairs: Iterable[tuple[str, Reach]], teams: Mapping[UUID, str]) -> list[Line]:
    permissions = runtime().registry.permissions
    found: dict[tuple[str, str], Line] = {}
    for person, (name, team_id) in pairs:
        place = teams.get(team_id, "a team") if team_id else ""
        line = found.setdefault((name, place), Line(permissions[name], place))
        line.people.append(person)
    order = {name: number for number, name in enumerate(permissions)}
    return [found[key] for key in sorted(found, key=lambda key: (order[key[0]], key[1]))]


def _mark(changed: Iterable[tuple[Holder, Difference]], asked: str) -> str:
    told = sorted((str(one.id), sorted(map(str, d.gained)), sorted(map(str, d.lost))) for one, d in changed)
    return hashlib.sha256(repr((asked, told)).encode()).hexdigest()[:32]


def holders_of_role(role_id: UUID) -> list[Holder]:
    """Everybody who has a role made here, deactivated people too, by name."""
    return read_holders(holders(User.role_id == role_id).order_by(User.name, User.id))


def effect_of_role(user_id: UUID, to: str) -> Effect | None:
    """What it does to somebody to get the role with this key; None for a role or a person that is not there."""
    people = holders_by_id([user_id])
    try:
        source = source_of_role(*split_key(to))
    except Invalid:
        return None
    return effect_of(list(people.values()), split_key(to)[0], source, asked=to) if people else None
