"""The ledger: which there are, what moved in them, and what was worth something when. In the platform's scope.

A moment stands for what was before it: what happens at the moment itself belongs to the period that it begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import accumulate
from math import lcm
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from saas.billing.models import Subscription, SubscriptionState
from saas.billing.revenue.flows import Customers, Flow, Loss, Movements, Trials
from saas.billing.revenue.queries.statements import AS_EVER, FLOWS, IN_ORDER, MOVEMENTS, PARTS
from saas.core.database import db

CAUSES = ("asked", "payment", "paused")
"""Why customers are lost: they wanted to go, a payment failed or was disputed, or the subscription was paused."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of one currency: the first and the last moment of which there is one, and into how many parts a minor unit is
    taken apart so that all cycles come out even."""

    currency: str
    since: datetime
    until: datetime
    unit: int

    def money(self, parts: Any) -> Fraction:
        """Parts as a fraction of minor units."""
        return Fraction(int(parts), self.unit)


@dataclass(frozen=True, slots=True)
class Movement:
    """What a customer's MRR changed by at a moment, and to what; ``cause`` is empty but for churn."""

    tenant_id: UUID
    at: datetime
    kind: str
    change: Fraction
    after: Fraction
    cause: str


@dataclass(frozen=True, slots=True)
class Part:
    """What subscriptions to a plan in a cycle are worth a month."""

    plan: str
    cycle: str
    subscriptions: int
    mrr: Fraction


@dataclass(frozen=True, slots=True)
class ScheduledLoss:
    """What will be gone at a moment, as people have cancelled: ``at`` is when service ends."""

    tenant_id: UUID
    at: datetime
    plan: str
    mrr: Fraction


def list_ledgers() -> list[Ledger]:
    """A ledger for each currency in which something was sold, by name."""
    row = SubscriptionState
    query = select(row.currency, row.months, func.min(row.at), func.max(row.at)).group_by(row.currency, row.months)
    found: dict[str, Ledger] = {}
    for currency, months, since, until in db.session.execute(query.order_by(row.currency)):
        known = found.get(currency, Ledger(currency, since, until, 1))
        found[currency] = Ledger(currency, min(since, known.since), max(until, known.until), lcm(months, known.unit))
    return list(found.values())


def list_movements(ledger: Ledger, since: datetime, until: datetime) -> list[Movement]:
    """Every movement from ``since`` on and before ``until``, oldest first."""
    rows = _ask(MOVEMENTS, ledger, since=since, until=until)
    return [
        Movement(row.tenant_id, row.at, row.kind, ledger.money(row.change), ledger.money(row.after), row.cause)
        for row in rows
    ]


def list_flows(ledger: Ledger, bounds: Sequence[datetime]) -> list[Flow]:
    """What moved in the periods that lie between ascending moments, one fewer than these."""
    return list_flows_and_whole(ledger, bounds, bounds[0])[0]


def list_flows_and_whole(ledger: Ledger, bounds: Sequence[datetime], since: datetime) -> tuple[list[Flow], Flow]:
    """The same, and beside it what moved from ``since`` on until the last of the moments, as one period."""
    rows = _ask(FLOWS, ledger, bounds=list(bounds), whole=[since, bounds[-1]])
    found = {(row.series, row.period): row._asdict() for row in rows}
    each = _flows(ledger, [found.get((0, period), {}) for period in range(len(bounds))])
    return each, _flows(ledger, [found.get((1, period), {}) for period in range(2)])[0]


def get_flow(ledger: Ledger, since: datetime, until: datetime) -> Flow:
    """What moved from ``since`` on and before ``until``."""
    return list_flows(ledger, (since, until))[0]


def list_parts(ledger: Ledger, moment: datetime) -> list[Part]:
    """MRR by plan and cycle just before a moment, the largest part first."""
    rows = _ask(PARTS, ledger, moment=moment)
    return [Part(row.plan, row.cycle, row.subscriptions, ledger.money(row.worth)) for row in rows]


def list_scheduled_losses(currency: str, since: datetime) -> list[ScheduledLoss]:
    """Subscriptions that count today and end at a moment from ``since`` on, the nearest first."""
    row = Subscription
    counts = (row.status.in_(("active", "past_due")), row.amount > 0, row.currency == currency, row.cancel_at >= since)
    return [
        ScheduledLoss(one.tenant_id, one.cancel_at, one.plan, Fraction(one.amount, one.months))
        for one in db.session.scalars(select(row).where(*counts).order_by(row.cancel_at, row.id))
        if one.cancel_at
    ]


def _ask(statement: str, ledger: Ledger, **values: Any) -> Sequence[Any]:
    given = {"currency": ledger.currency, "unit": ledger.unit, **values}
    db.session.execute(text(IN_ORDER))
    rows = db.session.execute(text(statement), given).all()
    db.session.execute(text(AS_EVER))
    return rows


def _flows(ledger: Ledger, rows: Sequence[Mapping[str, Any]]) -> list[Flow]:
    """A flow for each row but the first, which is all that was before."""
    moved, came = [_moved(ledger, row) for row in rows], [_customers(row) for row in rows]
    starts = zip(accumulate(one.net for one in moved), accumulate(one.net for one in came), strict=True)
    return [
        Flow(
            start=start,
            customers_at_start=number,
            moved=moved[at],
            customers_moved=came[at],
            kept=ledger.money(_in(rows[at], "kept")),
            cut=ledger.money(_in(rows[at], "cut")),
            losses={one: Loss(_in(rows[at], one), ledger.money(_in(rows[at], f"{one}_mrr"))) for one in CAUSES},
            trials=Trials(_in(rows[at], "ended"), _in(rows[at], "converted")),
        )
        for at, (start, number) in enumerate(list(starts)[:-1], 1)
    ]


def _moved(ledger: Ledger, row: Mapping[str, Any]) -> Movements:
    kinds = ("new", "reactivation", "expansion", "contraction", "churn")
    return Movements(*(ledger.money(_in(row, kind)) for kind in kinds))


def _customers(row: Mapping[str, Any]) -> Customers:
    return Customers(_in(row, "came"), _in(row, "came_back"), sum(_in(row, cause) for cause in CAUSES))


def _in(row: Mapping[str, Any], name: str) -> int:
    """A sum of a period in which perhaps nothing happened."""
    return int(row.get(name) or 0)
