"""Periods in which use is added up: calendar months in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from saas.core.clock import now
from saas.core.runtime import settings

STANDING = date(1970, 1, 1)
"""Stands for no period: what it counts goes on from one to the next."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month: from ``start`` (included) to ``end``, both at midnight UTC. ``key`` is how the tables name it."""

    start: datetime
    end: datetime

    @property
    def key(self) -> date:
        """Its first day."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """Its last day."""
        return (self.end - timedelta(days=1)).date()

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def share(self, moment: datetime) -> float:
        """How much of it is over at a moment, 0 to 1."""
        whole = (self.end - self.start).total_seconds()
        return min(1.0, max(0.0, (moment - self.start).total_seconds() / whole))

    def before(self) -> "Period":
        """The month before."""
        return period_of(self.start - timedelta(days=1))


def period_of(moment: datetime) -> Period:
    """The period in which a moment lies."""
    moment = moment.astimezone(UTC)
    start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    return Period(start, end)


def oldest_kept() -> datetime:
    """From when on events are kept in the database, as the setting says: the beginning of a month."""
    return period_of(now() - timedelta(days=settings().usage_event_days)).start


def period_at(key: date) -> Period:
    """The period that the tables call so."""
    return period_of(datetime(key.year, key.month, 1, tzinfo=UTC))
