"""Keeping to a budget, and changing it."""

from decimal import Decimal

from saas.catalogue.terms import LARGEST
from saas.catalogue.words import money
from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.tenancy.config import keep
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import lock_meter
from saas.usage.budget import CONFIG, THRESHOLDS, Budget, get_budget
from saas.usage.module import BUDGET, BUDGET_CHANGED
from saas.usage.operations.warning import ask_to_warn, level_of
from saas.usage.periods import Period, period_of
from saas.usage.queries import spent_in

BUDGET_METER = "*budget"
"""Stands for the budget where meters stand; no meter can be called so."""


class BudgetSpent(Conflict):
    """The organisation's own budget for this month is spent, and it wanted use that costs to stop there."""

    status, kind = 402, "budget_spent"

    def __init__(self, amount: Decimal, spent: Decimal, period: Period) -> None:
        self.amount, self.spent, self.resets_at = amount, spent, period.end
        told = money(amount, currency=entitlements().terms.currency)
        super().__init__(f"The budget of {told} for this month is spent. Your admins can raise it.")


def queue_for_budget() -> None:
    """With a budget that stops, let those who record use at the same time wait for each other, so that it is never passed.

    Before any total is touched: a lock that everybody takes first never closes a circle.
    """
    if get_budget().stop:
        lock_meter(BUDGET_METER)


def spend(cost: Decimal, period: Period, *, beyond: bool = False) -> None:
    """Count a cost, which the present transaction has recorded, against the budget. Raises BudgetSpent, unless the use may go
    ``beyond`` it."""
    budget = get_budget()
    if budget.amount is None:
        return
    spent = spent_in(period)
    if budget.stop and spent > budget.amount and not beyond:
        raise BudgetSpent(budget.amount, spent - cost, period)
    level = level_of(spent, budget.amount, THRESHOLDS)
    if level > level_of(spent - cost, budget.amount, THRESHOLDS):
        ask_to_warn(BUDGET_METER, level)


def set_budget(amount: Decimal | None, *, stop: bool, actor: Actor) -> bool:
    """Set the organisation's budget (None: no budget); False when it is so already. Raises Invalid, NotAllowed."""
    actor.require(BUDGET)
    if amount is not None and not (amount.is_finite() and 0 <= amount < LARGEST and amount == round(amount, 2)):
        raise Invalid("Give a sum such as 250.00.", field="amount")
    wanted, before = Budget(amount, stop and amount is not None), get_budget()
    changes = changes_of(before.stored(), wanted.stored())
    if not changes:
        return False
    keep({CONFIG: wanted.stored()})
    if level := level_of(spent_in(period_of(now())), amount, THRESHOLDS):
        ask_to_warn(BUDGET_METER, level)
    record(BUDGET_CHANGED, actor=actor, target=Target("budget", "month", "monthly budget"), changes=changes)
    return True
