"""What people hold in features: work that stays under their name, and things that somebody else must look after.

A feature says so with ``holdings = (Holding(…), …)`` in its ``operations``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from saas.core.actor import Actor
from saas.core.runtime import runtime


class Reassign(Protocol):
    """Gives what somebody has to an heir in the actor's name, as far as it is good and the actor's to give; returns how many."""

    def __call__(self, former: UUID, heir: UUID, *, actor: Actor) -> int: ...


@dataclass(frozen=True, slots=True)
class Holding:
    """Something of a person's in the tenant's scope: ``label`` in the plural, ``one`` in the singular, ``count`` tells how
    many they have.

    ``reassign`` gives it to somebody else when the person goes; without it the work stays under the name of who did it.
    """

    name: str
    label: str
    count: Callable[[UUID], int]
    reassign: Reassign | None = None
    one: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """How much of a holding a person has."""

    holding: Holding
    count: int

    @property
    def label(self) -> str:
        """What there is, in the right number."""
        return (self.count == 1 and self.holding.one) or self.holding.label

    @property
    def passes_on(self) -> bool:
        """Whether somebody else can look after it."""
        return self.holding.reassign is not None


def list_holdings() -> list[Holding]:
    """What all features of this deployment declare."""
    features = runtime().registry.features
    return [holding for feature in features for holding in feature.attribute("operations", "holdings", ())]


def holdings_of(user_id: UUID) -> list[Held]:
    """What a person has, as far as there is any; one query for each kind."""
    counted = [Held(holding, holding.count(user_id)) for holding in list_holdings()]
    return [held for held in counted if held.count]


def pass_on(former: UUID, heir: UUID, *, actor: Actor) -> dict[str, int]:
    """Give what can be passed on to somebody else; returns how many of each kind, by label."""
    passed: dict[str, int] = {}
    for held in holdings_of(former):
        if held.holding.reassign is not None:
            passed[held.holding.label] = held.holding.reassign(former, heir, actor=actor)
    return passed
