"""Asking whether there is room for more, before work begins that will use it."""

from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.catalogue.pricing import charge
from saas.core.clock import now
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import LimitReached
from saas.usage.budget import get_budget
from saas.usage.operations.budgets import BudgetSpent
from saas.usage.periods import period_of
from saas.usage.queries import get_figure, spent_in


def require_room(meter: str, quantity: Decimal | int = 1) -> None:
    """Raise LimitReached when so much more would be beyond the limit now. Nothing is reserved: ``consume`` decides later.

    Of a meter that this deployment does not sell there is always room.
    """
    if meter not in catalogue().meters:
        return
    figure = get_figure(meter)
    if figure.limit is None or quantity <= figure.limit - figure.used:
        return
    ends = None if figure.standing else period_of(now()).end
    raise LimitReached(meter, limit=figure.limit, used=figure.used, wanted=quantity, resets_at=ends)


def require_budget(*meters: str) -> None:
    """Raise BudgetSpent when a budget that stops is spent and more of one of these meters would cost now.

    For work of which only its end tells what it used: that has happened then, and is recorded whatever the budget says.
    """
    budget, period = get_budget(), period_of(now())
    if not budget.stop or budget.amount is None or (spent := spent_in(period)) < budget.amount:
        return
    if any(_costs(meter) for meter in meters if meter in catalogue().meters):
        raise BudgetSpent(budget.amount, spent, period)


def _costs(meter: str) -> bool:
    """Whether one more of a meter costs."""
    granted, used = entitlements(), get_figure(meter).used
    rating, included = granted.rating(meter), granted.included(meter)
    if rating.prices:
        return True
    return charge(rating, used + 1, included=included) > charge(rating, used, included=included)
