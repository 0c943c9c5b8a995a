"""Warnings at 80 and 100 percent, once a month; the budget with its own levels and, if wanted, its stop."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.tenancy.standing import get_standing
from saas.usage.operations.budgets import BudgetSpent, set_budget
from saas.usage.operations.consuming import consume
from saas.usage.operations.telling import tell_of_all
from saas.usage.periods import period_of
from saas.usage.queries import ALERTS, check_limit, get_figure, get_figures, spent_in
from tests.cast import Organisation
from tests.usage.conftest import total_of, use


def subjects(mailbox, organisation: Organisation) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages(organisation.email("Alice"))]


def alerts(organisation: Organisation) -> dict[str, int]:
    with tenant_scope(organisation):
        return {name: one["level"] for name, one in get_standing().config.get(ALERTS, {}).items()}


class TestLimits:
    def test_people_hear_of_eighty_and_of_a_hundred_percent_once_each(self, on_plan, mailbox):
        free = on_plan("free")
        use(free, "images", 3)
        assert subjects(mailbox, free) == []
        use(free, "images", 1)
        assert subjects(mailbox, free) == ["Images: 80 % used"]
        use(free, "images", 1)
        assert subjects(mailbox, free)[1:] == ["Images: used up"]
        assert alerts(free) == {"images": 100}
        with tenant_work(free):
            tell_of_all()
        assert [one for one in subjects(mailbox, free) if "Images" in one][2:] == []

    def test_only_those_who_may_see_costs_are_told(self, on_plan, mailbox):
        free = on_plan("free")
        use(free, "images", 5)
        told = {one["To"] for one in mailbox.messages() if "acme-" in one["To"]}
        assert told == {free.email("Alice"), free.email("Adam")}

    def test_what_is_included_counts_where_there_is_no_limit(self, on_plan, mailbox):
        pro = on_plan("pro")
        use(pro, "images", 8)
        assert subjects(mailbox, pro) == ["Images: 80 % used"]

    def test_of_things_that_stand_people_hear_by_the_hourly_look_until_there_are_fewer(self, on_plan, mailbox, saas):
        pro = on_plan("pro")
        saas("tenants", "limit", pro.slug, "users", "5")
        with tenant_work(pro):
            assert (tell_of_all(), tell_of_all()) == (1, 0)
        assert alerts(pro) == {"users": 80}
        saas("tenants", "limit", pro.slug, "users", "50")
        with tenant_work(pro):
            tell_of_all()
        assert alerts(pro) == {}


class TestBudgets:
    def test_people_hear_at_each_level(self, on_plan, mailbox):
        pro = on_plan("pro")
        with tenant_work(pro):
            assert set_budget(Decimal("1.00"), stop=False, actor=SYSTEM)
        use(pro, "images", 20)
        use(pro, "images", 10)
        use(pro, "images", 5)
        assert [one for one in subjects(mailbox, pro) if "budget" in one] == [
            "Monthly budget: 50 % used",
            "Monthly budget: used up",
        ]

    def test_one_that_stops_is_never_passed_and_one_that_does_not_lets_use_go_on(self, on_plan):
        pro = on_plan("pro")
        with tenant_work(pro):
            set_budget(Decimal("1.00"), stop=True, actor=SYSTEM)
        use(pro, "images", 30)
        with pytest.raises(BudgetSpent, match=r"budget of €1\.00 for this month is spent"):
            use(pro, "images", 1)
        use(pro, "workflow_runs", 1)
        with tenant_work(pro):
            set_budget(Decimal("1.00"), stop=False, actor=SYSTEM)
        assert use(pro, "images", 1).used == 31

    def test_what_is_stored_counts_as_for_the_whole_month(self, on_plan):
        pro = on_plan("pro")
        with tenant_work(pro):
            set_budget(Decimal("0.15"), stop=True, actor=SYSTEM)
        start = period_of(now()).start
        use(pro, "storage", 6, at=start)
        with pytest.raises(BudgetSpent):
            use(pro, "storage", 2, at=start)
        with pytest.raises(BudgetSpent):
            use(pro, "images", 12)
        with tenant_scope(pro):
            assert spent_in(period_of(now())) == Decimal("0.10")
            assert check_limit("images", 12).allowed

    def test_one_that_is_spent_when_it_is_set_is_told_of_at_once(self, on_plan, mailbox):
        pro = on_plan("pro")
        use(pro, "images", 30)
        with tenant_work(pro):
            set_budget(Decimal("0.50"), stop=True, actor=SYSTEM)
        assert "Monthly budget: used up" in subjects(mailbox, pro)
        with tenant_scope(pro):
            assert not check_limit("images").allowed

    def test_two_that_use_several_meters_never_wait_for_each_other(self, acme):
        with tenant_work(acme):
            set_budget(Decimal("50.00"), stop=True, actor=SYSTEM)

        def turn(number: int) -> None:
            with tenant_work(acme):
                for meter in (("ai_tokens", "images"), ("images", "ai_tokens"))[number % 2]:
                    consume(meter, actor=SYSTEM, dimension="deep" if meter == "ai_tokens" else "")

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(turn, range(24)))
        assert total_of(acme, "images").used == 24

    def test_of_many_at_once_none_passes_it(self, on_plan):
        pro = on_plan("pro")
        with tenant_work(pro):
            set_budget(Decimal("0.20"), stop=True, actor=SYSTEM)
        use(pro, "images", 10)

        def attempt(_number: int) -> bool:
            try:
                use(pro, "images", 1)
            except BudgetSpent:
                return False
            return True

        with ThreadPoolExecutor(6) as threads:
            assert sum(threads.map(attempt, range(12))) == 4

    @pytest.mark.parametrize("amount", [Decimal("-1"), Decimal("NaN"), Decimal("1.001"), Decimal("1e15")])
    def test_what_is_no_sum_is_refused(self, acme, amount):
        with tenant_work(acme), pytest.raises(Invalid, match=r"sum such as 250\.00"):
            set_budget(amount, stop=False, actor=SYSTEM)


def test_storage_is_charged_by_the_time_it_stood(on_plan):
    """Five GB are included; six for all of last month cost 0.10, two more for half of it another 0.10."""
    pro, before = on_plan("pro"), period_of(now()).before()
    use(pro, "storage", 6, at=before.before().start)
    with tenant_scope(pro):
        assert (get_figure("storage").used, get_figure("storage").cost) == (6, Decimal("0.10"))
    use(pro, "storage", 2, at=before.start + (before.end - before.start) / 2)
    with tenant_scope(pro):
        last, present = (next(f for f in get_figures(one) if f.meter == "storage") for one in (before, None))
    assert (last.charged, last.cost) == (7, Decimal("0.20"))
    assert (present.charged, present.cost) == (8, Decimal("0.30"))


def test_a_limit_that_is_lowered_takes_nothing_away(on_plan, saas):
    pro = on_plan("pro")
    use(pro, "images", 9)
    saas("tenants", "limit", pro.slug, "images", "5")
    with pytest.raises(LimitReached, match="9 images are in use"):
        use(pro, "images", 1)
    assert "9 images (over the limit)" in saas("usage", "show", pro.slug).output
