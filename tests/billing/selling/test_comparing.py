"""What is counted here, what Stripe was told and what it has: a difference is told where there is one, and only there."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from click.testing import Result
from sqlalchemy import update

from saas.billing.operations.comparing import find_faults, is_untold, know, list_lines
from saas.billing.operations.reconciling import reconcile_use
from saas.billing.operations.sending import meter_ids
from saas.tenancy.scope import tenant_work
from saas.usage.models import UsageTotal
from tests.billing.selling.conftest import Shop, selling
from tests.billing.selling.test_use import began, present, report, tenant_of, use
from tests.cast import Organisation
from tests.support import statements_sent, work_off

Saas = Callable[..., Result]
PRICED = {
    "meters": {"peak": {"price": "0.10"}},
    "plans": {"pro": {"included": {"images": 10, "storage": 5, "peak": 5}}},
}


@pytest.fixture
def paying(shop: Shop, saas: Saas, acme: Organisation) -> Organisation:
    """Acme, which pays for the plan Pro each month: ten images are included, each further one costs 0.05 EUR."""
    assert saas("billing", "sync").exit_code == 0
    shop.subscribe(acme)
    return acme


def find_all(organisation: Organisation, *, thorough: bool = True) -> list[str]:
    known = know(tenant_of(organisation), thorough=thorough)
    assert known is not None
    return find_faults(known, meter_ids())


def faults(organisation: Organisation) -> list[str]:
    """What does not agree, and that the other two answers agree with it."""
    known, found = know(tenant_of(organisation)), find_all(organisation)
    assert known is not None
    assert is_untold(known) == any("was used, and Stripe was not told" in fault for fault in found)
    assert any(line.difference for line in list_lines(known, meter_ids())) == bool(found)
    return found


def test_a_clock_at_stripe_that_is_ahead_makes_no_difference(shop: Shop, paying: Organisation, saas: Saas) -> None:
    shop.advance(65)
    use(paying, "images", 30)
    report(paying)
    assert shop.counted("images") == 1_000_000
    assert faults(paying) == []
    assert saas("billing", "usage", paying.slug).exit_code == 0


@pytest.mark.parametrize("meter", ["storage", "peak"])
def test_a_plan_that_changes_makes_no_difference_of_a_month_that_is_over(
    shop: Shop, saas: Saas, acme: Organisation, meter: str
) -> None:
    month = present().before()
    with selling(PRICED):
        saas("billing", "sync")
        shop.subscribe(acme)
        began(acme, month.start)
        use(acme, meter, 25, at=month.start)
        report(acme)
        assert shop.counted(meter) == 2_000_000
        assert faults(acme) == []
        saas("plans", "give", acme.slug, "trial")
        assert faults(acme) == []
        assert saas("billing", "usage", acme.slug).exit_code == 0


def test_a_month_that_is_over_is_a_difference_until_it_is_written_down(shop: Shop, paying: Organisation) -> None:
    month = present().before()
    began(paying, month.start)
    use(paying, "storage", 25, at=month.start)
    report(paying)
    with time_machine.travel(present().end + timedelta(minutes=30)):
        assert faults(paying) == []
    with time_machine.travel(present().end + timedelta(hours=2)):
        untold = ["storage: €2.00 was used, and Stripe was not told of it"]
        assert faults(paying) == untold
        assert reconcile_use(tenant_of(paying), meter_ids()) == untold
        work_off()
        assert faults(paying) == []
    assert shop.counted("storage") == 4_000_000


@pytest.mark.parametrize("lost", ["none", "fresh", "old"])
def test_what_was_told_just_now_does_not_hide_what_was_lost(shop: Shop, paying: Organisation, lost: str) -> None:
    """Stripe may take its time to count; only what it should have by now is missed."""
    with time_machine.travel(present().end + timedelta(days=1)):
        use(paying, "images", 12)
        report(paying)
    events = shop.running.store.state["objects"]["billing.meter_event"]
    (old,) = events
    with time_machine.travel(present().end + timedelta(days=1, hours=2)):
        use(paying, "images", 1)
        report(paying)
        (fresh,) = set(events) - {old}
        if lost != "none":
            del events[{"fresh": fresh, "old": old}[lost]]
        missed = ["images: Stripe was told €0.15, and counted €0.05"] if lost == "old" else []
        assert faults(paying) == missed


@pytest.mark.parametrize("months", [0, 1, 2])
def test_at_night_the_events_of_two_months_are_added_up(shop: Shop, paying: Organisation, months: int) -> None:
    """Those of all months by hand. What is counted is told all the same."""
    month = present()
    for _ in range(months):
        month = month.before()
    began(paying, month.start)
    use(paying, "images", 12, at=month.start + timedelta(minutes=1))
    with tenant_work(paying) as session:
        session.execute(update(UsageTotal).where(UsageTotal.meter == "images").values(cost=Decimal("0.20")))
    report(paying)
    assert shop.counted("images") == 200_000
    wrong = ["images: its events cost €0.10, its counter says €0.20"]
    assert find_all(paying) == wrong
    assert find_all(paying, thorough=False) == (wrong if months < 2 else [])


def test_what_was_told_is_added_up_by_the_database(shop: Shop, paying: Organisation) -> None:
    """No row for each hour in which something was used, no statement for each meter."""

    def statements() -> int:
        with statements_sent() as sent:
            know(tenant_of(paying))
        return len(sent)

    use(paying, "images", 12)
    report(paying)
    one = statements()
    for _ in range(3):
        use(paying, "images", 1)
        use(paying, "ai_tokens", 1_000_000, dimension="swift")
        report(paying)
    assert statements() == one
    known = know(tenant_of(paying))
    assert known is not None
    assert {meter: [row.told for row in rows] for meter, rows in known.written.items()} == {
        "ai_tokens": [3_000_000],
        "images": [250_000],
    }


def test_a_turn_is_spent_only_where_stripe_is_asked(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    report(paying)
    turns: list[None] = []
    known = know(tenant_of(paying))
    assert known is not None
    find_faults(known, {}, wait=lambda: turns.append(None))
    assert len(turns) == 0
    find_faults(known, meter_ids(), wait=lambda: turns.append(None))
    assert len(turns) == 1
