"""Single events of use: which ones are wanted, and finding them newest first, however many there are.

Events are found meter by meter, each from the end of its own index, and then put together: so the newest of all of them
cost a few rows of each meter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, true, tuple_
from sqlalchemy.orm import aliased

from saas.core.database import db
from saas.tenancy.names import is_uuid
from saas.usage.models import UsageEvent, UsageTotal
from saas.usage.people import ids_like
from saas.usage.uses import AHEAD

_LATEST = datetime(9998, 1, 1, tzinfo=UTC).timestamp()
PER_PAGE = 50
BATCH = 500
OUTCOMES = {"ok": "Succeeded", "failed": "Failed", "none": "Not known"}

Place = tuple[datetime, UUID]
"""Where a list goes on: the moment and the id of the last event that was seen."""


@dataclass(frozen=True, slots=True)
class Charged:
    """The events that were charged together: what happened ``since`` a moment and became known after one id, up to another."""

    since: datetime
    after: UUID
    last: UUID

    @classmethod
    def read(cls, text: str) -> "Charged | None":
        """As an address carries it; None for what is none."""
        moment, *ids = text.replace(" ", "+").split("~")
        place = place_in(f"{moment}~{ids[0]}") if len(ids) == 2 and is_uuid(ids[1]) else None
        charged = cls(*place, UUID(ids[1])) if place else None
        return charged if charged and _is_sound(charged.since) and charged._known < _LATEST else None

    @property
    def _known(self) -> float:
        return (self.last.int >> 80) / 1000

    @property
    def until(self) -> datetime:
        """No event of these happened later: they became known by then, and clocks of programs are not further ahead."""
        return datetime.fromtimestamp(self._known, UTC) + AHEAD

    @property
    def written(self) -> str:
        """As addresses carry it."""
        return f"{written((self.since, self.after))}~{self.last}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted, as addresses carry it; an empty text asks for nothing.

    ``since`` and ``until`` are days in the organisation's time zone, both included. ``person`` is the id of a person or key,
    or words of a name or address; ``resource`` a part of what it was about; ``charged`` what stands on one line of an invoice.
    """

    meter: str = ""
    since: str = ""
    until: str = ""
    person: str = ""
    module: str = ""
    outcome: str = ""
    dimension: str = ""
    resource: str = ""
    charged: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What is asked for, by name."""
        return {field.name: text for field in fields(self) if (text := getattr(self, field.name))}

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than days."""
        return bool(set(self.values) - {"since", "until"})


def day_of(text: str) -> date | None:
    """The day that an address carries; None for what is none, and for days beyond reason."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _is_sound(day) else None


def _is_sound(day: date) -> bool:
    """Whether a day, or a moment, can be reckoned with in every time zone."""
    return 1970 < day.year < 9998


def was_counted(meter: str) -> bool:
    """Whether anything was ever counted by a meter, be it one that the catalogue no longer has."""
    return db.session.scalar(select(UsageTotal.meter).where(UsageTotal.meter == meter).limit(1)) is not None


def find_events(
    filter: Filter, *, zone: str, after: Place | None = None, limit: int = PER_PAGE
) -> Sequence[UsageEvent]:
    """Events newest first, those that come ``after`` a place in that order; one statement."""
    meters = select(UsageTotal.meter).distinct()
    if filter.meter:
        meters = meters.where(UsageTotal.meter == filter.meter)
    recorded = meters.subquery("recorded")
    newest = select(UsageEvent).where(UsageEvent.meter == recorded.c.meter, *_wanted(filter, zone, after))
    newest = newest.order_by(UsageEvent.at.desc(), UsageEvent.id.desc()).limit(limit)
    found = newest.lateral("found")
    event = aliased(UsageEvent, found)
    query = select(event).select_from(recorded).join(found, true())
    return db.session.scalars(query.order_by(event.at.desc(), event.id.desc()).limit(limit)).all()


def batches_of_events(filter: Filter, *, zone: str) -> Iterator[Sequence[UsageEvent]]:
    """All events, some at a time; each batch begins behind the one before, so nothing is held between two of them."""
    place: Place | None = None
    while found := find_events(filter, zone=zone, after=place, limit=BATCH):
        place = (found[-1].at, found[-1].id)
        yield found


def _wanted(filter: Filter, zone: str, after: Place | None) -> list[ColumnElement[bool]]:
    since, until = day_of(filter.since), day_of(filter.until)
    wanted = [UsageEvent.at >= _midnight(since, zone)] if since else []
    wanted += [UsageEvent.at < _midnight(until + timedelta(days=1), zone)] if until else []
    wanted += [getattr(UsageEvent, name) == text for name in ("module", "dimension") if (text := getattr(filter, name))]
    if filter.outcome:
        wanted.append(UsageEvent.outcome == ("" if filter.outcome == "none" else filter.outcome))
    if filter.resource:
        wanted.append(UsageEvent.resource.icontains(filter.resource, autoescape=True))
    if is_uuid(filter.person):
        wanted.append(UsageEvent.actor_id == UUID(filter.person))
    elif filter.person:
        wanted.append(UsageEvent.actor_id.in_(ids_like(filter.person)))
    if charged := Charged.read(filter.charged):
        wanted += [UsageEvent.at >= charged.since, UsageEvent.at <= charged.until]
        wanted += [UsageEvent.id > charged.after, UsageEvent.id <= charged.last]
    if after:
        wanted.append(tuple_(UsageEvent.at, UsageEvent.id) < tuple_(*after))
    return wanted


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


def written(place: Place) -> str:
    """A place as addresses carry it."""
    return f"{place[0].astimezone(UTC).isoformat()}~{place[1]}"


def place_in(text: str) -> Place | None:
    """The place that an address carries; None for what is none."""
    moment, _, number = text.replace(" ", "+").partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, UUID(number)) if at.tzinfo is not None and is_uuid(number) else None
