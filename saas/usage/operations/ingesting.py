"""Ingesting: many uses at once, each key once, all within the limits or none at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from saas.catalogue.current import catalogue
from saas.catalogue.pricing import UnknownDimension
from saas.catalogue.pricing import cost as cost_of
from saas.catalogue.terms import Kind
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_ids
from saas.tenancy.entitlements import Entitlements, entitlements
from saas.tenancy.limits import LimitReached
from saas.usage.batches import Batch, array_of
from saas.usage.operations.budgets import queue_for_budget, spend
from saas.usage.operations.warning import note_level
from saas.usage.periods import STANDING, Period, period_of
from saas.usage.uses import Use

MOST = 1000
"""Uses in one batch."""
_LOCK = (
    "INSERT INTO usage_totals AS t (meter, period, used, cost, events)"
    " SELECT meter, period, 0, 0, 0 FROM unnest(%(meters)s::text[], %(periods)s::date[]) AS sent (meter, period)"
    " ORDER BY meter, period ON CONFLICT (meter, period) DO UPDATE SET used = t.used RETURNING meter, period, used"
)
_KNOWN = "SELECT key, meter, quantity, dimension, resource, at FROM usage_events WHERE key = ANY(%(keys)s::text[])"
_INSERT = (
    "WITH recorded AS (INSERT INTO usage_events (id, at, meter, quantity, cost, dimension, module, resource, outcome,"
    " duration_ms, key, actor_kind, actor_id) SELECT s.id, coalesce(s.at, %(moment)s), s.meter, s.quantity,"
    " coalesce(s.cost, 0), coalesce(s.dimension, ''), coalesce(s.module, ''), coalesce(s.resource, ''),"
    " coalesce(s.outcome, ''), s.duration_ms, s.key, CASE WHEN s.person IS NULL THEN %(actor_kind)s ELSE 'member' END,"
    " coalesce(s.person, %(actor_id)s::uuid) FROM unnest(%(ids)s::uuid[],"
    " %(ats)s::timestamptz[], %(meters)s::text[], %(quantities)s::numeric[], %(costs)s::numeric[], %(dimensions)s::text[],"
    " %(modules)s::text[], %(resources)s::text[], %(outcomes)s::text[], %(durations)s::integer[], %(keys)s::text[],"
    " %(people)s::uuid[])"
    " AS s (id, at, meter, quantity, cost, dimension, module, resource, outcome, duration_ms, key, person)"
    " ON CONFLICT (key) DO NOTHING RETURNING 1), counted AS (UPDATE usage_totals t SET used = CASE WHEN a.most THEN"
    " greatest(t.used, a.used) ELSE t.used + a.used END, cost = t.cost + a.cost, events = t.events + a.events"
    " FROM unnest(%(total_meters)s::text[], %(total_periods)s::date[], %(used)s::numeric[], %(cost)s::numeric[],"
    " %(events)s::bigint[], %(most)s::boolean[]) AS a (meter, period, used, cost, events, most)"
    " WHERE t.meter = a.meter AND t.period = a.period) SELECT count(*) FROM recorded"
)
_FREE = Decimal(0)


@dataclass(slots=True)
class _Sum:
    """What a batch adds to one total, and what that was before."""

    meter: str
    period: Period
    key: date
    kind: Kind
    before: Decimal = _FREE
    used: Decimal | int = 0
    cost: Decimal = _FREE
    events: int = 0

    @property
    def after(self) -> Decimal:
        """What the total is with the batch."""
        return max(self.before, Decimal(self.used)) if self.kind is Kind.MAXIMUM else self.before + self.used

    def add(self, quantity: Decimal | int) -> None:
        """Take a use in."""
        self.used = max(self.used, quantity) if self.kind is Kind.MAXIMUM else self.used + quantity
        self.events += 1


@dataclass(frozen=True, slots=True)
class Ingested:
    """How many uses were counted, and how many were known by their keys already."""

    recorded: int
    again: int


def ingest(uses: Sequence[Use] | Batch, *, actor: Actor, beyond: bool = False) -> Ingested:
    """Record checked uses in one go, as the last step of the caller's transaction.

    Raises LimitReached and BudgetSpent when they do not fit together, unless they have happened already and are recorded
    ``beyond`` every bound; Conflict for a key that is another event's, Invalid for a dimension
    that has no price; nothing is recorded then.
    """
    batch = uses if isinstance(uses, Batch) else Batch.of(uses)
    moment = now()
    queue_for_budget()
    if _as_fresh(batch, actor, moment, beyond):
        return Ingested(len(batch), 0)
    fresh = _fresh(batch, moment)
    if not _recorded(batch, fresh, actor, moment, beyond):
        raise Conflict("Another batch with some of these keys came at the same moment. Send this one again.")
    return Ingested(len(fresh), len(batch) - len(fresh))


def _as_fresh(batch: Batch, actor: Actor, moment: datetime, beyond: bool) -> bool:
    """Whether all of it could be recorded as if no key was known; what is refused then may fit without the known ones."""
    keys = [key for key in batch.keys if key is not None]
    if len(set(keys)) < len(keys):
        return False
    try:
        with db.session.begin_nested() as place:
            if _recorded(batch, range(len(batch)), actor, moment, beyond):
                return True
            place.rollback()
    except (Conflict, Invalid):
        if not keys:
            raise
    return False


def _recorded(batch: Batch, fresh: Sequence[int], actor: Actor, moment: datetime, beyond: bool) -> bool:
    """Record the uses at some places; False when one of their keys was there already, then some of them are."""
    granted = entitlements()
    sums, places = _sums(batch, period_of(moment))
    _lock(sums)
    costs = [_add(batch, number, places[number], granted) for number in fresh]
    used = list(sums.values())
    if not beyond:
        _check_limits(used, granted)
    if fresh and not _insert(batch.only(fresh), costs, used, actor, moment):
        return False
    for one in used:
        note_level(one.meter, before=one.before, after=one.after)
        if one.cost or (one.kind is Kind.STORAGE and one.used > 0):
            spend(one.cost, one.period, beyond=beyond)
    return True


def _sums(batch: Batch, present: Period) -> tuple[dict[tuple[str, date], _Sum], list[_Sum]]:
    """The totals that a batch adds to, and for each use its own."""
    found: dict[tuple[str, date], _Sum] = {}
    known: dict[tuple[str, datetime | None], _Sum] = {}
    places = []
    for asked in zip(batch.meters, batch.ats, strict=True):
        one = known.get(asked)
        if one is None:
            meter, at = asked
            kind, period = catalogue().meters[meter].kind, period_of(at) if at else present
            key = STANDING if kind is Kind.STORAGE else period.key
            one = known[asked] = found.setdefault((meter, key), _Sum(meter, period, key, kind))
        places.append(one)
    return found, places


def _lock(sums: dict[tuple[str, date], _Sum]) -> None:
    """Lock the totals, in one order for everybody, and read them: who records the same meters waits until this is over."""
    asked = {"meters": [meter for meter, _ in sums], "periods": [period for _, period in sums]}
    for meter, period, used in db.session.connection().exec_driver_sql(_LOCK, asked):
        sums[meter, period].before = used


def _fresh(batch: Batch, moment: datetime) -> list[int]:
    """The places of uses that have not been recorded before, each key once; who records the same waits until this is over."""
    _lock(_sums(batch, period_of(moment))[0])
    rows = db.session.connection().exec_driver_sql(_KNOWN, {"keys": array_of(batch.keys)})
    known: dict[str | None, tuple[Any, ...]] = {row[0]: tuple(row[1:]) for row in rows}
    fresh = []
    for number, key in enumerate(batch.keys):
        said = (batch.meters[number], batch.quantities[number], batch.dimensions[number], batch.resources[number])
        at = batch.ats[number]
        if key is not None and key in known:
            if known[key][:4] != said or at not in (None, known[key][4]):
                raise Conflict(f"The key “{key}” was given to another event before.")
        else:
            known[key] = (*said, at)
            fresh.append(number)
    return fresh


def _add(batch: Batch, number: int, one: _Sum, granted: Entitlements) -> Decimal:
    """Add a use to its sum; what it costs."""
    quantity, rating = batch.quantities[number], granted.rating(one.meter)
    cost = _FREE
    if one.kind is Kind.SUM and rating.is_priced:
        before = _FREE if rating.prices else one.before + one.used
        cost = _cost(Decimal(quantity), before, batch.dimensions[number], one.meter, granted)
        one.cost += cost
    one.add(quantity)
    return cost


def _cost(quantity: Decimal, before: Decimal, dimension: str, meter: str, granted: Entitlements) -> Decimal:
    rating, included = granted.rating(meter), granted.included(meter)
    try:
        return cost_of(rating, quantity, before=before, included=included, dimension=dimension)
    except UnknownDimension:
        known = ", ".join(rating.prices)
        raise Invalid(f"There is no price for “{dimension}”. Choose one of: {known}.", field="dimension") from None


def _check_limits(sums: Iterable[_Sum], granted: Entitlements) -> None:
    for one in sums:
        limit = granted.limit(one.meter)
        if limit is not None and one.used > 0 and one.after > limit:
            ends = None if one.key == STANDING else one.period.end
            raise LimitReached(one.meter, limit=limit, used=one.before, wanted=one.used, resets_at=ends)


def _insert(batch: Batch, costs: Sequence[Decimal], sums: Sequence[_Sum], actor: Actor, moment: datetime) -> bool:
    """Whether all of it was recorded."""
    names = (
        "meters",
        "quantities",
        "keys",
        "ats",
        "dimensions",
        "modules",
        "resources",
        "outcomes",
        "durations",
        "people",
    )
    values: dict[str, Any] = {
        "moment": moment,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "ids": array_of(new_ids(len(batch))),
        "costs": array_of(costs),
        **{name: array_of(getattr(batch, name)) for name in names},
        "total_meters": [one.meter for one in sums],
        "total_periods": [one.key for one in sums],
        **{name: [getattr(one, name) for one in sums] for name in ("used", "cost", "events")},
        "most": [one.kind is Kind.MAXIMUM for one in sums],
    }
    recorded: int = db.session.connection().exec_driver_sql(_INSERT, values).scalar_one()
    return recorded == len(batch)
