"""Simulated prices: each hour of a market has one, and the same market, day and hour always move alike. Nobody is asked."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from saas.modules.strategies.kinds import MARKETS

HOURS = 24
_SWING = 0.005
_TIDE = 0.0005
_TIDE_DAYS = 11


def prices(market: str, last_day: date, days: int) -> list[float]:
    """The price at the end of each hour of so many days, oldest first, in the market's currency.

    How a day moves hangs on the market and the date alone, so two periods tell the same about the days they share.
    """
    first = last_day - timedelta(days=days - 1)
    price, found = float(MARKETS[market]), []
    for number in range(days):
        for move in _moves(market, first + timedelta(days=number)):
            price *= 1 + move
            found.append(price)
    return found


@lru_cache(maxsize=4096)
def _moves(market: str, day: date) -> Sequence[float]:
    """By which share the price moves in each hour of a day: a tide of some days, and chance."""
    chance = Random(f"{market} {day.isoformat()}")  # noqa: S311 (nothing secret comes of it)
    tide = Random(f"{market} {day.toordinal() // _TIDE_DAYS}").uniform(-_TIDE, _TIDE)  # noqa: S311 (nothing secret comes of it)
    pull = 0.00008
    return [max(-0.2, chance.gauss(tide + pull, _SWING)) for _ in range(HOURS)]
