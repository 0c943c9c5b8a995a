"""Writes about exchanges, strategies, backtests and trades, in the tenant's scope."""

from saas.members.holdings import Holding
from saas.modules.strategies.queries import count_strategies_of

holdings = (Holding("strategies.strategies", "Strategies", count_strategies_of, one="Strategy"),)
