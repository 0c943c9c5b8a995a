"""What workflows show on an organisation's home, and their step of getting started."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.modules.workflows import queries
from saas.modules.workflows.figures import get_period
from saas.modules.workflows.module import RUN, VIEW
from saas.web.charts import sparkline
from saas.web.visit import current_entry

DAYS = 14


def runs_card() -> Mapping[str, Any] | None:
    """The runs of the last two weeks, in one statement; nothing while there are none."""
    period = get_period(days=DAYS, zone=current_entry().time_zone)
    if not period.finished:
        return None
    return {"period": period, "days": DAYS, "spark": sparkline([day.succeeded + day.failed for day in period.days])}


cards = (Card("workflows.runs", "workflows/card.html", runs_card, permission=VIEW, width=6, order=20),)
steps = (
    Step(
        "workflows.first_run",
        "Run your first workflow",
        "Put a few steps together and watch them run.",
        "workflows.index",
        done=queries.has_runs,
        permission=RUN,
        order=60,
    ),
)
