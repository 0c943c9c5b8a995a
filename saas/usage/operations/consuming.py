"""Consuming: one statement raises the counter, refuses what is beyond the limit and records the event, all in the caller's
transaction. The counter's row stays locked until that ends, so consume last."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from saas.catalogue.current import catalogue
from saas.catalogue.pricing import UnknownDimension
from saas.catalogue.terms import Kind
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_id
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import LimitReached
from saas.usage.charging import Shape, charge_sql, charge_values
from saas.usage.operations.budgets import queue_for_budget, spend
from saas.usage.operations.warning import note_level
from saas.usage.periods import STANDING, Period, period_of
from saas.usage.uses import Use, check_use


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was recorded: the event's id, what its period adds up to now, the limit (None: unlimited), what the event costs.

    ``again`` says that the same key had been recorded before, and nothing was counted now.
    """

    event_id: UUID
    meter: str
    used: Decimal
    limit: int | None
    cost: Decimal
    again: bool = False


_AFTER = {
    Kind.SUM: "t.used + excluded.used",
    Kind.STORAGE: "t.used + excluded.used",
    Kind.MAXIMUM: "greatest(t.used, excluded.used)",
}
_EVENT = "id, at, meter, quantity, cost, dimension, module, resource, actor_kind, actor_id, outcome, duration_ms, key"
_VALUES = (
    "%(id)s, %(at)s, %(meter)s, %(quantity)s, {cost}, %(dimension)s, %(module)s, %(resource)s,"
    " %(actor_kind)s, %(actor_id)s, %(outcome)s, %(duration_ms)s, %(key)s"
)


@lru_cache(maxsize=256)
def _statement(kind: Kind, shape: Shape, keyed: bool) -> str:
    """The statement for meters of a kind with ratings of a shape. Only sums are charged event by event: storage by the time
    it stood, a maximum by the most there was (``saas.usage.queries``)."""
    charge = partial(charge_sql, shape if kind is Kind.SUM else Shape())
    after = _AFTER[kind]
    fits = "(%(limit)s::numeric IS NULL OR %(quantity)s::numeric <= 0 OR {} <= %(limit)s::numeric)"
    known = "known AS (SELECT id FROM usage_events WHERE key = %(key)s), " if keyed else ""
    unknown = " AND NOT EXISTS (SELECT FROM known)" if keyed else ""
    counted = (
        "INSERT INTO usage_totals AS t (meter, period, used, cost, events)",
        f"SELECT %(meter)s, %(period)s::date, %(quantity)s::numeric, {charge('%(quantity)s::numeric')}, 1",
        f"WHERE {fits.format('%(quantity)s::numeric')}{unknown}",
        f"ON CONFLICT (meter, period) DO UPDATE SET used = {after}, events = t.events + 1,",
        f"cost = t.cost + {charge(f'({after})')} - {charge('t.used')}",
        f"WHERE {fits.format(after)} RETURNING used",
    )
    added = f"{charge('counted.used')} - {charge('(counted.used - %(quantity)s::numeric)')}"
    recorded = (
        f"INSERT INTO usage_events ({_EVENT})",
        f"SELECT {_VALUES.format(cost=added)} FROM counted RETURNING cost",  # noqa: S608 - only our own words
    )
    parts = (f"WITH {known}counted AS (", *counted, "), recorded AS (", *recorded, ")")
    return " ".join((*parts, "SELECT counted.used, recorded.cost FROM counted, recorded"))


def consume(meter: str, quantity: Decimal | int = 1, *, actor: Actor, **about: Any) -> Receipt | None:
    """Use so much of a meter, as the last step of the caller's transaction; ``about`` are the other fields of ``Use``.

    Raises LimitReached beyond the plan's limit, then nothing is counted. A meter that this deployment does not sell is
    not counted either: None.
    """
    if meter not in catalogue().meters:
        return None
    return record_use(check_use(Use(meter, quantity, **about)), actor=actor)


def record_use(use: Use, *, actor: Actor) -> Receipt:
    """Record a checked use. Raises LimitReached; Conflict for a key that was given to another use."""
    moment = use.at or now()
    period = period_of(moment)
    queue_for_budget()
    values = _values(use, moment, actor=actor, period=_period_key(use.meter, period))
    if use.key is None:
        return _counted(use, values, period)
    try:
        with db.session.begin_nested():
            return _counted(use, values, period)
    except IntegrityError as error:
        if constraint_of(error) != "uq_usage_events_key":
            raise
    return _counted(use, values, period)  # the other one with this key has been committed meanwhile


def _period_key(meter: str, period: Period) -> date:
    return STANDING if catalogue().meters[meter].kind is Kind.STORAGE else period.key


