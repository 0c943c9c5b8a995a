"""What the plan or the budget has no room for: backtests that fail and say so, trades that are not made."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine

from saas.catalogue.current import catalogue, install_catalogue
from saas.catalogue.reading import path_of, read
from saas.core.actor import SYSTEM
from saas.modules.strategies.operations.trading import trade_live, wants_to_trade
from saas.modules.strategies.queries import get_backtest, get_strategy, list_live
from saas.tenancy.models import Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.operations.budgets import set_budget
from saas.usage.queries import get_figure
from tests.cast import found
from tests.modules.programs import events_of, move_to, used

NOON = datetime(2026, 11, 20, 12, 17, tzinfo=UTC)


@pytest.fixture
def desk(app, tmp_path: Path):
    """An organisation on TradingBot's plan Professional, where computing and trades cost."""
    told = Path(path_of("tradingbot")).read_text(encoding="utf-8")
    for meter, unit in (("compute_minutes", "minute"), ("trades", "trade")):
        section = f'unit = "{unit}"\n'
        assert f"[meters.{meter}]" in told
        told = told.replace(section, f'{section}price = "1.00"\n', 1)
    priced, before = tmp_path / "priced.toml", catalogue()
    priced.write_text(told, encoding="utf-8")
    install_catalogue(read(priced))
    try:
        organisation = found("Desk", owner="Ann", people={})
        move_to(organisation, "professional")
        yield organisation
    finally:
        install_catalogue(before)


def bound(where, **limits: int | str) -> None:
    """Bound meters of an organisation."""
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, where.id), limits=limits, actor=SYSTEM)


def budget(where, amount: str) -> None:
    """Let an organisation stop at a budget."""
    with tenant_work(where):
        set_budget(Decimal(amount), stop=True, actor=SYSTEM)


@pytest.mark.parametrize("meter", ["compute_minutes", "storage_mb"])
def test_a_backtest_without_room_fails_with_the_sentence_and_counts_as_none(desk, make, attempt, meter):
    strategy_id = make(desk, "Trend")
    bound(desk, **{meter: 0})
    refused = attempt(desk, strategy_id)
    with tenant_scope(desk):
        backtest = get_backtest(strategy_id, refused)
        assert backtest.status == "failed"
        assert "Your plan has no" in backtest.message
        assert (backtest.compute_minutes, backtest.storage_mb, backtest.outcome) == (0, 0, None)
    asked, back = events_of(desk, "backtests_run")
    assert (back.quantity, back.outcome, back.resource) == (-1, "failed", asked.resource)
    assert {used(desk, name) for name in ("backtests_run", "compute_minutes", "storage_mb")} == {0}
    bound(desk, **{meter: "unlimited"})
    done = attempt(desk, strategy_id)
    with tenant_scope(desk):
        assert get_backtest(strategy_id, done).status == "succeeded"
    assert used(desk, "backtests_run") == 1


def test_a_spent_budget_ends_a_backtest_with_its_sentence(desk, make, attempt):
    strategy_id = make(desk, "Trend")
    budget(desk, "0.10")
    refused = attempt(desk, strategy_id)
    with tenant_scope(desk):
        assert get_backtest(strategy_id, refused).message.startswith("The budget of US$0.10 for this month is spent.")
    assert used(desk, "backtests_run") == 0
    budget(desk, "100")
    done = attempt(desk, strategy_id)
    with tenant_scope(desk):
        assert get_backtest(strategy_id, done).status == "succeeded"
    assert used(desk, "compute_minutes") > 0


def busy_hour(where) -> datetime:
    """An hour in which at least three of the live strategies trade."""
    with tenant_scope(where):
        live = list_live()
        hours = (NOON + timedelta(hours=number) for number in range(200))
        return next(hour for hour in hours if sum(wants_to_trade(strategy, hour) for strategy in live) >= 3)


@pytest.fixture
def crowd(desk, make, connect):
    """Eight live strategies."""
    exchange = connect(desk)
    return [make(desk, f"Live {number}", status="live", exchange=exchange) for number in range(8)]


def trades_of(where, strategies) -> int:
    """How many trades the strategies show."""
    with tenant_scope(where):
        return sum(get_strategy(strategy_id).trades for strategy_id in strategies)


def test_all_trades_of_an_hour_are_recorded_together(desk, crowd, statements):
    with time_machine.travel(busy_hour(desk), tick=False), tenant_work(desk):
        statements.clear()
        made = trade_live()
    assert made >= 3
    assert len([sent for sent in statements if "INSERT INTO usage_events" in sent]) == 1
    assert used(desk, "trades") == len(events_of(desk, "trades")) == trades_of(desk, crowd) == made


def test_strategies_trade_as_long_as_the_plan_has_trades_left(desk, crowd):
    bound(desk, trades=2)
    with time_machine.travel(busy_hour(desk), tick=False):
        with tenant_work(desk):
            assert trade_live() == 2
        with tenant_work(desk):
            assert trade_live() == 0
        assert used(desk, "trades") == trades_of(desk, crowd) == 2


def test_nobody_trades_beyond_the_budget(desk, crowd):
    budget(desk, "2.00")
    with time_machine.travel(busy_hour(desk), tick=False):
        with tenant_work(desk):
            assert trade_live() == 0
        assert trades_of(desk, crowd) == 0
        budget(desk, "100")
        with tenant_work(desk):
            made = trade_live()
        assert trades_of(desk, crowd) == made >= 3
        with tenant_scope(desk):
            assert get_figure("trades").cost == made
