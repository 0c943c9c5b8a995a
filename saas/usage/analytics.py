"""How use went over time and who and what it was for: read from the roll-ups alone, in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import runtime
from saas.tenancy.entitlements import entitlements
from saas.usage.periods import period_of

SPANS = {30: 1, 90: 1, 365: 5}
"""Of how many days one can ask, and how many of them a chart takes together."""
MOST_PARTS, MOST_ROWS = 5, 10
OTHER = "Other"
_DAY_SECONDS = 86_400
_CHUNK = "CAST(floor(extract(epoch FROM (start - CAST(:since AS timestamptz))) / :seconds) AS integer)"
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in ("quantity", "cost", "events", "failed", "timed", "duration_ms"))
_OF_METER = "grain = 'day' AND meter = :meter AND start >= :since AND start < :until"
_LONG = "((grain = 'day' AND start >= :since AND start < :whole) OR (grain = 'month' AND start >= :whole)) AND start < :until"
"""A time of which no day matters by itself: whole months as such, only what is left before them day by day."""
_CHUNKS = text(
    f"SELECT meter, {_CHUNK} AS chunk, {_SUMS} FROM usage_rollups WHERE grain = 'day' AND facet = ''"  # noqa: S608 - only our own words
    " AND meter = ANY(:meters) AND start >= :before AND start < :until GROUP BY meter, chunk"
)
_PARTS = text(
    f"WITH top AS (SELECT value FROM usage_rollups WHERE {_OF_METER} AND facet = 'dimension' GROUP BY value"  # noqa: S608 - only our own words
    " ORDER BY sum(quantity) DESC, value LIMIT :most)"
    f" SELECT value, {_CHUNK} AS chunk, sum(quantity) AS quantity FROM usage_rollups JOIN top USING (value)"
    f" WHERE {_OF_METER} AND facet = 'dimension' GROUP BY value, chunk"
)
_SHARES = text(
    f"SELECT * FROM (SELECT facet, value, {_SUMS}, row_number() OVER (PARTITION BY facet"  # noqa: S608 - only our own words
    " ORDER BY sum(quantity) DESC, value) AS place, count(*) OVER (PARTITION BY facet) AS many FROM usage_rollups"
    f" WHERE {_LONG} AND meter = :meter AND facet IN ('dimension', 'module', 'user') GROUP BY facet, value) AS ranked"
    " WHERE place <= :most ORDER BY facet, place"
)
_ADOPTION = text(
    f"WITH seen AS (SELECT DISTINCT meter, value FROM usage_rollups WHERE {_LONG} AND facet = 'user' AND meter = ANY(:meters))"  # noqa: S608 - only our own words
    " SELECT asked.name, count(DISTINCT u.id) AS people, (SELECT count(*) FROM users WHERE is_active) AS of_all"
    " FROM unnest(CAST(:names AS text[]), CAST(:meters AS text[])) AS asked(name, meter)"
    " LEFT JOIN seen ON seen.meter = asked.meter"
    " LEFT JOIN users u ON u.is_active AND 'member:' || u.id = seen.value GROUP BY asked.name"
)


@dataclass(frozen=True, slots=True)
class Span:
    """The last ``days`` days in UTC, today included, cut into chunks of ``step`` days."""

    days: int
    until: datetime

    @classmethod
    def of(cls, days: int) -> "Span":
        """The last so many days; one of SPANS."""
        return cls(days, now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))

    @property
    def step(self) -> int:
        """How many days a chart takes together."""
        return SPANS[self.days]

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return self.until - timedelta(days=self.days)

    @property
    def first_days(self) -> list[date]:
        """The first day of each chunk."""
        return [(self.since + timedelta(days=day)).date() for day in range(0, self.days, self.step)]

    @property
    def asked(self) -> dict[str, Any]:
        """What statements about it need."""
        before = self.since - timedelta(days=self.days)
        whole = self.since if self.since.day == 1 else period_of(self.since).end
        asked = {"since": self.since, "until": self.until, "before": before, "whole": whole}
        return {**asked, "seconds": self.step * _DAY_SECONDS}


@dataclass(slots=True)
class Sums:
    """What some roll-ups add up to: amounts in the meter's unit, costs exact, milliseconds over the ``timed`` events."""

    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    events: int = 0
    failed: int = 0
    timed: int = 0
    duration_ms: int = 0

    def add(self, row: Row[Any]) -> None:
        """Add one row."""
        self.quantity += row.quantity
        self.cost += row.cost
        self.events += int(row.events)
        self.failed += int(row.failed)
        self.timed += int(row.timed)
        self.duration_ms += int(row.duration_ms)

    @property
    def success(self) -> float | None:
        """The share of events that did not fail, 0 to 1; None where outcomes do not seem to be recorded."""
        return (self.events - self.failed) / self.events if self.events and (self.failed or self.timed) else None

    @property
    def average_ms(self) -> float | None:
        """How long one took, in milliseconds; None where that is not known."""
        return self.duration_ms / self.timed if self.timed else None


