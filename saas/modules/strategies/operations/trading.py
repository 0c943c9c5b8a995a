"""What live strategies trade, hour by hour. Simulated: no exchange is asked, no money moves."""

from collections.abc import Sequence
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
from saas.usage.operations.consuming import used_of
from saas.usage.operations.trying import try_to_use
from saas.usage.periods import period_of
from saas.usage.uses import Use

METER = "trades"
TRADER = Actor("job", "Trader of live strategies")
OFTEN = 0.25
"""How likely it is that a strategy trades in an hour."""
STAKE = 1_000
"""What is bought for, in the market's currency."""
_DAYS = 30


def trade_live(*, actor: Actor = TRADER) -> int:
    """Let each live strategy look at its market, and trade if it wants to; returns how many did. Each trade is counted.

    Advanced strategies rest while the plan does not hold them. When the plan's trades are used up, or the budget is, all do.
    """
    advanced = entitlements().allows(ADVANCED)
    able = [strategy for strategy in list_live() if advanced or not KINDS[strategy.kind].advanced]
    willing = [strategy for strategy in able if wants_to_trade(strategy, now())]
    return trade(willing[: _room()], actor=actor)


def _room() -> int | None:
    """How many trades the plan has left this month; None: as many as there are."""
    limit = entitlements().limit(METER)
    return None if limit is None else max(0, int(limit - used_of(METER, period_of(now()).key)))


def wants_to_trade(strategy: Strategy, at: datetime) -> bool:
    """Whether a strategy trades in this hour; asked again, the answer is the same."""
    hour = at.replace(minute=0, second=0, microsecond=0).isoformat()
    return Random(f"{strategy.id} {hour}").random() < OFTEN  # noqa: S311 (nothing secret comes of it)


def trade(strategies: Sequence[Strategy], *, actor: Actor = TRADER) -> int:
    """Let each buy, or sell what it bought last, at its market's price of now; each counts one trade. How many have traded:
    all of them, or none where the plan or the budget has no room.
    """
    made = [(strategy, _next_trade(strategy, now())) for strategy in strategies]
    uses = [Use(METER, module=NAME, resource=f"strategy:{strategy.id}", outcome="ok") for strategy in strategies]
    if try_to_use(uses, actor=actor):
        return 0
    for strategy, one in made:
        _keep(strategy, one, actor=actor)
    return len(made)


def _keep(strategy: Strategy, made: Trade, *, actor: Actor) -> None:
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
