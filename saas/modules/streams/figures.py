"""How long streams were on air, day by day: what the card is made of."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, bindparam, cast, func, select

from saas.core.clock import now
from saas.core.database import db
from saas.modules.streams.models import Status, Stream

_stream = Stream.__table__.c
_DAYS = (
    select(
        cast(func.timezone(bindparam("zone"), _stream.started_at), Date).label("date"),
        func.sum(_stream.seconds),
        func.count().filter(_stream.status == Status.LIVE),
    )
    .where(_stream.started_at >= bindparam("since"))
    .group_by("date")
)


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds on air for each of some days, oldest first; ``live`` counts what is on air now, ``streams`` says if any was."""

    seconds: list[int]
    live: int
    streams: bool


def get_period(*, days: int, zone: str) -> Period:
    """The last days up to today, as they begin and end in the time zone. One statement."""
    today = now().astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, ZoneInfo(zone))
    rows = db.session.execute(_DAYS, {"since": since, "zone": zone}).all()
    found: dict[date, int] = {row[0]: int(row[1] or 0) for row in rows}
    seconds = [found.get(first + timedelta(days=number), 0) for number in range(days)]
    return Period(seconds, sum(row[2] for row in rows), bool(rows))
