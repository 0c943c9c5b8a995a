"""A month of use as a whole: what began with it, what stands, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text

from saas.catalogue.terms import Kind
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.entitlements import entitlements
from saas.usage.periods import STANDING, Period, period_at, period_of
from saas.usage.queries import Figure, get_figures

MOST_MONTHS = 36
EARLY = 0.05
"""How much of a period must be over before its pace says something."""
_MONTHS = text("SELECT DISTINCT period FROM usage_totals WHERE period <> :standing ORDER BY period DESC LIMIT :most")


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a period: ``metered`` is used up in it, ``standing`` goes on, ``locked`` is not in the plan."""

    period: Period
    metered: Sequence[Figure]
    standing: Sequence[Figure]
    locked: Sequence[Figure]

    @property
    def is_present(self) -> bool:
        """Whether the period is not over yet."""
        return self.period.end > now()

    @property
    def cost(self) -> Decimal:
        """What use has cost so far."""
        return sum((figure.cost for figure in self._all), Decimal(0))

    @property
    def forecast_cost(self) -> Decimal:
        """What use will have cost at the end, at the present pace."""
        return sum((figure.forecast_cost for figure in self._all), Decimal(0))

    @property
    def stored_cost(self) -> Decimal:
        """What of the cost is for storage, which time is charged for."""
        return sum((figure.cost for figure in self.standing), Decimal(0))

    @property
    def is_charged(self) -> bool:
        """Whether anything in it costs or could cost something."""
        return any(figure.cost or entitlements().rating(figure.meter).ways for figure in self._all)

    @property
    def _all(self) -> list[Figure]:
        return [*self.metered, *self.standing]

    def runs_out(self, figure: Figure) -> datetime | None:
        """When a limit is reached at the present pace, if that is before the period ends."""
        share = self.period.share(now())
        if (
            not self.is_present
            or figure.limit is None
            or share < EARLY
            or not figure.used < figure.limit < figure.forecast
        ):
            return None
        return self.period.start + (now() - self.period.start) * float(figure.limit / figure.used)


def get_overview(period: Period) -> Overview:
    """A period's figures. Of one that is over, what stands is told where it was charged for."""
    figures, present = get_figures(period), period.end > now()
    locked = [figure for figure in figures if figure.limit == 0 and not figure.used and not figure.cost]
    shown = [figure for figure in figures if figure not in locked]
    return Overview(
        period,
        [figure for figure in shown if not figure.standing],
        [figure for figure in shown if figure.standing and (present or figure.about.kind is Kind.STORAGE)],
        locked if present else [],
    )


def list_months() -> list[Period]:
    """The periods of which there is something to see, the present one first."""
    present = period_of(now())
    found = db.session.scalars(_MONTHS, {"standing": STANDING, "most": MOST_MONTHS})
    return [present, *(period_at(key) for key in found if key < present.key)]
