"""Comparing use with what Stripe was told of it and has counted. Outside every scope, as Stripe is asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

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
    new_costs,
    reported_since,
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
OPEN = timedelta(minutes=75)
"""So long use may go untold: Stripe is told each hour, and that takes its time."""
OVERDUE = timedelta(days=1)
"""What waits for longer is not only late."""
RECENT = timedelta(days=35)
"""Meters of which Stripe was told nothing for so long are not asked for again: it takes no use that is older."""
SLIGHT = Decimal(10) / MILLION
"""What rounding may make of a sum, in the currency's unit."""
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """A meter in a month (None: in all), in the currency's unit: what its events cost, what Stripe was told, what is there.

    Stripe is told in a month what became known in it: of storage, what the month before cost. So months do not compare, and the
    ``difference`` stands in a meter's last line: by what Stripe has more than was counted, or less (below zero).
    """

    meter: str
    month: date | None
    counted: Decimal
    told: Decimal
    there: Decimal
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a tenant's charged use, without asking anybody. ``open`` is what of it need not be told yet, by meter."""

    customer: str
    subscription: Subscription
    charging: Charging
    events: dict[tuple[str, date], Decimal]
    sums: dict[str, Decimal]
    open: dict[str, Decimal]
    sent: dict[str, list[UsageReport]]
    waiting: list[UsageReport]
    whole: bool

    def counted(self, meter: str) -> Decimal:
        """What a meter has cost in all: by its events, or by its counter where not all of them are kept."""
        if self.whole or is_weighed(meter):
            return sum((cost for (name, _), cost in self.events.items() if name == meter), NOTHING)
        return self.sums.get(meter, NOTHING)

    def told(self, meter: str) -> Decimal:
        """What Stripe was told of a meter under this subscription."""
        return _units(report.amount for report in self.sent[meter] if report.created_at >= self.charging.since)

    def off(self, meter: str, amount: Decimal, *, late: Decimal = NOTHING) -> Decimal:
        """By how much an amount is more or less (below zero) than was counted, beyond what is open or ``late``."""
        counted = self.counted(meter)
        least, most = sorted((counted - self.open.get(meter, NOTHING), counted))
        off = max(amount - most, NOTHING) + min(amount - least + late, NOTHING)
        return off if abs(off) > SLIGHT else NOTHING


def know(tenant: Tenant) -> Known | None:
    """Read all of it; None without a subscription."""
    with tenant_scope(tenant):
        db.session.execute(_ONE_MOMENT)
        subscription, account = get_subscription(), get_account()
        if subscription is None or account is None:
            return None
        charging = get_charging(subscription)
        events, (sums, _) = costs_by_events(charging), charged_sums(charging)
        open = new_costs(charging, now() - OPEN)
        waiting = list(list_waiting())
        meters = {*sums, *(meter for meter, _ in events), *reported_since(charging.since)}
        meters |= {report.meter for report in waiting}
        sent = {meter: list(list_sent(meter)) for meter in sorted(meters)}
        db.session.expunge_all()
        whole = charging.since >= kept_since()
        return Known(account.customer_id, subscription, charging, events, sums, open, sent, waiting, whole)


def list_lines(known: Known, meters: Mapping[str, str]) -> list[Line]:
    """Every meter and month since the subscription began, and behind several months what they add up to; ``meters`` are Stripe's
    ids by our names."""
    return [line for meter in known.sent for line in _lines_of(known, meter, meters.get(meter))]


def _lines_of(known: Known, meter: str, meter_id: str | None) -> Iterator[Line]:
    reports = [report for report in known.sent[meter] if report.created_at >= known.charging.since]
    told = _by_month((report.at, report.amount) for report in reports)
    there = _by_month(_days(known, meter_id, meter)) if known.sent[meter] and meter_id else {}
    counted = {month: amount for (name, month), amount in known.events.items() if name == meter}
    months = sorted({*told, *there, *counted})
    rows = [
        (counted.get(month, NOTHING), _units([told.get(month, 0)]), _units([there.get(month, 0)])) for month in months
    ]
    if len(months) > 1:
        yield from (Line(meter, month, *row) for month, row in zip(months, rows, strict=True))
    if months:
        at_stripe = sum((row[2] for row in rows), NOTHING)
        late = _units(report.amount for report in reports if _is_late(report))
        off = known.off(meter, at_stripe, late=late)
        yield Line(
            meter, months[0] if len(months) == 1 else None, known.counted(meter), known.told(meter), at_stripe, off
        )


