"""What strategies show on an organisation's home, and their step of getting started."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.modules.strategies import queries
from saas.modules.strategies.module import RUN, VIEW


def desk_card() -> Mapping[str, Any] | None:
    """How all strategies stand, in one statement; nothing while there are none."""
    desk = queries.get_desk()
    return {"desk": desk} if desk.strategies else None


cards = (Card("strategies.desk", "strategies/card.html", desk_card, permission=VIEW, width=6, order=26),)
steps = (
    Step(
        "strategies.first_backtest",
        "Try your first strategy",
        "Add an exchange, choose a strategy, and see how it would have done.",
        "strategies.index",
        done=queries.has_backtests,
        permission=RUN,
        order=66,
    ),
)
