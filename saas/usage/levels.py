"""How far limits are used up right now, for what every page or the home shows: one statement, and one for each count."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind, Meter
from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import runtime
from saas.tenancy.entitlements import entitlements
from saas.usage.periods import STANDING, period_of

_USED = text("SELECT meter, used FROM usage_totals WHERE meter = ANY(:meters) AND period IN (:period, :standing)")


@dataclass(frozen=True, slots=True)
class Level:
    """How much of a meter is used, in its unit, and what bounds it: the limit, else what is included; None when neither does."""

    meter: str
    about: Meter
    used: Decimal
    limit: int | None
    included: int

    @property
    def bound(self) -> int | None:
        """What use is measured against."""
        return self.limit if self.limit is not None else self.included or None

    @property
    def share(self) -> float:
        """How much of the bound is used, 1 is all of it; 0 without one."""
        return float(self.used / self.bound) if self.bound else 0.0


def get_levels(meters: Collection[str]) -> list[Level]:
    """Meters of the catalogue as they stand in the present period, in the order asked for."""
    known = {name: catalogue().meters[name] for name in meters if name in catalogue().meters}
    counted = {name: _count(name) for name, meter in known.items() if meter.kind is Kind.COUNT}
    counted |= _used([name for name in known if name not in counted])
    granted = entitlements()
    return [
        Level(name, meter, counted.get(name, Decimal(0)), granted.limit(name), granted.included(name))
        for name, meter in known.items()
    ]


def _count(meter: str) -> Decimal:
    count = runtime().registry.standing.get(meter)
    return Decimal(count() if count else 0)


def _used(meters: list[str]) -> dict[str, Decimal]:
    if not meters:
        return {}
    asked = {"meters": meters, "period": period_of(now()).key, "standing": STANDING}
    return {row.meter: row.used for row in db.session.execute(_USED, asked)}
