"""What streams show on an organisation's home, and their step of getting started."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.modules.streams import queries
from saas.modules.streams.encoder import hours
from saas.modules.streams.figures import get_period
from saas.modules.streams.module import RUN, VIEW
from saas.web.charts import sparkline
from saas.web.visit import current_entry

DAYS = 14


def hours_card() -> Mapping[str, Any] | None:
    """Hours on air in the last two weeks, in one statement; nothing while there were none."""
    period = get_period(days=DAYS, zone=current_entry().time_zone)
    if not period.streams:
        return None
    return {"period": period, "hours": hours(sum(period.seconds)), "days": DAYS, "spark": sparkline(period.seconds)}


cards = (Card("streams.hours", "streams/card.html", hours_card, permission=VIEW, width=6, order=20),)
steps = (
    Step(
        "streams.first_stream",
        "Go on air",
        "Plan a stream, choose its channels and put it on air.",
        "streams.index",
        done=queries.has_been_on_air,
        permission=RUN,
        order=60,
    ),
)