@dataclass(slots=True)
class Course:
    """How a meter went: the sums of the time, of the time before, and of each chunk."""

    meter: str
    chunks: list[Sums]
    total: Sums = field(default_factory=Sums)
    before: Sums = field(default_factory=Sums)

    @property
    def change(self) -> float | None:
        """By which share more was used than before; None where nothing was used before."""
        return float(self.total.quantity / self.before.quantity) - 1 if self.before.quantity > 0 else None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a meter's use: by a module, a dimension or somebody; ``value`` is empty where it is not known. Somebody is told as
    a kind and an id, with a colon between them."""

    value: str
    sums: Sums
    of: float

    @property
    def id(self) -> str:
        """The id of somebody; empty where nobody is behind it."""
        return self.value.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Adoption:
    """How many of the active people used something."""

    name: str
    label: str
    people: int
    of_all: int


def meters_over_time() -> list[str]:
    """The meters of which days add up: those that count what happens, and what is stored."""
    return [name for name, meter in catalogue().meters.items() if meter.kind in (Kind.SUM, Kind.STORAGE)]


def get_courses(span: Span) -> dict[str, Course]:
    """Every meter over the time and the time before; one statement."""
    courses = {name: Course(name, [Sums() for _ in span.first_days]) for name in meters_over_time()}
    for row in db.session.execute(_CHUNKS, {**span.asked, "meters": list(courses)}):
        course = courses[row.meter]
        if row.chunk < 0:
            course.before.add(row)
        else:
            course.total.add(row)
            course.chunks[row.chunk].add(row)
    return courses


def get_parts(span: Span, course: Course) -> dict[str, list[Decimal]]:
    """A meter's use by dimension in each chunk, the largest parts by name and the rest as one; one statement."""
    chunks = len(course.chunks)
    parts: dict[str, list[Decimal]] = {}
    asked = {**span.asked, "meter": course.meter, "most": MOST_PARTS}
    for row in db.session.execute(_PARTS, asked):
        parts.setdefault(row.value, [Decimal(0)] * chunks)[row.chunk] = row.quantity
    rest = [
        max(Decimal(0), chunk.quantity - sum((part[place] for part in parts.values()), Decimal(0)))
        for place, chunk in enumerate(course.chunks)
    ]
    ordered = dict(sorted(parts.items(), key=lambda part: -sum(part[1])))
    return {**ordered, OTHER: rest} if any(rest) and ordered else ordered


def get_shares(span: Span, course: Course) -> Mapping[str, Sequence[Share]]:
    """A meter's use by facet (“module”, “dimension”, “user”), the largest parts first; one statement."""
    found: dict[str, list[Share]] = {"module": [], "dimension": [], "user": []}
    for row in db.session.execute(_SHARES, {**span.asked, "meter": course.meter, "most": MOST_ROWS}):
        sums = Sums()
        sums.add(row)
        whole = course.total.quantity
        found[row.facet].append(Share(row.value, sums, float(sums.quantity / whole) if whole > 0 else 0.0))
    return found


def get_adoption(span: Span) -> list[Adoption]:
    """How many people used each product module, and each meter; one statement."""
    granted, asked = entitlements(), []
    labels: dict[str, str] = {}
    for name, module in runtime().registry.products.items():
        if granted.uses_module(name) and (meters := [meter for meter in module.meters if meter in catalogue().meters]):
            labels[f"module {name}"] = module.label
            asked += [(f"module {name}", meter) for meter in meters]
    for name in meters_over_time():
        labels[name] = catalogue().meters[name].label
        asked.append((name, name))
    names, meters = [name for name, _ in asked], [meter for _, meter in asked]
    rows = db.session.execute(_ADOPTION, {**span.asked, "names": names, "meters": meters})
    counted = {row.name: row for row in rows}
    return [Adoption(name, label, counted[name].people, counted[name].of_all) for name, label in labels.items()]
