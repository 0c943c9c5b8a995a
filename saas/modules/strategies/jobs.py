"""What strategies do later."""

from uuid import UUID

import structlog

from saas.core.jobs import job
from saas.modules.strategies.module import NAME
from saas.modules.strategies.operations.backtests import BACKTEST_JOB, run_backtest
from saas.modules.strategies.operations.trading import trade_live
from saas.tenancy.entitlements import entitlements

log = structlog.get_logger()


@job(BACKTEST_JOB)
def backtest(*, backtest_id: str) -> None:
    """Run a backtest."""
    run_backtest(UUID(backtest_id))


@job("strategies.trade", cron="17 * * * *", each_tenant=True)
def trade() -> None:
    """Let live strategies trade, where strategies are in use."""
    if entitlements().uses_module(NAME) and (made := trade_live()):
        log.info("strategies_traded", trades=made)
