"""When billing periods begin and end: boundaries counted from an anchor, so that the 31st comes back after a short month."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

DAY = 86_400
HOUR = 3_600
_SECONDS = {"day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` (included) to ``end``, UTC seconds."""

    start: int
    end: int

    def left(self, moment: int) -> int:
        """How many of its seconds come after a moment: none after its end, all before its start."""
        return min(max(self.end - moment, 0), self.seconds)

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.end - self.start


def boundary(anchor: int, interval: str, count: int, number: int) -> int:
    """The boundary that lies ``number`` periods after the anchor (before it, if negative)."""
    if interval in _SECONDS:
        return anchor + number * count * _SECONDS[interval]
    return add_months(anchor, number * count * _MONTHS[interval])


def period_at(anchor: int, interval: str, count: int, moment: int) -> Period:
    """The period in which a moment lies; a moment on a boundary begins the later one."""
    number = _guess(anchor, interval, count, moment)
    while boundary(anchor, interval, count, number) > moment:
        number -= 1
    while boundary(anchor, interval, count, number + 1) <= moment:
        number += 1
    return Period(boundary(anchor, interval, count, number), boundary(anchor, interval, count, number + 1))


def add_months(moment: int, months: int) -> int:
    """The same day and time so many months later, or that month's last day where it has no such day."""
    start = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def _guess(anchor: int, interval: str, count: int, moment: int) -> int:
    if interval in _SECONDS:
        return (moment - anchor) // (count * _SECONDS[interval])
    first, then = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(moment, UTC)
    months = (then.year - first.year) * 12 + then.month - first.month
    return months // (count * _MONTHS[interval])
