"""What the gallery shows on an organisation's home, and its step of getting started."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.modules.renders import queries
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.module import MAKE, VIEW

SHOWN = 4


def latest_card() -> Mapping[str, Any] | None:
    """The newest of the gallery, in one statement; nothing while there are none."""
    latest = queries.list_latest(SHOWN)
    return {"latest": latest, "kinds": KINDS} if latest else None


cards = (Card("renders.latest", "renders/card.html", latest_card, permission=VIEW, width=8, order=20),)
steps = (
    Step(
        "renders.first_render",
        "Make your first image",
        "Describe it in a sentence and watch it come.",
        "renders.new_image",
        done=queries.has_renders,
        permission=MAKE,
        order=60,
    ),
)
