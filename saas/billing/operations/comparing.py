"""Comparing use with what Stripe was told of it and has counted. Outside every scope, as Stripe is asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text

from saas.billing import gateway
from saas.billing.models import Subscription, UsageReport
from saas.billing.money import MILLION
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.queries.use import (
    Charging,
    Written,
    add_up,
    charged_at_end,
    charged_months,
    costs_by_events,
    get_charging,
    is_weighed,
    list_waiting,
    list_written,
    new_costs,
)
from saas.catalogue.words import money
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from saas.usage.kept import kept_since
from saas.usage.periods import period_at, period_of

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
    """A meter in a month (None: in all), in the currency's unit: what it cost, what Stripe was told, what is there.

    Stripe is told in a month what became known in it: of storage, what the months before cost. So months do not compare, and the
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
    """What we know of a tenant's charged use, without asking anybody: its ``costs`` by meter and month, and by meter what was
    ``written`` down of them. ``events`` is what the events of some months cost, and ``counters`` what was counted in these.
    ``open`` is what need not be told yet."""

    customer: str
    subscription: Subscription
    charging: Charging
    costs: Mapping[tuple[str, date], Decimal]
    events: Mapping[str, Decimal]
    counters: Mapping[str, Decimal]
    open: Mapping[str, Decimal]
    written: Mapping[str, Sequence[Written]]
    waiting: Sequence[UsageReport]

    def counted(self, meter: str) -> Decimal:
        """What a meter has cost in all."""
        return sum((cost for (name, _), cost in self.costs.items() if name == meter), NOTHING)

    def told(self, meter: str) -> Decimal:
        """What Stripe was told of a meter under this subscription."""
        return _units(row.told for row in self.written[meter])

    def late(self, meter: str) -> Decimal:
        """What of it Stripe may not have counted yet."""
        return _units(row.late for row in self.written[meter])

    def off(self, meter: str, amount: Decimal, *, late: Decimal = NOTHING) -> Decimal:
        """By how much an amount is more or less (below zero) than was counted, beyond what is open or ``late``."""
        counted = self.counted(meter)
        least, most = sorted((counted - self.open.get(meter, NOTHING), counted))
        return _outside(amount, least - late, most)


def _outside(amount: Decimal, least: Decimal, most: Decimal) -> Decimal:
    """By how much an amount is more than the most, or less (below zero) than the least, beyond what rounding makes."""
    off = max(amount - most, NOTHING) + min(amount - least, NOTHING)
    return off if abs(off) > SLIGHT else NOTHING


def know(tenant: Tenant, *, thorough: bool = True) -> Known | None:
    """Read all of it; None without a subscription. Events are added up as far as they are kept, or those of the present month and
    the one before where it need not be ``thorough``."""
    with tenant_scope(tenant):
        db.session.execute(_ONE_MOMENT)
        subscription, account = get_subscription(), get_account()
        if subscription is None or account is None:
            return None
        charging = get_charging(subscription)
        since = max(charging.since, kept_since() if thorough else max(kept_since(), period_of(now()).before().start))
        months, events = charged_months(charging), costs_by_events(since)
        recent = [one for one in months.items() if one[0][1] >= period_of(since).key]
        counters = add_up((meter, cost) for (meter, _), cost in recent)
        rows, waiting = list_written(charging, now() - LAG), list(list_waiting())
        costs, open = _weighed_costs(charging, rows)
        costs, open = {**months, **costs}, {**new_costs(charging, now() - OPEN), **open}
        meters = {*events, *(meter for meter, _ in costs), *(report.meter for report in waiting)}
        meters |= {row.meter for row in rows if row.told}
        written = {meter: [row for row in rows if row.meter == meter] for meter in sorted(meters)}
        db.session.expunge_all()
        return Known(account.customer_id, subscription, charging, costs, events, counters, open, written, waiting)


def _weighed_costs(
    charging: Charging, rows: Iterable[Written]
) -> tuple[dict[tuple[str, date], Decimal], dict[str, Decimal]]:
    """What storage and maxima have cost, and what of it need not be told yet. A month that is over costs what was written down
    then, whatever the plan says by now; one that was not written down, what it costs by the plan."""
    rows = [row for row in rows if is_weighed(row.meter)]
    last, ended = period_of(now()).before(), charged_at_end(charging)[0]
    costs = add_up(((row.meter, period_at(row.month).before().key), _units([row.told, row.waiting])) for row in rows)
    costs = add_up([*costs.items(), *(((meter, last.key), cost) for meter, cost in ended.items())])
    fresh = ended if now() - last.end < OPEN else {}
    return costs, add_up([*((row.meter, _units([row.waiting])) for row in rows), *fresh.items()])