def _is_late(report: UsageReport) -> bool:
    """Whether Stripe may not have counted yet what it was told."""
    return report.sent_at is not None and now() - report.sent_at < LAG


def _units(amounts: Iterable[int]) -> Decimal:
    return Decimal(sum(amounts)) / MILLION


def _by_month(amounts: Iterable[tuple[datetime, int]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for at, amount in amounts:
        month = period_of(at).key
        found[month] = found.get(month, 0) + amount
    return found


def _days(known: Known, meter_id: str, meter: str) -> list[tuple[datetime, int]]:
    """What Stripe has counted under the subscription, day by day: of its first day without what an earlier one was told."""
    since, reports = known.charging.since, known.sent[meter]
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(now(), *(report.at for report in reports)) + timedelta(days=1)
    span = {"start_time": int(first.timestamp()), "end_time": int(last.timestamp()) // DAY * DAY}
    asked = {"customer": known.customer, **span, "value_grouping_window": "day"}
    found = gateway.list_meter_sums(meter_id, asked)
    days = [(datetime.fromtimestamp(one["start_time"], UTC), round(one["aggregated_value"])) for one in found]
    return days + [(first, -one.amount) for one in reports if one.at >= first and one.created_at < since]


def find_faults(known: Known, meters: Mapping[str, str], *, wait: Callable[[], None] = lambda: None) -> list[str]:
    """What does not agree, in words: counters with events, what was told with what was counted, Stripe with what it was told, and
    what waits for too long. ``wait`` is called before Stripe is asked, once for each meter that it was told of lately."""
    faults = [_counter_fault(known, meter) or _told_fault(known, meter) for meter in known.sent]
    for meter, reports in known.sent.items():
        if any(report.sent_at and now() - report.sent_at < RECENT for report in reports):
            wait()
            faults.append(_stripe_fault(known, meter, meters.get(meter)))
    late = {report.meter for report in known.waiting if now() - report.created_at > OVERDUE}
    return [fault for fault in faults if fault] + [f"{meter}: use has waited for a day to be sent" for meter in late]


def _counter_fault(known: Known, meter: str) -> str:
    if not known.whole or is_weighed(meter):
        return ""
    events, counter = known.counted(meter), known.sums.get(meter, NOTHING)
    if events == counter:
        return ""
    return f"{meter}: its events cost {_told(events, known)}, its counter says {_told(counter, known)}"


def _told_fault(known: Known, meter: str) -> str:
    off = known.off(meter, known.told(meter))
    if off < 0:
        return f"{meter}: {_told(-off, known)} was used, and Stripe was not told of it"
    return (
        f"{meter}: Stripe was told {_told(off, known)} more than was used; it is set off against what comes"
        if off
        else ""
    )


def is_untold(known: Known) -> bool:
    """Whether there is use that Stripe should have been told of by now, and was not."""
    return any(known.off(meter, known.told(meter)) < 0 for meter in known.sent)


def _stripe_fault(known: Known, meter: str, meter_id: str | None) -> str:
    reports = known.sent[meter]
    if any(_is_late(report) for report in reports):
        return ""
    told, counted = sum(report.amount for report in reports), sums_at_stripe(known.customer, meter_id, reports)
    if told == counted:
        return ""
    amounts = (_told(Decimal(one) / MILLION, known) for one in (told, counted))
    return "{}: Stripe was told {}, and counted {}".format(meter, *amounts)


def _told(amount: Decimal, known: Known) -> str:
    return money(amount, currency=known.subscription.currency, exact=True)
