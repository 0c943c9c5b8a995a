"""Cards of an organisation's home: each feature brings its own."""

from dataclasses import dataclass
from typing import Any

from saas.core.runtime import runtime
from saas.web.visit import current_actor


@dataclass(frozen=True, slots=True)
class Filled:
    """A card with what its template shows; ``width`` in columns of twelve."""

    template: str
    width: int
    data: dict[str, Any]


def filled_cards() -> list[Filled]:
    """The cards that this actor may see and that have something to say."""
    actor, filled = current_actor(), []
    for card in runtime().registry.cards:
        if card.permission is None or actor.can(card.permission):
            data = card.query()
            if data is not None:
                filled.append(Filled(card.template, card.width, dict(data)))
    return filled
