"""What use will add to the next invoice at the present pace; in the tenant's scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from saas.billing.models import Subscription
from saas.billing.queries.use import get_charging, part_of_month
from saas.catalogue.pricing import charge
from saas.catalogue.terms import Kind, Rating
from saas.core.clock import now
from saas.tenancy.entitlements import entitlements
from saas.usage.overview import EARLY
from saas.usage.periods import Period, period_of
from saas.usage.queries import Figure, get_figures


@dataclass(frozen=True, slots=True)
class Pace:
    """The figures of the present month that cost something, with their prices, as of the moment ``at``; ``part`` is how much of the
    month is charged, 0 to 1: not all of it where the subscription began in it, or its trial ended."""

    at: datetime
    figures: Sequence[tuple[Figure, Rating]]
    part: Decimal

    def cost_until(self, moment: datetime) -> Decimal:
        """What is charged for use by a moment, beyond what was used by now. Each month begins with what the plan includes; storage
        and maxima are charged when a month is over. Nothing as long as the month is too young to have a pace."""
        present = period_of(self.at)
        if present.share(self.at) < EARLY:
            return Decimal(0)
        return sum(
            (
                self._cost(figure, rating, month, month.share(moment), present=month == present)
                for month in _months(present, moment)
                for figure, rating in self.figures
            ),
            Decimal(0),
        )

    def _cost(self, figure: Figure, rating: Rating, month: Period, share: float, *, present: bool) -> Decimal:
        if figure.about.kind is not Kind.SUM:
            return figure.cost * (self.part if present else 1) if share == 1 else Decimal(0)
        grown = Decimal(share) / Decimal(period_of(self.at).share(self.at))
        cost = figure.cost * grown if rating.prices else charge(rating, figure.used * grown, included=figure.included)
        return max(Decimal(0), cost - figure.cost) if present else cost


def _months(month: Period, until: datetime) -> Iterator[Period]:
    while month.start < until:
        yield month
        month = period_of(month.end)


def get_pace(subscription: Subscription) -> Pace:
    """The pace of the organisation in scope."""
    at, granted = now(), entitlements()
    figures = [(figure, granted.rating(figure.meter)) for figure in get_figures()]
    priced = [(figure, rating) for figure, rating in figures if rating.is_priced]
    return Pace(at, priced, part_of_month(period_of(at), get_charging(subscription).since))
