"""Reads about usage, in the tenant's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from saas.catalogue.current import catalogue
from saas.catalogue.pricing import charge
from saas.catalogue.terms import Kind, Meter
from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import runtime
from saas.tenancy.entitlements import Entitlements, entitlements
from saas.tenancy.limits import plans_with_limit
from saas.tenancy.standing import get_standing
from saas.usage.budget import get_budget
from saas.usage.periods import STANDING, Period, period_of

ALERTS, ROLLED_UP = "usage_alerts", "usage_rolled_up_at"
"""Keys in an organisation's config: levels of which its people were told, and when its usage was last rolled up."""
_TOTALS = text("SELECT meter, period, used, cost, events FROM usage_totals WHERE period IN (:period, :standing)")
_STORED = text(
    "SELECT meter, coalesce(sum(quantity) FILTER (WHERE at >= :start), 0),"
    " coalesce(sum(quantity * extract(epoch FROM (:end - greatest(at, :start))) / extract(epoch FROM (:end - CAST(:start AS"
    " timestamptz)))) FILTER (WHERE at >= :start AND at < :end), 0),"
    " coalesce(sum(quantity) FILTER (WHERE at >= :end), 0)"
    " FROM usage_events WHERE meter = ANY(:meters) AND at >= :start GROUP BY meter"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """How one meter stands in a period: amounts in its unit, costs in the plan's currency, exact.

    ``used`` is what counts against ``limit`` (None: unlimited) and ``included``; ``charged`` is what is paid for, which differs
    for storage: there it is the average over the whole period if nothing changes any more. ``forecast`` is what ``used`` will
    be at the end of the period at the present pace; for what stands, what it is now.
    """

    meter: str
    about: Meter
    used: Decimal
    limit: int | None
    included: int
    charged: Decimal
    cost: Decimal
    forecast: Decimal
    forecast_cost: Decimal

    @property
    def standing(self) -> bool:
        """Whether it does not begin anew with each period."""
        return self.about.is_standing

    @property
    def bound(self) -> int | None:
        """What use is measured against: the limit, else what is included; None when neither bounds it."""
        return self.limit if self.limit is not None else self.included or None

    @property
    def share(self) -> float | None:
        """How much of the bound is used, 1 is all of it; None without one."""
        if self.bound is None:
            return None
        return float(self.used / self.bound) if self.bound else (1.0 if self.used else 0.0)

    @property
    def left(self) -> Decimal | None:
        """How much more the limit allows; None when it is unlimited."""
        return None if self.limit is None else max(Decimal(0), self.limit - self.used)

    @property
    def expected(self) -> Decimal:
        """The forecast in whole units, as no forecast is finer; as it is where it is small."""
        return Decimal(round(self.forecast)) if self.forecast >= 10 else self.forecast

    @property
    def beyond(self) -> Decimal:
        """How much is charged beyond what is included."""
        return max(Decimal(0), self.charged - self.included)


def get_figures(period: Period | None = None) -> list[Figure]:
    """Every meter of the plan's catalogue in a period (the present one), in the order of the catalogue; few statements.

    Of a month that is over, what stood is told as it was at its end; what only rows tell (people, teams) is left out.
    """
    period = period or period_of(now())
    granted, totals, stored = entitlements(), _totals(period), _stored(period)
    over = period.end <= now()
    meters = {name: meter for name, meter in catalogue().meters.items() if not (over and meter.kind is Kind.COUNT)}
    return [_figure(name, meter, granted, period, totals, stored) for name, meter in meters.items()]


def get_figure(meter: str) -> Figure:
    """One meter of the catalogue in the present period."""
    period = period_of(now())
    return _figure(meter, catalogue().meters[meter], entitlements(), period, _totals(period), _stored(period))


def _totals(period: Period) -> Mapping[str, Any]:
    rows = db.session.execute(_TOTALS, {"period": period.key, "standing": STANDING})
    return {row.meter: row for row in rows}


def _stored(period: Period) -> Mapping[str, Any]:
    """For meters of storage, from the start of the period on: what changed, that weighed by the time left, what changed after."""
    meters = [name for name, meter in catalogue().meters.items() if meter.kind is Kind.STORAGE]
    if not meters:
        return {}
    rows = db.session.execute(_STORED, {"meters": meters, "start": period.start, "end": period.end})
    return {row[0]: row[1:] for row in rows}


def _figure(
    name: str, meter: Meter, granted: Entitlements, period: Period, totals: Mapping[str, Any], stored: Mapping[str, Any]
) -> Figure:
    row = totals.get(name)
    used, cost = (row.used, row.cost) if row else (Decimal(0), Decimal(0))
    if meter.kind is Kind.COUNT:
        count = runtime().registry.standing.get(name)
        used = Decimal(count() if count else 0)
    charged, changes = used, stored.get(name)
    if meter.kind is Kind.STORAGE and changes is not None:
        charged, used = _average(used, changes), used - changes[2]
    rating, included = granted.rating(name), granted.included(name)
    if meter.kind in (Kind.STORAGE, Kind.MAXIMUM) and not rating.prices:
        cost = charge(rating, charged, included=included)
    forecast = _forecast(meter, used, period)
    grown = forecast if meter.kind is Kind.SUM else charged
    priced = cost if rating.prices else charge(rating, grown, included=included)
    if rating.prices:
        priced = cost * forecast / used if used else cost
    return Figure(name, meter, used, granted.limit(name), included, charged, cost, forecast, priced)


def _average(level: Decimal, changes: Sequence[Any]) -> Decimal:
    """What stood on average: the level at the start of the period, and each change weighed by the time it was there."""
    since_start, weighed, _after = changes
    return Decimal(level - since_start + weighed)


def _forecast(meter: Meter, used: Decimal, period: Period) -> Decimal:
    share = Decimal(period.share(now()))
    if meter.kind is not Kind.SUM or not share:
        return used
    return used / share


def spent_in(period: Period) -> Decimal:
    """What the use of a period costs so far, beyond what is included: sums as they were charged, storage and maxima as they
    stand (storage for the whole month, if nothing changes any more). The one answer for budgets, mails and pages."""
    totals = _totals(period)
    charged = sum((row.cost for row in totals.values() if row.period == period.key), Decimal(0))
    granted, meters = entitlements(), catalogue().meters
    others = [name for name, meter in meters.items() if meter.kind in (Kind.STORAGE, Kind.MAXIMUM) and name in totals]
    priced = [name for name in others if granted.rating(name).is_priced]
    stored = _stored(period) if priced else {}
    figures = (_figure(name, meters[name], granted, period, totals, stored) for name in priced)
    return charged + sum((figure.cost for figure in figures), Decimal(0))


def rolled_up_at() -> datetime | None:
    """When the usage of the tenant in scope was last rolled up (UTC); None if it never was."""
    stored = get_standing().config.get(ROLLED_UP)
    return datetime.fromisoformat(stored) if stored else None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether so much more could be used now: the answer to whoever asks before."""

    allowed: bool
    meter: str
    limit: int | None
    usage: Decimal
    remaining: Decimal | None
    resets_at: datetime | None
    plans: Sequence[str]


def _is_stopped(figure: Figure, quantity: Decimal | int) -> bool:
    """Whether the organisation's own budget refuses what this would cost."""
    budget, rating = get_budget(), entitlements().rating(figure.meter)
    if not budget.stop or budget.amount is None or not rating.is_priced:
        return False
    if not rating.prices and not charge(rating, figure.charged + quantity, included=figure.included):
        return False
    return spent_in(period_of(now())) >= budget.amount


def check_limit(meter: str, quantity: Decimal | int = 1) -> Answer:
    """Whether so much more of a meter of the catalogue fits into the plan; raises LookupError for an unknown one."""
    figure = get_figure(meter)
    allowed = (figure.left is None or quantity <= figure.left) and not _is_stopped(figure, quantity)
    plans = [] if allowed else plans_with_limit(meter, figure.used + quantity)
    ends = None if figure.standing else period_of(now()).end
    return Answer(allowed, meter, figure.limit, figure.used, figure.left, ends, plans)
