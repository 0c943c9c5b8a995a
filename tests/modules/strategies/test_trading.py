"""What live strategies trade, hour by hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
import time_machine
from procrastinate.jobs import Job

from saas.core.jobs import declared_jobs
from saas.modules.strategies.models import Strategy
from saas.modules.strategies.operations.trading import trade_live, wants_to_trade
from saas.modules.strategies.queries import get_strategy
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.tenancy.worker import run_job
from tests.cast import found
from tests.log import log_of
from tests.modules.programs import events_of, move_to, work_with_only
from tests.support import sold

NOON = datetime(2026, 11, 20, 12, 17, tzinfo=UTC)


@pytest.fixture
def desk(app):
    """An organisation on TradingBot's plan Professional."""
    with sold("tradingbot"):
        organisation = found("Desk", owner="Ann", people={"Vera": "viewer"})
        move_to(organisation, "professional")
        yield organisation


def hours(where, many: int, *, since: int = 0) -> int:
    """Let so many hours go by after so many others; how many trades were made."""
    made = 0
    for number in range(since, since + many):
        with time_machine.travel(NOON + timedelta(hours=number), tick=False), tenant_work(where):
            made += trade_live()
    return made


def test_live_strategies_trade_now_and_then_and_each_trade_is_counted(desk, make):
    live, paused = make(desk, "Live", status="live"), make(desk, "Paused", status="paused")
    made, passed = 0, count()
    while made < 12:
        made += hours(desk, 1, since=next(passed))
    with tenant_scope(desk):
        strategy = get_strategy(live)
        assert (strategy.trades, get_strategy(paused).trades) == (made, 0)
        assert [trade["side"] for trade in strategy.latest] == ["sell", "buy"] * 6
        assert strategy.profit == sum(Decimal(str(trade["profit"] or 0)) for trade in strategy.latest)
    events = events_of(desk, "trades")
    assert len(events) == made
    assert {(event.quantity, event.module, event.outcome, event.resource) for event in events} == {
        (1, "strategies", "ok", f"strategy:{live}")
    }
    assert [entry.target_label for entry in log_of(desk, "strategies.trade.made")] == ["Live"] * made


def test_a_strategy_trades_in_every_fourth_hour_and_one_asked_again_gives_the_same_answer():
    strategy = Strategy(id=UUID(int=7))
    wishes = [wants_to_trade(strategy, NOON + timedelta(hours=number)) for number in range(1_000)]
    again = [wants_to_trade(strategy, NOON + timedelta(hours=number, minutes=9)) for number in range(1_000)]
    assert wishes == again
    assert 220 < sum(wishes) < 280


def test_advanced_strategies_rest_while_the_plan_does_not_hold_them(desk, make):
    make(desk, "Twins", kind="pairs", status="live")
    move_to(desk, "starter")
    assert hours(desk, 60) == 0
    move_to(desk, "professional")
    assert hours(desk, 60) > 0


def test_trades_are_shown_and_the_newest_are_kept(desk, make, browse):
    strategy_id = make(desk, "Live", status="live")
    vera = browse(desk, "Vera")
    assert "a few times a day" in vera.get(f"/strategies/{strategy_id}").text
    hours(desk, 200)
    page = vera.get(f"/strategies/{strategy_id}").text
    assert page.count(">Buy<") + page.count(">Sell<") == 20
    assert "Simulated" in page


def run_hourly(where, number: int) -> None:
    queued = Job(
        id=number,
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name="strategies.trade",
        task_kwargs={"place": where.schema_name},
    )
    run_job(declared_jobs()["strategies.trade"], queued)


def test_the_job_works_each_hour_where_the_module_is_in_use(desk, make):
    job = declared_jobs()["strategies.trade"]
    assert (job.cron, job.each_tenant) == ("17 * * * *", True)
    make(desk, "Live", status="live")
    work_with_only(desk)
    for number in range(60):
        with time_machine.travel(NOON + timedelta(hours=number), tick=False):
            run_hourly(desk, -100 - number)
    assert log_of(desk, "strategies.trade.made") == []
    work_with_only(desk, "strategies")
    for number in range(60):
        with time_machine.travel(NOON + timedelta(hours=number), tick=False):
            run_hourly(desk, -200 - number)
    assert log_of(desk, "strategies.trade.made") != []
