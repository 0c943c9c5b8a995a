"""Comparing use with what Stripe was told of it and has counted. Outside every scope, as Stripe is asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from sqlalchemy import text

from saas.billing import gateway
from saas.billing.models import Subscription, UsageReport
from saas.billing.money import MILLION
from saas.billing.operations.sending import sums_at_stripe
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.queries.use import (
    Charging,
    charged_sums,
    costs_by_events,
    get_charging,
    is_weighed,
    list_sent,
    list_waiting,
)
from saas.catalogue.words import money
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from saas.usage.kept import kept_since
from saas.usage.periods import period_of

_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
"""Counters and events are compared as they were at one moment."""
DAY = 86_400
LAG = timedelta(hours=1)
"""So long Stripe may take to count what it was told."""
OVERDUE = timedelta(days=1)
"""What waits for longer is not only late."""


@dataclass(frozen=True, slots=True)
class Line:
    """A meter in a month (None: in all), in the currency's unit: what its events cost, what Stripe was told, what it has counted.

    Stripe is told in a month what became known in it: of storage, what the month before cost.
    """

    meter: str
    month: date | None
    cost: Decimal
    told: Decimal
    counted: Decimal

    @property
    def difference(self) -> Decimal:
        """What Stripe has counted beyond what it was told."""
        return self.counted - self.told


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a tenant's charged use, without asking anybody."""

    customer: str
    subscription: Subscription
    charging: Charging
    events: dict[tuple[str, date], Decimal]
    sums: dict[str, Decimal]
    sent: dict[str, list[UsageReport]]
    waiting: list[UsageReport]
    whole: bool


def know(tenant: Tenant) -> Known | None:
    """Read all of it; None without a subscription."""
    with tenant_scope(tenant):
        db.session.execute(_ONE_MOMENT)
        subscription, account = get_subscription(), get_account()
        if subscription is None or account is None:
            return None
        charging = get_charging(subscription)
        events, (sums, _) = costs_by_events(charging), charged_sums(charging)
        waiting = list(list_waiting())
        meters = {*sums, *(meter for meter, _ in events), *(report.meter for report in waiting)}
        sent = {meter: list(list_sent(meter)) for meter in sorted(meters)}
        db.session.expunge_all()
        whole = charging.since >= kept_since()
        return Known(account.customer_id, subscription, charging, events, sums, sent, waiting, whole)


def list_lines(known: Known, meters: Mapping[str, str]) -> list[Line]:
    """Every meter and month since the subscription began; ``meters`` are Stripe's ids by our names."""
    lines = []
    for meter, reports in known.sent.items():
        told = _by_month((report.at, report.amount) for report in reports)
        counted = _by_month(_days(known, meters[meter], reports)) if reports and meter in meters else {}
        cost = {month: amount for (name, month), amount in known.events.items() if name == meter}
        for month in sorted({*told, *counted, *cost}):
            millionths = (told.get(month, 0), counted.get(month, 0))
            lines.append(
                Line(meter, month, cost.get(month, Decimal(0)), *(Decimal(one) / MILLION for one in millionths))
            )
    return lines


def with_totals(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, and behind a meter that was used in several months what they add up to."""
    for meter, group in groupby(lines, key=lambda line: line.meter):
        months = list(group)
        yield from months
        if len(months) > 1:
            sums = zip(*((line.cost, line.told, line.counted) for line in months), strict=True)
            yield Line(meter, None, *(sum(amounts, Decimal(0)) for amounts in sums))


def _by_month(amounts: Iterable[tuple[datetime, int]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for at, amount in amounts:
        month = period_of(at).key
        found[month] = found.get(month, 0) + amount
    return found


def _days(known: Known, meter_id: str, reports: Sequence[UsageReport]) -> list[tuple[datetime, int]]:
    last = max(now(), *(report.at for report in reports))
    start, end = known.charging.first.start, last + timedelta(days=1)
    span = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp()) // DAY * DAY}
    asked = {"customer": known.customer, **span, "value_grouping_window": "day"}
    found = gateway.list_meter_sums(meter_id, asked)
    return [(datetime.fromtimestamp(one["start_time"], UTC), round(one["aggregated_value"])) for one in found]


def find_faults(known: Known, meters: Mapping[str, str]) -> list[str]:
    """What does not agree, in words: counters with events, Stripe with what it was told, and what waits for too long."""
    faults = [_counter_fault(known, meter) for meter in known.sums if known.whole and not is_weighed(meter)]
    faults += [_stripe_fault(known, meter, meters.get(meter), reports) for meter, reports in known.sent.items()]
    late = {report.meter for report in known.waiting if now() - report.created_at > OVERDUE}
    return [fault for fault in faults if fault] + [f"{meter}: use has waited for a day to be sent" for meter in late]


def _counter_fault(known: Known, meter: str) -> str:
    events = sum((cost for (name, _), cost in known.events.items() if name == meter), Decimal(0))
    if events == known.sums[meter]:
        return ""
    return f"{meter}: its events cost {_told(events, known)}, its counter says {_told(known.sums[meter], known)}"


def _stripe_fault(known: Known, meter: str, meter_id: str | None, reports: Sequence[UsageReport]) -> str:
    if not reports or any(report.sent_at and now() - report.sent_at < LAG for report in reports):
        return ""
    told, counted = sum(report.amount for report in reports), sums_at_stripe(known.customer, meter_id, reports)
    if told == counted:
        return ""
    amounts = (_told(Decimal(one) / MILLION, known) for one in (told, counted))
    return "{}: Stripe was told {}, and counted {}".format(meter, *amounts)


def _told(amount: Decimal, known: Known) -> str:
    return money(amount, currency=known.subscription.currency, exact=True)
