"""How a strategy does on past prices: pure functions of a plan. No exchange is asked, no money moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from json import dumps

from saas.modules.strategies.kinds import KINDS, VENUES
from saas.modules.strategies.models import LATEST_TRADES, Outcome, Plan, Trade
from saas.modules.strategies.prices import HOURS, prices
from saas.modules.strategies.signals import wishes

PARTNERS = {"BTC-USD": "ETH-USD", "ETH-USD": "BTC-USD", "BTC-EUR": "ETH-EUR", "ETH-EUR": "BTC-EUR"}
"""The market that a market's pair is made with; all others go with BTC-USD."""
_HOURS_PER_MINUTE = 2_000
_MEGABYTE = Decimal(1_000_000)
_FINE = Decimal("0.000001")


@dataclass(slots=True)
class _Purse:
    """What is held while a plan is followed: money, coins, and what they cost."""

    money: float
    fee: float
    coins: float = 0.0
    cost: float = 0.0
    trades: list[Trade] = field(default_factory=list)
    count: int = 0

    def worth(self, price: float) -> float:
        return self.money + self.coins * price

    def buy(self, price: float, at: datetime) -> None:
        self.coins, self.cost = self.money * (1 - self.fee) / price, self.money
        self.money = 0.0
        self._note("buy", price, at, None)

    def sell(self, price: float, at: datetime) -> None:
        self.money = self.coins * price * (1 - self.fee)
        self._note("sell", price, at, self.money - self.cost)
        self.coins = 0.0

    def _note(self, side: str, price: float, at: datetime, profit: float | None) -> None:
        told = None if profit is None else round(profit, 2)
        trade: Trade = {
            "at": at.isoformat(),
            "side": side,
            "price": round(price, 4),
            "amount": round(self.coins, 6),
            "profit": told,
        }
        self.trades.insert(0, trade)
        del self.trades[LATEST_TRADES:]
        self.count += 1


@dataclass(frozen=True, slots=True)
class Found:
    """How a plan did: shares are parts of 1, the drawdown is the deepest fall from a height, as a number above zero."""

    outcome: Outcome
    gain: Decimal
    drawdown: Decimal
    trades: int

    @property
    def storage_mb(self) -> Decimal:
        """How much the outcome takes when it is stored."""
        return max((len(dumps(self.outcome).encode()) / _MEGABYTE).quantize(_FINE), _FINE)


def minutes_of(plan: Plan, days: int) -> Decimal:
    """The computing that a plan takes: by the hours it looks at, and by how much its kind does with each."""
    return (Decimal(days * HOURS * KINDS[plan["kind"]].weight) / _HOURS_PER_MINUTE).quantize(Decimal("0.001"))


def simulate(plan: Plan, *, days: int, capital: Decimal) -> Found:
    """Follow a plan hour by hour; the same plan always gives the same."""
    last_day = date.fromisoformat(plan["last_day"])
    series, beside = _series(plan, last_day, days)
    told = {name: float(value) for name, value in plan["parameters"].items()}
    wanted = wishes(plan["kind"], series, beside, told)
    first = datetime.combine(last_day - timedelta(days=days - 1), datetime.min.time(), UTC)
    purse = _Purse(float(capital), VENUES[plan["venue"]].fee)
    worth = [
        _step(purse, price, wish, first + timedelta(hours=at + 1)) for at, (price, wish) in _numbered(series, wanted)
    ]
    return _found(worth, series, first, capital, purse)


def _series(plan: Plan, last_day: date, days: int) -> tuple[list[float], list[float]]:
    partner = PARTNERS.get(plan["market"], "BTC-USD")
    beside = prices(partner, last_day, days) if plan["kind"] == "pairs" else []
    return prices(plan["market"], last_day, days), beside


def _numbered(series: Sequence[float], wanted: Sequence[bool]) -> list[tuple[int, tuple[float, bool]]]:
    return list(enumerate(zip(series, wanted, strict=True)))


def _step(purse: _Purse, price: float, wish: bool, at: datetime) -> float:
    if wish and not purse.coins:
        purse.buy(price, at)
    elif not wish and purse.coins:
        purse.sell(price, at)
    return purse.worth(price)


def _found(worth: list[float], series: list[float], first: datetime, capital: Decimal, purse: _Purse) -> Found:
    ends = range(HOURS - 1, len(series), HOURS)
    coins = float(capital) / series[0]
    outcome: Outcome = {
        "days": [(first + timedelta(hours=at)).date().isoformat() for at in ends],
        "curve": [round(worth[at], 2) for at in ends],
        "holding": [round(series[at] * coins, 2) for at in ends],
        "trades": purse.trades,
    }
    gain = Decimal(str(worth[-1])) / capital - 1
    return Found(outcome, gain.quantize(_FINE), _drawdown(worth), purse.count)


def _drawdown(worth: list[float]) -> Decimal:
    highest, deepest = worth[0], 0.0
    for value in worth:
        highest = max(highest, value)
        deepest = max(deepest, 1 - value / highest)
    return Decimal(str(deepest)).quantize(_FINE)