def _values(use: Use, moment: datetime, *, actor: Actor, period: date) -> dict[str, Any]:
    granted = entitlements()
    try:
        charged = charge_values(
            granted.rating(use.meter), included=granted.included(use.meter), dimension=use.dimension
        )
    except UnknownDimension:
        known = ", ".join(granted.rating(use.meter).prices)
        word = catalogue().meters[use.meter].dimension
        raise Invalid(f"There is no price for this {word}. Choose one of: {known}.", field="dimension") from None
    return {
        **charged,
        "id": new_id(),
        "at": moment,
        "meter": use.meter,
        "period": period,
        "quantity": use.quantity,
        "limit": granted.limit(use.meter),
        "dimension": use.dimension,
        "module": use.module,
        "resource": use.resource,
        "actor_kind": "member" if use.user_id else actor.kind,
        "actor_id": use.user_id or actor.id,
        "outcome": use.outcome,
        "duration_ms": use.duration_ms,
        "key": use.key,
    }


def _counted(use: Use, values: dict[str, Any], period: Period) -> Receipt:
    shape = Shape.of(entitlements().rating(use.meter))
    statement = _statement(catalogue().meters[use.meter].kind, shape, use.key is not None)
    row = db.session.connection().exec_driver_sql(statement, values).first()
    if row is None:
        return _again(use, values) or _refuse(use, values, period)
    used, cost = row
    note_level(use.meter, before=used - use.quantity, after=used)
    if cost or (values["period"] == STANDING and use.quantity > 0):
        spend(cost, period)
    return Receipt(values["id"], use.meter, used, values["limit"], cost)


def _again(use: Use, values: dict[str, Any]) -> Receipt | None:
    """The receipt of the event that has this key already; None without one. Raises Conflict when it was about something else."""
    if use.key is None:
        return None
    found = "SELECT id, meter, quantity, dimension, resource, cost, at FROM usage_events WHERE key = %(key)s"
    row = db.session.connection().exec_driver_sql(found, {"key": use.key}).first()
    if row is None:
        return None
    event_id, *known, cost, at = row
    if known != [use.meter, use.quantity, use.dimension, use.resource] or (use.at is not None and use.at != at):
        raise Conflict(f"The key “{use.key}” was given to another event before.")
    return Receipt(event_id, use.meter, used_of(use.meter, values["period"]), values["limit"], cost, again=True)


def _refuse(use: Use, values: dict[str, Any], period: Period) -> Receipt:
    used, stands = used_of(use.meter, values["period"]), values["period"] == STANDING
    raise LimitReached(
        use.meter,
        limit=values["limit"],
        used=used,
        wanted=use.quantity,
        resets_at=None if stands else period.end,
    )


def used_of(meter: str, period: date) -> Decimal:
    """What a period adds up to, as the present transaction sees it."""
    asked = "SELECT used FROM usage_totals WHERE meter = %(meter)s AND period = %(period)s"
    row = db.session.connection().exec_driver_sql(asked, {"meter": meter, "period": period}).first()
    return row[0] if row else Decimal(0)


_GIVE_BACK = (
    "WITH back AS (INSERT INTO usage_events (id, at, meter, quantity, cost, dimension, module, resource, actor_kind, actor_id,"
    " outcome, key) SELECT %(new)s, at, meter, -quantity, -cost, dimension, module, resource, actor_kind, actor_id, 'failed',"
    " %(key)s FROM usage_events WHERE id = %(id)s ON CONFLICT (key) DO NOTHING RETURNING meter, at, quantity, cost)"
    " UPDATE usage_totals t SET used = t.used + back.quantity, cost = t.cost + back.cost, events = t.events + 1 FROM back"
    " WHERE t.meter = back.meter"
    " AND t.period = CASE WHEN %(stands)s THEN %(standing)s ELSE date_trunc('month', back.at, 'UTC')::date END"
)


def give_back(receipt: Receipt, *, actor: Actor) -> None:
    """Take back what was consumed for work that failed, once: an event below zero that undoes the first one to the last
    decimal, in its period and in the name of whoever used it, whatever the plan says by now. A maximum stays as it was."""
    meter = catalogue().meters.get(receipt.meter)
    asked = {
        "id": receipt.event_id,
        "new": new_id(),
        "key": f"back {receipt.event_id}",
        "stands": meter is not None and meter.kind is Kind.STORAGE,
        "standing": STANDING,
    }
    queue_for_budget()
    if meter is None or meter.kind is not Kind.MAXIMUM:
        db.session.connection().exec_driver_sql(_GIVE_BACK, asked)
