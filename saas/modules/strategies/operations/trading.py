"""What live strategies trade, hour by hour. Simulated: no exchange is asked, no money moves."""

from datetime import datetime
from decimal import Decimal
from random import Random

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.modules.strategies.kinds import KINDS
from saas.modules.strategies.models import LATEST_TRADES, Strategy, Trade
from saas.modules.strategies.module import ADVANCED, NAME, TRADED
from saas.modules.strategies.prices import prices
from saas.modules.strategies.queries import list_live
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import LimitReached
from saas.usage.operations.consuming import consume

TRADER = Actor("job", "Trader of live strategies")
OFTEN = 0.25
"""How likely it is that a strategy trades in an hour."""
STAKE = 1_000
"""What is bought for, in the market's currency."""
_DAYS = 30


def trade_live(*, actor: Actor = TRADER) -> int:
    """Let each live strategy look at its market, and trade if it wants to; returns how many did. Each trade is counted.

    Advanced strategies rest while the plan does not hold them; when the plan's trades are used up, all do.
    """
    made = 0
    for strategy in list_live():
        if KINDS[strategy.kind].advanced and not entitlements().allows(ADVANCED):
            continue
        if wants_to_trade(strategy, now()):
            try:
                trade(strategy, actor=actor)
            except LimitReached:
                break
            made += 1
    return made


def wants_to_trade(strategy: Strategy, at: datetime) -> bool:
    """Whether a strategy trades in this hour; asked again, the answer is the same."""
    hour = at.replace(minute=0, second=0, microsecond=0).isoformat()
    return Random(f"{strategy.id} {hour}").random() < OFTEN  # noqa: S311 (nothing secret comes of it)


def trade(strategy: Strategy, *, actor: Actor = TRADER) -> None:
    """Buy, or sell what was bought last, at the market's price of now; counts one trade and raises LimitReached."""
    made = _next_trade(strategy, now())
    consume("trades", actor=actor, module=NAME, resource=f"strategy:{strategy.id}", outcome="ok")
    strategy.trades += 1
    strategy.profit += Decimal(str(made["profit"] or 0))
    strategy.latest = [made, *strategy.latest][:LATEST_TRADES]
    target = Target("strategy_trades", strategy.id, strategy.name)
    record(TRADED, actor=actor, target=target, side=made["side"], price=made["price"], market=strategy.market)


def _next_trade(strategy: Strategy, at: datetime) -> Trade:
    last = strategy.latest[0] if strategy.latest else None
    price = prices(strategy.market, at.date(), _DAYS)[at.hour - 24]
    if last is None or last["side"] == "sell":
        amount, profit, side = STAKE / price, None, "buy"
    else:
        amount, side = last["amount"], "sell"
        profit = round(amount * (price - last["price"]), 2)
    return {
        "at": at.isoformat(timespec="seconds"),
        "side": side,
        "price": round(price, 4),
        "amount": round(amount, 6),
        "profit": profit,
    }
