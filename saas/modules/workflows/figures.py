"""How runs went, day by day: what charts and cards are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, bindparam, cast, func, select

from saas.core.clock import now
from saas.core.database import db
from saas.modules.workflows.models import RunStatus, WorkflowRun


@dataclass(frozen=True, slots=True)
class Day:
    """What ran on one day of the organisation's calendar; durations in milliseconds, of finished runs."""

    date: date
    succeeded: int = 0
    failed: int = 0
    duration_ms: int = 0
    ai_requests: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A number of days, each of them there, oldest first."""

    days: Sequence[Day]

    def total(self, name: str) -> int:
        """The sum of a figure over all days."""
        return sum(getattr(day, name) for day in self.days)

    @property
    def finished(self) -> int:
        """Runs that came to an end."""
        return self.total("succeeded") + self.total("failed")

    @property
    def success_rate(self) -> float | None:
        """The share of finished runs that succeeded, 0 to 1; None when none finished."""
        return self.total("succeeded") / self.finished if self.finished else None

    @property
    def average_ms(self) -> float | None:
        """How long a finished run took on average; None when none finished."""
        return self.total("duration_ms") / self.finished if self.finished else None


def get_period(*, days: int, zone: str, workflow_id: UUID | None = None) -> Period:
    """The last days up to today, of one workflow or of all; days begin and end as in the time zone. One statement."""
    today = now().astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=days - 1)
    found = {day.date: day for day in _days_since(datetime.combine(first, time.min, ZoneInfo(zone)), zone, workflow_id)}
    dates = [first + timedelta(days=number) for number in range(days)]
    return Period([found.get(date, Day(date)) for date in dates])


def _days_since(since: datetime, zone: str, workflow_id: UUID | None) -> list[Day]:
    query = _DAYS_OF_ONE if workflow_id else _DAYS
    rows = db.session.execute(query, {"since": since, "zone": zone, "workflow": workflow_id})
    return [Day(*row) for row in rows]


def _days() -> "Select[date, int, int, Any, Any, Any]":
    """The columns of Day. Made once, of tables: making a query costs as much as its answer."""
    run = WorkflowRun.__table__.c
    return (
        select(
            cast(func.timezone(bindparam("zone"), run.queued_at), Date).label("date"),
            func.count().filter(run.status == RunStatus.SUCCEEDED),
            func.count().filter(run.status == RunStatus.FAILED),
            func.sum(run.duration_ms),
            func.sum(run.ai_requests),
            func.sum(run.tokens),
        )
        .where(run.queued_at >= bindparam("since"), run.finished_at.is_not(None))
        .group_by("date")
    )


_DAYS = _days()
_DAYS_OF_ONE = _DAYS.where(WorkflowRun.__table__.c.workflow_id == bindparam("workflow"))
