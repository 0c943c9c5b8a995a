"""Cards of an organisation's home: each feature brings its own."""

from dataclasses import dataclass
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from saas.core.runtime import runtime
from saas.web.plan import has_module
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
        if has_module(card.module) and (card.permission is None or actor.can(card.permission)):
            data = card.query()
            if data is not None:
                filled.append(Filled(card.template, card.width, dict(data)))
    return filled


@pass_context
def draw(page: Context, card: Filled) -> Markup:
    """A card as part of a page: its template knows what the page knows, and the card's data."""
    drawn = page.environment.get_template(card.template).render(page.parent, **card.data)
    return Markup(drawn)  # nosec B704  # noqa: S704 - a template has escaped it
