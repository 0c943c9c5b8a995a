"""Backtests that several people and the worker meet at the same moment."""

import re
from decimal import Decimal
from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict, NotFound
from saas.core.ids import new_id
from saas.modules.strategies.operations.backtests import ask_for_backtest, delete_backtest, run_backtest
from saas.modules.strategies.operations.strategies import delete_strategy
from saas.modules.strategies.queries import find_backtests, get_backtest, get_strategy
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.programs import events_of, used
from tests.support import sold


@pytest.fixture
def acme(app):
    """Acme, where TradingBot is sold with all of its meters."""
    with sold("tradingbot"):
        yield found("Acme", owner="Alice", people={"Bob": "member"})


def drop(where, strategy_id: UUID, backtest_id: UUID) -> None:
    """Delete a backtest as somebody else does, who has seen it before."""
    with tenant_work(where):
        delete_backtest(get_backtest(strategy_id, backtest_id), get_strategy(strategy_id), actor=SYSTEM)


def drop_all(where, strategy_id: UUID) -> None:
    """Delete a strategy as somebody else does, who has seen it before."""
    with tenant_work(where):
        delete_strategy(get_strategy(strategy_id), actor=SYSTEM)


def order(where, strategy_id: UUID, number: UUID | None = None, days: int = 30) -> UUID:
    """Ask for a backtest in a transaction of its own."""
    with tenant_work(where):
        asked = ask_for_backtest(
            get_strategy(strategy_id), days=days, capital=Decimal(1000), number=number, actor=SYSTEM
        )
        return asked.id


def test_of_two_deletions_at_once_one_gives_the_storage_back(acme, make, attempt, meanwhile):
    strategy_id = make(acme, "Trend")
    first, kept = attempt(acme, strategy_id), attempt(acme, strategy_id)
    with tenant_work(acme):
        delete_backtest(get_backtest(strategy_id, first), get_strategy(strategy_id), actor=SYSTEM)
        other = meanwhile(lambda: drop(acme, strategy_id, first))
    with pytest.raises(NotFound):
        other.result()
    with tenant_scope(acme):
        assert used(acme, "storage_mb") == get_backtest(strategy_id, kept).storage_mb > 0


def test_a_strategy_gives_back_what_a_backtest_deleted_meanwhile_did_not(acme, make, attempt, meanwhile):
    strategy_id = make(acme, "Trend")
    first = attempt(acme, strategy_id)
    attempt(acme, strategy_id)
    with tenant_work(acme):
        delete_backtest(get_backtest(strategy_id, first), get_strategy(strategy_id), actor=SYSTEM)
        other = meanwhile(lambda: drop_all(acme, strategy_id))
    other.result()
    assert used(acme, "storage_mb") == 0


def test_a_strategy_deleted_twice_at_once_is_not_found_the_second_time(acme, make, attempt, meanwhile):
    strategy_id = make(acme, "Trend")
    attempt(acme, strategy_id)
    with tenant_work(acme):
        delete_strategy(get_strategy(strategy_id), actor=SYSTEM)
        other = meanwhile(lambda: drop_all(acme, strategy_id))
    with pytest.raises(NotFound):
        other.result()
    assert used(acme, "storage_mb") == 0


@pytest.mark.parametrize("whole", [False, True], ids=("backtest", "strategy"))
def test_what_a_run_has_stored_is_given_back_by_who_deletes_it_meanwhile(acme, make, meanwhile, whole):
    strategy_id = make(acme, "Trend")
    backtest_id = order(acme, strategy_id)
    with tenant_work(acme):
        run_backtest(backtest_id)
        other = meanwhile(lambda: drop_all(acme, strategy_id) if whole else drop(acme, strategy_id, backtest_id))
    other.result()
    stored, freed = events_of(acme, "storage_mb")
    assert stored.quantity == -freed.quantity > 0
    assert used(acme, "storage_mb") == 0


@pytest.mark.parametrize("whole", [False, True], ids=("backtest", "strategy"))
def test_a_run_of_what_is_deleted_meanwhile_stores_nothing(acme, make, meanwhile, whole):
    strategy_id = make(acme, "Trend")
    backtest_id = order(acme, strategy_id)

    def run() -> None:
        with tenant_work(acme):
            run_backtest(backtest_id)

    with tenant_work(acme):
        strategy = get_strategy(strategy_id)
        if whole:
            delete_strategy(strategy, actor=SYSTEM)
        else:
            delete_backtest(get_backtest(strategy_id, backtest_id), strategy, actor=SYSTEM)
        other = meanwhile(run)
    other.result()
    assert events_of(acme, "storage_mb") == []


def test_who_orders_does_not_wait_for_a_run(acme, make, meanwhile):
    strategy_id = make(acme, "Trend")
    backtest_id = order(acme, strategy_id)
    with tenant_work(acme):
        run_backtest(backtest_id)
        assert meanwhile(lambda: order(acme, strategy_id)).done()


def test_a_form_sent_twice_orders_and_counts_once(acme, browse, make):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    page = bob.get(f"/strategies/{strategy_id}").text
    number = re.search(r'name="number"[^>]*value="([^"]+)"', page)[1]
    form = {"days": "30", "capital": "1000", "number": number}
    path = f"/strategies/{strategy_id}/backtests"
    first, again = bob.post(path, form), bob.post(path, form | {"capital": "1000.00"})
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Location"].endswith(number)
    assert used(acme, "backtests_run") == 1
    for _ in range(2):
        longer = bob.post(path, form | {"days": "90"})
    assert longer.headers["Location"] != first.headers["Location"]
    assert used(acme, "backtests_run") == 2
    assert "Give an amount" in (refused := bob.post(path, form | {"capital": "1"})).text
    assert number in refused.text
    for broken in ("", "x"):
        assert bob.post(path, form | {"number": broken}).status_code == 303
    assert used(acme, "backtests_run") == 4


def test_a_number_of_another_strategy_is_no_way_to_its_backtest(acme, make):
    one, other, number = make(acme, "One"), make(acme, "Other"), new_id()
    assert order(acme, one, number) == number
    made = order(acme, other, number)
    assert made != number
    with tenant_scope(acme):
        assert get_backtest(other, made).strategy_id == other


def test_two_forms_with_one_number_at_once_order_once(acme, make, meanwhile):
    strategy_id, number = make(acme, "Trend"), new_id()
    with tenant_work(acme) as session:
        ask_for_backtest(get_strategy(strategy_id), days=30, capital=Decimal(1000), number=number, actor=SYSTEM)
        other = meanwhile(lambda: order(acme, strategy_id, number))
    assert other.result() == number
    assert used(acme, "backtests_run") == 1
    with tenant_scope(acme) as session:
        assert len(session.scalars(find_backtests(strategy_id)).all()) == 1


def test_the_number_of_a_deleted_backtest_runs_no_other_for_nothing(acme, make, browse):
    strategy_id, number = make(acme, "Trend"), new_id()
    drop(acme, strategy_id, order(acme, strategy_id, number))
    with pytest.raises(Conflict, match="was deleted"):
        order(acme, strategy_id, number)
    form = {"days": "30", "capital": "1000", "number": str(number)}
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    assert bob.post(f"/strategies/{strategy_id}/backtests", form).status_code == 409
    assert "No backtests yet" in bob.get(f"/strategies/{strategy_id}").text
    order(acme, strategy_id, new_id())
    assert used(acme, "backtests_run") == 2