def list_lines(known: Known, meters: Mapping[str, str]) -> list[Line]:
    """Every meter and month since the subscription began, and behind several months what they add up to; ``meters`` are Stripe's
    ids by our names."""
    return [line for meter in known.written for line in _lines_of(known, meter, meters.get(meter))]


def _lines_of(known: Known, meter: str, meter_id: str | None) -> Iterator[Line]:
    told = {row.month: row.told for row in known.written[meter] if row.told}
    there = _by_month(_there(known, meter, meter_id, value_grouping_window="day"))
    counted = {month: cost for (name, month), cost in known.costs.items() if name == meter}
    months = sorted({*told, *there, *counted})
    rows = [
        (counted.get(month, NOTHING), _units([told.get(month, 0)]), _units([there.get(month, 0)])) for month in months
    ]
    if len(months) > 1:
        yield from (Line(meter, month, *row) for month, row in zip(months, rows, strict=True))
    if months:
        at_stripe = sum((row[2] for row in rows), NOTHING)
        off = known.off(meter, at_stripe, late=known.late(meter))
        yield Line(
            meter, months[0] if len(months) == 1 else None, known.counted(meter), known.told(meter), at_stripe, off
        )


def _units(amounts: Iterable[int]) -> Decimal:
    return Decimal(sum(amounts)) / MILLION


def _by_month(amounts: Iterable[tuple[datetime, int]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for at, amount in amounts:
        month = period_of(at).key
        found[month] = found.get(month, 0) + amount
    return found


def _there(known: Known, meter: str, meter_id: str | None, **grouped: str) -> list[tuple[datetime, int]]:
    """What Stripe has counted under the subscription, in all or ``grouped``: of its first day without what an earlier one was
    told. Nothing where it was told nothing."""
    since, rows = known.charging.since, known.written[meter]
    if not rows or meter_id is None:
        return []
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(now(), *(row.until for row in rows)) + timedelta(days=1)
    span = {"start_time": int(first.timestamp()), "end_time": int(last.timestamp()) // DAY * DAY}
    found = gateway.list_meter_sums(meter_id, {"customer": known.customer, **span, **grouped})
    sums = [(datetime.fromtimestamp(one["start_time"], UTC), round(one["aggregated_value"])) for one in found]
    return sums + [(first, -row.earlier) for row in rows if row.earlier]


def find_faults(known: Known, meters: Mapping[str, str], *, wait: Callable[[], None] = lambda: None) -> list[str]:
    """What does not agree, in words: counters with events, what was told with what was counted, Stripe with what it was told, and
    what waits for too long. ``wait`` is called before Stripe is asked, once for each meter that it was told of lately."""
    faults = [_counter_fault(known, meter) or _told_fault(known, meter) for meter in known.written]
    for meter, rows in known.written.items():
        if any(row.last and now() - row.last < RECENT for row in rows):
            if meter in meters:
                wait()
            faults.append(_stripe_fault(known, meter, meters.get(meter)))
    late = {report.meter for report in known.waiting if now() - report.created_at > OVERDUE}
    return [fault for fault in faults if fault] + [f"{meter}: use has waited for a day to be sent" for meter in late]


def _counter_fault(known: Known, meter: str) -> str:
    events, counter = known.events.get(meter, NOTHING), known.counters.get(meter, NOTHING)
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
    return any(known.off(meter, known.told(meter)) < 0 for meter in known.written)


def _stripe_fault(known: Known, meter: str, meter_id: str | None) -> str:
    told, there = known.told(meter), _units(amount for _, amount in _there(known, meter, meter_id))
    if not _outside(there, told - known.late(meter), told):
        return ""
    amounts = (_told(one, known) for one in (told, there))
    return "{}: Stripe was told {}, and counted {}".format(meter, *amounts)


def _told(amount: Decimal, known: Known) -> str:
    return money(amount, currency=known.subscription.currency, exact=True)
