"""What use costs under a subscription, and what of it Stripe was told; in the tenant's scope. Costs are exact, in the plan's
currency; what was told is in millionths of the currency's unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import func, select, text

from saas.billing.models import Subscription, UsageReport
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.clock import now
from saas.core.database import db
from saas.core.ids import id_at
from saas.tenancy.standing import get_standing
from saas.usage.kept import kept_since
from saas.usage.periods import STANDING, Period, period_at, period_of
from saas.usage.queries import get_figures

_Key = TypeVar("_Key")
CHARGED = "billing_use"
"""The key in an organisation's config that holds from when on its use is charged."""
_COSTS = text("SELECT meter, period, sum(cost) FROM usage_totals WHERE period >= :first AND cost != 0 GROUP BY 1, 2")
_BEFORE = text(
    "SELECT meter, sum(cost) FROM usage_events"
    " WHERE meter IN (SELECT meter FROM usage_totals WHERE cost != 0) AND at >= :first AND at < :since GROUP BY meter"
)
_EVENTS = text(
    "SELECT meter, sum(cost) FROM usage_events"
    " WHERE meter IN (SELECT meter FROM usage_totals WHERE cost != 0) AND at >= :since GROUP BY meter"
)
_NEW = text(
    "SELECT meter, sum(cost) FROM usage_events"
    " WHERE id >= :first AND at >= :since AND meter IN (SELECT meter FROM usage_totals WHERE cost != 0) GROUP BY meter"
)
_WRITTEN = text(
    "SELECT meter, date_trunc('month', at, 'UTC')::date AS month,"
    " coalesce(sum(amount) FILTER (WHERE created_at >= :since AND sent_at IS NOT NULL), 0)::bigint AS told,"
    " coalesce(sum(amount) FILTER (WHERE created_at >= :since AND sent_at IS NULL), 0)::bigint AS waiting,"
    " coalesce(sum(amount) FILTER (WHERE sent_at > :late), 0)::bigint AS late,"
    " coalesce(sum(amount) FILTER (WHERE created_at < :since AND sent_at IS NOT NULL), 0)::bigint AS earlier,"
    " max(at) AS until, max(sent_at) AS last"
    " FROM usage_reports WHERE created_at >= :since OR at >= date_trunc('day', CAST(:since AS timestamptz), 'UTC')"
    " GROUP BY 1, 2 ORDER BY 1, 2"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written down of a meter under a subscription, in a month, in millionths: what Stripe was ``told``, what is
    ``waiting``, and what was told so late that it may not have counted it. ``earlier`` is what it was told on the subscription's
    first day under the one before. ``until`` is the last moment it stands for, ``last`` when Stripe was told."""

    meter: str
    month: date
    told: int
    waiting: int
    late: int
    earlier: int
    until: datetime
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Charging:
    """From when on use is charged under a subscription: from its beginning, or from the end of its trial. ``before`` is what the
    month in which that lies had cost by then, by meter; ``closed`` is the last month whose storage and maxima were charged."""

    subscription: str
    since: datetime
    before: Mapping[str, Decimal] = field(default_factory=dict)
    closed: date = STANDING

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Charging":
        """As it is kept."""
        before = {meter: Decimal(cost) for meter, cost in stored["before"].items()}
        since, closed = datetime.fromisoformat(stored["since"]), date.fromisoformat(stored["closed"])
        return cls(stored["subscription"], since, before, closed)

    def stored(self) -> dict[str, Any]:
        """What is kept of it, as JSON."""
        before = {meter: str(cost) for meter, cost in self.before.items()}
        return {
            "subscription": self.subscription,
            "since": self.since.isoformat(),
            "before": before,
            "closed": self.closed.isoformat(),
        }

    @property
    def first(self) -> Period:
        """The month in which it begins."""
        return period_of(self.since)


def get_charging(subscription: Subscription) -> Charging:
    """From when on the use under a subscription is charged; as it was seen first, whatever clocks say later."""
    stored = get_standing().config.get(CHARGED)
    if stored and stored["subscription"] == subscription.id:
        return Charging.read(stored)
    since = min(subscription.trial_ends_at or subscription.created_at, now())
    return Charging(subscription.id, since, closed=period_of(since).before().key)


def charged_sums(charging: Charging) -> tuple[dict[str, Decimal], Mapping[str, Decimal]]:
    """What is to be charged in all for what adds up in a month, by meter: what the counters say, without what came before; and what
    came before, as it is known by now."""
    months, before = _charged_months(charging)
    return add_up((meter, cost) for (meter, _), cost in months.items()), before


def charged_months(charging: Charging) -> dict[tuple[str, date], Decimal]:
    """The same by meter and month, of what adds up."""
    return _charged_months(charging)[0]


def _charged_months(charging: Charging) -> tuple[dict[tuple[str, date], Decimal], Mapping[str, Decimal]]:
    rows = db.session.execute(_COSTS, {"first": charging.first.key}).all()
    before = _before(charging)  # after the counters: what comes in between is charged an hour later, never too early
    costs = [((meter, month), cost) for meter, month, cost in rows]
    costs += [((meter, charging.first.key), -cost) for meter, cost in before.items()]
    return add_up(one for one in costs if not is_weighed(one[0][0])), before


def add_up(costs: Iterable[tuple[_Key, Decimal]]) -> dict[_Key, Decimal]:
    """The sums of costs by what they are for, without those of nothing."""
    found: dict[_Key, Decimal] = {}
    for key, cost in costs:
        found[key] = found.get(key, Decimal(0)) + cost
    return {key: cost for key, cost in found.items() if cost}


def _before(charging: Charging) -> Mapping[str, Decimal]:
    """What the month in which charging began had cost by then: of events as long as they are kept, then as it was kept of them."""
    if charging.first.start < kept_since():
        return charging.before
    asked = {"first": charging.first.start, "since": charging.since}
    return {meter: cost for meter, cost in db.session.execute(_BEFORE, asked) if cost}


def charged_at_end(charging: Charging) -> tuple[dict[str, Decimal], date]:
    """What storage and maxima cost in the months that have ended since the last time, and the last of those months. The month in
    which charging began counts by its part."""
    costs: dict[str, Decimal] = {}
    closed = charging.closed
    while (month := period_of(period_at(closed).end)).end <= now():
        for meter, cost in _weighed(month).items():
            costs[meter] = costs.get(meter, Decimal(0)) + cost * part_of_month(month, charging.since)
        closed = month.key
    return {meter: cost for meter, cost in costs.items() if cost}, closed


def _weighed(month: Period) -> dict[str, Decimal]:
    kinds = (Kind.STORAGE, Kind.MAXIMUM)
    return {figure.meter: figure.cost for figure in get_figures(month) if figure.about.kind in kinds}


def part_of_month(month: Period, since: datetime) -> Decimal:
    """How much of a month lies behind a moment, 0 to 1."""
    left = min(month.end - since, month.end - month.start)
    return Decimal(left // timedelta(microseconds=1)) / Decimal((month.end - month.start) // timedelta(microseconds=1))


def costs_by_events(since: datetime) -> dict[str, Decimal]:
    """What adds up since a moment, by meter, worked out from the single events alone."""
    rows = db.session.execute(_EVENTS, {"since": since})
    return {meter: cost for meter, cost in rows if cost and not is_weighed(meter)}


def new_costs(charging: Charging, since: datetime) -> dict[str, Decimal]:
    """What of the charges for what adds up became known since a moment, by meter."""
    rows = db.session.execute(_NEW, {"first": id_at(since), "since": charging.since})
    return {meter: cost for meter, cost in rows if not is_weighed(meter)}


def is_weighed(meter: str) -> bool:
    """Whether a meter is charged when its month is over."""
    known = catalogue().meters.get(meter)
    return known is not None and known.kind in (Kind.STORAGE, Kind.MAXIMUM)


def reported_since(since: datetime) -> dict[str, int]:
    """What was written down for Stripe since a moment, by meter, sent or not."""
    query = select(UsageReport.meter, func.sum(UsageReport.amount)).where(UsageReport.created_at >= since)
    return {meter: int(amount) for meter, amount in db.session.execute(query.group_by(UsageReport.meter))}


def list_written(charging: Charging, late: datetime) -> list[Written]:
    """What was written down under a subscription, by meter and month; what was told after ``late`` may not be counted yet."""
    return [Written(*row) for row in db.session.execute(_WRITTEN, {"since": charging.since, "late": late})]


def list_waiting() -> Sequence[UsageReport]:
    """What Stripe has not been told as far as we know, oldest first."""
    return db.session.scalars(select(UsageReport).where(UsageReport.sent_at.is_(None)).order_by(UsageReport.id)).all()


def list_sent(meter: str) -> Sequence[UsageReport]:
    """What Stripe was told of a meter, ever."""
    query = select(UsageReport).where(UsageReport.meter == meter, UsageReport.sent_at.is_not(None))
    return db.session.scalars(query.order_by(UsageReport.id)).all()
