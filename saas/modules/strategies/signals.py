"""When a strategy wants to hold the coin: pure functions of prices and parameters, one answer for each hour.

A real product would put its strategies here and keep everything around them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import sqrt

Prices = Sequence[float]
Parameters = Mapping[str, float]
DAY = 24


def wishes(kind: str, series: Prices, beside: Prices, parameters: Parameters) -> list[bool]:
    """Whether the coin should be held after each hour. ``beside`` are the prices of the market that a pair is made with."""
    return list(_KINDS[kind](series, beside, parameters))


def _means(values: Prices, window: int) -> list[float]:
    """The mean of the last ``window`` values at each place; of fewer at the beginning."""
    sums = [0.0, *accumulate(values)]
    return [(sums[at + 1] - sums[max(0, at + 1 - window)]) / min(at + 1, window) for at in range(len(values))]


def _distances(values: Prices, window: int) -> list[float]:
    """How many standard deviations each value is away from the mean of the window that ends with it."""
    means, squares = _means(values, window), _means([value * value for value in values], window)
    spreads = [sqrt(max(square - mean * mean, 0.0)) for mean, square in zip(means, squares, strict=True)]
    return [
        (value - mean) / spread if spread > 1e-12 else 0.0
        for value, mean, spread in zip(values, means, spreads, strict=True)
    ]


def _moving_average(series: Prices, _beside: Prices, told: Parameters) -> Iterator[bool]:
    fast, slow = _means(series, int(told["fast"])), _means(series, int(told["slow"]))
    for at, (short, long) in enumerate(zip(fast, slow, strict=True)):
        yield at >= told["slow"] and short > long


def _buy_the_dip(series: Prices, _beside: Prices, told: Parameters) -> Iterator[bool]:
    bought = 0.0
    for at, price in enumerate(series):
        if not bought and price <= max(series[max(0, at - DAY) : at + 1]) * (1 - told["drop"] / 100):
            bought = price
        elif bought and price >= bought * (1 + told["gain"] / 100):
            bought = 0.0
        yield bool(bought)


def _back_to(distances: Prices, told: Parameters) -> Iterator[bool]:
    held = False
    for at, distance in enumerate(distances):
        ready = at >= told["window"]
        held = ready and (distance < 0 if held else distance < -told["deviations"])
        yield held


def _mean_reversion(series: Prices, _beside: Prices, told: Parameters) -> Iterator[bool]:
    yield from _back_to(_distances(series, int(told["window"])), told)


def _pairs(series: Prices, beside: Prices, told: Parameters) -> Iterator[bool]:
    ratios = [price / other for price, other in zip(series, beside, strict=True)]
    yield from _back_to(_distances(ratios, int(told["window"])), told)


def _momentum(series: Prices, _beside: Prices, told: Parameters) -> Iterator[bool]:
    window = int(told["window"])
    for at, price in enumerate(series):
        yield at >= window and price > series[at - window] * (1 + told["rise"] / 100)


_KINDS: Mapping[str, Callable[[Prices, Prices, Parameters], Iterator[bool]]] = {
    "moving_average": _moving_average,
    "buy_the_dip": _buy_the_dip,
    "mean_reversion": _mean_reversion,
    "pairs": _pairs,
    "momentum": _momentum,
}
