"""What validations show on an organisation's home, and their step of getting started."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.modules.validations import queries
from saas.modules.validations.figures import get_trend
from saas.modules.validations.module import RUN, VIEW
from saas.web.charts import sparkline
from saas.web.visit import current_entry

DAYS = 14


def documents_card() -> Mapping[str, Any] | None:
    """The documents of the last two weeks, in one statement; nothing while there are none."""
    trend = get_trend(days=DAYS, zone=current_entry().time_zone)
    if not trend.checked:
        return None
    return {"trend": trend, "days": DAYS, "spark": sparkline([day.passed + day.failed for day in trend.days])}


cards = (Card("validations.documents", "validations/card.html", documents_card, permission=VIEW, width=6, order=24),)
steps = (
    Step(
        "validations.first_check",
        "Check your first document",
        "Paste a text, choose the rules, and see what to mend before it goes out.",
        "validations.new",
        done=queries.has_validations,
        permission=RUN,
        order=64,
    ),
)
