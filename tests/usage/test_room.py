"""Asking for room before work begins."""

from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.operations.budgets import BudgetSpent, set_budget
from saas.usage.periods import period_of
from saas.usage.room import require_budget, require_room
from tests.usage.conftest import total_of, use


def test_there_is_room_up_to_the_limit_and_nothing_is_reserved(on_plan):
    free = on_plan("free")
    use(free, "images", 3)
    with tenant_scope(free):
        require_room("images", 2)
        with pytest.raises(LimitReached, match="3 images are in use") as refused:
            require_room("images", 3)
    assert refused.value.resets_at == period_of(now()).end
    assert total_of(free, "images").used == 3


def test_without_a_limit_and_of_what_is_not_sold_there_is_always_room(on_plan):
    with tenant_scope(on_plan("pro")):
        require_room("images", 10**6)
        require_room("bandwidth", 10**6)


def test_a_spent_budget_refuses_only_what_would_cost(on_plan):
    pro = on_plan("pro")  # 10 images are included
    with tenant_scope(pro):
        require_budget("images")
    with tenant_work(pro):
        set_budget(Decimal("0"), stop=True, actor=SYSTEM)
    with tenant_scope(pro):
        require_budget("images", "workflow_runs", "bandwidth")
        with pytest.raises(BudgetSpent):
            require_budget("ai_tokens")
    use(pro, "images", 10)
    with tenant_scope(pro), pytest.raises(BudgetSpent):
        require_budget("images")
    with tenant_work(pro):
        set_budget(Decimal("0.01"), stop=True, actor=SYSTEM)
        require_budget("images")
