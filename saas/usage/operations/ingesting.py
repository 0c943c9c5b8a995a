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
from saas.usage.operations.budgets import spend
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
_KNOWN = "SELECT key, meter, quantity, dimension, resource, at FROM usage_events WHERE key = ANY(%(keys)s)"
_INSERT = (
    "WITH recorded AS (INSERT INTO usage_events (id, at, meter, quantity, cost, dimension, module, resource, outcome,"
    " duration_ms, key, actor_kind, actor_id) SELECT s.*, %(actor_kind)s, %(actor_id)s::uuid FROM unnest(%(ids)s::uuid[],"
    " %(ats)s::timestamptz[], %(meters)s::text[], %(quantities)s::numeric[], %(costs)s::numeric[], %(dimensions)s::text[],"
    " %(modules)s::text[], %(resources)s::text[], %(outcomes)s::text[], %(durations)s::integer[], %(keys)s::text[]) AS s"
    " ON CONFLICT (key) DO NOTHING RETURNING id), counted AS (UPDATE usage_totals t SET used = CASE WHEN a.most THEN"
    " greatest(t.used, a.used) ELSE t.used + a.used END, cost = t.cost + a.cost, events = t.events + a.events"
    " FROM unnest(%(total_meters)s::text[], %(total_periods)s::date[], %(used)s::numeric[], %(cost)s::numeric[],"
    " %(events)s::bigint[], %(most)s::boolean[]) AS a (meter, period, used, cost, events, most)"
    " WHERE t.meter = a.meter AND t.period = a.period) SELECT count(*) FROM recorded"
)


@dataclass(slots=True)
class _Sum:
    """What a batch adds to one total, and what that was before."""

    meter: str
    period: Period
    key: date
    kind: Kind
    before: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    events: int = 0

    @property
    def after(self) -> Decimal:
        """What the total is with the batch."""
        return max(self.before, self.used) if self.kind is Kind.MAXIMUM else self.before + self.used

    def add(self, quantity: Decimal | int) -> None:
        """Take a use in."""
        self.used = max(self.used, Decimal(quantity)) if self.kind is Kind.MAXIMUM else self.used + quantity
        self.events += 1


@dataclass(frozen=True, slots=True)
class Ingested:
    """How many uses were counted, and how many were known by their keys already."""

    recorded: int
    again: int


def ingest(uses: Sequence[Use], *, actor: Actor) -> Ingested:
    """Record checked uses in one go, as the last step of the caller's transaction.

    Raises LimitReached when they do not fit together, Conflict for a key that is another event's, Invalid for a dimension
    that has no price; nothing is recorded then.
    """
    granted, moment = entitlements(), now()
    sums = _sums(uses, moment)
    _lock(sums)
    fresh = _without_known(uses)
    costs = _add_up(fresh, sums, granted, moment)
    _check_limits(sums.values(), granted)
    if fresh:
        _insert(fresh, costs, sums, actor, moment)
    for one in {id(one): one for one in sums.values()}.values():
        note_level(one.meter, before=one.before, after=one.after)
        if one.cost:
            spend(one.cost, one.period)
    return Ingested(len(fresh), len(uses) - len(fresh))


Place = tuple[str, date]


def _place(use: Use, present: Period) -> tuple[Place, Period]:
    period = period_of(use.at) if use.at else present
    kind = catalogue().meters[use.meter].kind
    return (use.meter, STANDING if kind is Kind.STORAGE else period.key), period


def _sums(uses: Iterable[Use], moment: datetime) -> dict[Place, _Sum]:
    found: dict[Place, _Sum] = {}
    present = period_of(moment)
    for use in uses:
        place, period = _place(use, present)
        if place not in found:
            found[place] = _Sum(use.meter, period, place[1], catalogue().meters[use.meter].kind)
    return found


def _lock(sums: dict[Place, _Sum]) -> None:
    """Lock the totals, in one order for everybody, and read them: who records the same meters waits until this is over."""
    asked = {"meters": [meter for meter, _ in sums], "periods": [period for _, period in sums]}
    for meter, period, used in db.session.connection().exec_driver_sql(_LOCK, asked):
        sums[meter, period].before = used


def _without_known(uses: Sequence[Use]) -> list[Use]:
    """Those that have not been recorded before, each key once."""
    keys = [use.key for use in uses if use.key is not None]
    if not keys:
        return list(uses)
    rows = db.session.connection().exec_driver_sql(_KNOWN, {"keys": keys})
    known = {row[0]: tuple(row[1:]) for row in rows}
    fresh = []
    for use in uses:
        if use.key is None:
            fresh.append(use)
        elif (recorded := known.get(use.key)) is None:
            known[use.key] = (use.meter, use.quantity, use.dimension, use.resource, use.at)
            fresh.append(use)
        elif recorded[:4] != (use.meter, use.quantity, use.dimension, use.resource) or use.at not in (
            None,
            recorded[4],
        ):
            raise Conflict(f"The key “{use.key}” was given to another event before.")
    return fresh


def _add_up(uses: Sequence[Use], sums: dict[Place, _Sum], granted: Entitlements, moment: datetime) -> list[Decimal]:
    """Add each use to its sum; what each costs, in their order."""
    costs, present = [], period_of(moment)
    for use in uses:
        one = sums[_place(use, present)[0]]
        cost = _cost(use, one, granted)
        one.add(use.quantity)
        one.cost += cost
        costs.append(cost)
    return costs


_FREE = Decimal(0)


def _cost(use: Use, one: _Sum, granted: Entitlements) -> Decimal:
    rating = granted.rating(use.meter)
    if not rating.ways or one.kind is not Kind.SUM:
        return _FREE
    before = _FREE if rating.prices else one.before + one.used
    try:
        return cost_of(
            rating,
            Decimal(use.quantity),
            before=before,
            included=granted.included(use.meter),
            dimension=use.dimension,
        )
    except UnknownDimension:
        known = ", ".join(rating.prices)
        raise Invalid(f"There is no price for “{use.dimension}”. Choose one of: {known}.", field="dimension") from None


def _check_limits(sums: Iterable[_Sum], granted: Entitlements) -> None:
    for one in sums:
        limit = granted.limit(one.meter)
        if limit is not None and one.used > 0 and one.after > limit:
            ends = None if one.key == STANDING else one.period.end
            raise LimitReached(one.meter, limit=limit, used=one.before, wanted=one.used, resets_at=ends)


def _insert(
    uses: Sequence[Use], costs: Sequence[Decimal], sums: dict[Place, _Sum], actor: Actor, moment: datetime
) -> None:
    values: dict[str, Any] = {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "ids": new_ids(len(uses)),
        "ats": [use.at or moment for use in uses],
        "costs": costs,
        **{column: [getattr(use, name) for use in uses] for column, name in _COLUMNS.items()},
        "total_meters": [one.meter for one in sums.values()],
        "total_periods": [one.key for one in sums.values()],
        **{name: [getattr(one, name) for one in sums.values()] for name in ("used", "cost", "events")},
        "most": [one.kind is Kind.MAXIMUM for one in sums.values()],
    }
    recorded = db.session.connection().exec_driver_sql(_INSERT, values).scalar_one()
    if recorded != len(uses):
        raise Conflict("Another batch with some of these keys came at the same moment. Send this one again.")


_COLUMNS = {
    "meters": "meter",
    "quantities": "quantity",
    "dimensions": "dimension",
    "modules": "module",
    "resources": "resource",
    "outcomes": "outcome",
    "durations": "duration_ms",
    "keys": "key",
}
"""The columns of the statement and the fields of a use that they are taken from."""
