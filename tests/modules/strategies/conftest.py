"""What the tests of strategies share: ways to make exchanges and strategies, and to try them."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.modules.strategies.kinds import KINDS
from saas.modules.strategies.operations.backtests import ask_for_backtest
from saas.modules.strategies.operations.exchanges import add_exchange
from saas.modules.strategies.operations.strategies import Draft, create_strategy, set_status
from saas.modules.strategies.queries import get_strategy
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation

Make = Callable[..., UUID]


def usual(kind: str) -> dict[str, str]:
    """What a kind of strategy is told usually."""
    return {one.name: one.default for one in KINDS[kind].parameters}


@pytest.fixture
def connect() -> Make:
    """Add an exchange: ``connect(acme, "halyard")`` gives its id."""

    def add(where: Organisation, venue: str = "kestrel", label: str = "") -> UUID:
        with tenant_work(where):
            return add_exchange(venue=venue, label=label, actor=SYSTEM).id

    return add


@pytest.fixture
def make(connect: Make) -> Make:
    """Make a strategy: ``make(acme, "Trend", kind="pairs")`` gives its id; without an exchange one is added for it."""

    def make_strategy(
        where: Organisation,
        name: str,
        *,
        kind: str = "moving_average",
        market: str = "BTC-USD",
        exchange: UUID | None = None,
        status: str = "draft",
    ) -> UUID:
        exchange = exchange or connect(where, label=f"For {name}")
        with tenant_work(where):
            strategy = create_strategy(Draft(name, exchange, market, kind, usual(kind)), actor=SYSTEM)
            if status != "draft":
                set_status(strategy, status, actor=SYSTEM)
            return strategy.id

    return make_strategy


@pytest.fixture
def attempt(run_jobs: Callable[[], None]) -> Make:
    """Try a strategy to the end: ``attempt(acme, strategy_id)`` gives the backtest's id."""

    def run(where: Organisation, strategy_id: UUID, *, days: int = 30, capital: int = 1000) -> UUID:
        with tenant_work(where):
            strategy = get_strategy(strategy_id)
            backtest_id = ask_for_backtest(strategy, days=days, capital=Decimal(capital), actor=SYSTEM).id
        run_jobs()
        return backtest_id

    return run
