"""Six chart series that stay apart for everybody."""

import math
from collections.abc import Mapping
from functools import cache

from saas.branding.colours import DEFICIENCIES, Colour, Triple, oklch, parse, seen_with
from saas.branding.pairs import SERIES, pairs_of

APART = 0.07
"""Any two series are at least this far apart in OKLab, in normal vision and with each deficiency."""

AIMS = (0.09, 0.08, APART)
"""Distances tried; the first is taken for which all six find a place."""

LIKED: dict[str, tuple[Triple, ...]] = {
    "light": (
        (0.58, 0.14, 250),
        (0.64, 0.13, 76),
        (0.62, 0.16, 30),
        (0.52, 0.108, 164),
        (0.5, 0.14, 300),
        (0.6, 0.09, 206),
    ),
    "dark": (
        (0.7, 0.12, 250),
        (0.82, 0.13, 82),
        (0.72, 0.14, 32),
        (0.72, 0.13, 163),
        (0.7, 0.12, 300),
        (0.78, 0.08, 205),
    ),
}
"""Where the other series would best stand; each takes the nearest place that is free."""

STEPS = {"light": (0.3, 0.37, 0.44, 0.5, 0.56, 0.61, 0.66), "dark": (0.56, 0.62, 0.68, 0.74, 0.8, 0.86, 0.92)}
CHROMAS = {"light": (0.07, 0.14), "dark": (0.06, 0.13)}
Views = tuple[Triple, ...]


def views(colour: Colour) -> Views:
    """The colour in OKLab as seen with normal vision and with each deficiency."""
    return colour.oklab, *(seen_with(name, colour).oklab for name in DEFICIENCIES)


def apart(one: Views, other: Views) -> float:
    """How far two colours are apart for whom they are least so."""
    return min(map(math.dist, one, other))


@cache
def _places(mode: str) -> tuple[tuple[Colour, Views], ...]:
    """Every colour that a series may take in the mode."""
    found = {
        colour.hex: parse(colour.hex)
        for chroma in CHROMAS[mode]
        for lightness in STEPS[mode]
        for hue in range(0, 360, 15)
        if (colour := oklch(lightness, chroma, hue))
    }
    return tuple((colour, views(colour)) for colour in found.values())


def _fits(colour: Colour, tokens: Mapping[str, Colour], level: str) -> bool:
    seen = {**tokens, SERIES[0]: colour}
    return all(pair.ratio(seen) >= pair.needs(level) + 0.01 for pair in pairs_of(SERIES[0]))


def series(first: Colour, second: Colour | None, mode: str, tokens: Mapping[str, Colour], level: str) -> list[Colour]:
    """The six, beginning with the brand's own, then as near as possible to the second colour when there is one."""
    places = [place for place in _places(mode) if _fits(place[0], tokens, level)]
    liked = sorted(LIKED[mode], key=lambda like: _turned(like[2], first.oklch[2]) < 25 and first.oklch[1] > 0.04)[:5]
    wanted = [oklch(*like) for like in liked]
    if second:
        nearest = min(wanted, key=lambda colour: _turned(colour.oklch[2], second.oklch[2]))
        wanted = [second, *(colour for colour in wanted if colour is not nearest)]
    tried = (_placed(first, wanted, places, aim) for aim in AIMS)
    return next((found for found in tried if len(found) == len(SERIES)), None) or _spread(first, places)


def _turned(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def _placed(first: Colour, wanted: list[Colour], places: list[tuple[Colour, Views]], aim: float) -> list[Colour]:
    chosen, seen = [first], views(first)
    for like in wanted:
        places = [place for place in places if apart(place[1], seen) >= aim]
        if not places:
            break
        nearest, seen = min(places, key=lambda place: math.dist(place[1][0], like.oklab))
        chosen.append(nearest)
    return chosen


def _spread(first: Colour, places: list[tuple[Colour, Views]]) -> list[Colour]:
    """Whatever is liked: each next one as far as possible from all before it."""
    chosen, room = [first], [apart(place[1], views(first)) for place in places]
    while len(chosen) < len(SERIES):
        colour, seen = places[room.index(max(room))]
        chosen.append(colour)
        room = [min(left, apart(place[1], seen)) for left, place in zip(room, places, strict=True)]
    return chosen
