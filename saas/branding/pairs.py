"""What stands on what: every use that the style sheets make of two colours together, and the contrast it needs.

A colour here is a token's name, or a mixture of tokens as the style sheets write it. Each pair names the token that moves
when the pair cannot be read. A use of tokens that is not in this table is not checked, so add it here when you write one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from saas.branding.colours import Colour, contrast, laid_over, mixed, shown


@dataclass(frozen=True)
class Mix:
    """``color-mix(in oklab, one percent%, other)``; ``over`` when the other is what lies below a see-through colour."""

    one: str
    percent: int
    other: "Shade"
    over: bool = False

    def __str__(self) -> str:
        return f"{self.other} with {self.percent} % {self.one}"


Shade = str | Mix


@dataclass(frozen=True)
class Kind:
    """What a thing is for the reader, and the ratio it needs at each level (WCAG 1.4.3, 1.4.6, 1.4.11)."""

    word: str
    ratios: Mapping[str, float]


TEXT = Kind("text", {"AA": 4.5, "AAA": 7.0})
MARKED = Kind("selected text", {"AA": 4.5, "AAA": 4.5})
SHAPE = Kind("a shape with a meaning", {"AA": 3.0, "AAA": 3.0})


@dataclass(frozen=True)
class Pair:
    """One colour on another; ``moves`` is the token that is repaired."""

    moves: str
    kind: Kind
    front: Shade
    ground: Shade

    def ratio(self, tokens: Mapping[str, Colour]) -> float:
        """The contrast they have in a theme."""
        return contrast(shade(self.front, tokens), shade(self.ground, tokens))

    def needs(self, level: str) -> float:
        """The contrast they need at the level."""
        return self.kind.ratios[level]


def shade(what: Shade, tokens: Mapping[str, Colour]) -> Colour:
    """The colour that a screen shows for it, of 256 steps in each channel."""
    if isinstance(what, str):
        return tokens[what]
    join = laid_over if what.over else mixed
    return shown(join(tokens[what.one], what.percent, shade(what.other, tokens)))


SIDEBAR = Mix("muted", 60, "background")
HEADS = Mix("muted", 55, "card")
PLAIN = ("background", "card", "popover", "muted")
TINTED = (Mix("primary", 4, "card"), Mix("primary", 8, "card"), Mix("accent", 45, "card"))
HOVERED = tuple(Mix("foreground", 5, ground, over=True) for ground in ("background", "card", SIDEBAR))
PRESSED = Mix("foreground", 8, SIDEBAR, over=True)
STATES = ("success", "warning", "info", "destructive")
SERIES = tuple(f"chart-{number}" for number in range(1, 7))


def _on(moves: str, kind: Kind, *grounds: Shade, front: Shade = "") -> list[Pair]:
    return [Pair(moves, kind, front or moves, ground) for ground in grounds]


def _foreground() -> list[Pair]:
    notices: list[Shade] = [
        Mix(tone, percent, ground) for tone in STATES for percent, ground in ((6, "card"), (9, "background"))
    ]
    selected = Mix("primary", 22, "background", over=True)
    softer = {percent: Mix("foreground", percent, "background") for percent in (76, 78, 80)}
    return [
        *_on("foreground", TEXT, *PLAIN, "secondary", SIDEBAR, HEADS, *TINTED, *HOVERED, PRESSED, *notices),
        *_on("foreground", TEXT, Mix("warning", 10, "card")),
        *_on("foreground", MARKED, selected),
        *_on("foreground", TEXT, "background", Mix("muted-foreground", 11, "card"), front=softer[76]),
        *_on("foreground", TEXT, SIDEBAR, HOVERED[2], Mix("primary", 5, "muted"), front=softer[78]),
        *_on("foreground", TEXT, "background", "card", "popover", *notices[::2], front=softer[80]),
        *(Pair(name, TEXT, name, name.removesuffix("-foreground")) for name in SAME_AS_FOREGROUND),
    ]


SAME_AS_FOREGROUND = ("card-foreground", "popover-foreground", "secondary-foreground")


def _state(tone: str) -> list[Pair]:
    badge = Mix(tone, 11, "card")
    icons = [Mix(tone, 6, "card"), Mix(tone, 9, "background"), Mix(tone, 12, "card")]
    return [*_on(tone, TEXT, badge, front=Mix(tone, 74, "foreground")), *_on(tone, SHAPE, *icons, "secondary")]


def _brand_colours() -> list[Pair]:
    return [
        *_on("primary-foreground", TEXT, "primary", "primary-hover"),
        *_on("accent-foreground", TEXT, "accent"),
        *_on("link", TEXT, *PLAIN, SIDEBAR, HEADS, *TINTED),
        *_on("link", SHAPE, PRESSED, "accent"),
        *_on("primary-border", SHAPE, *PLAIN, "secondary", SIDEBAR, *TINTED, Mix("primary-border", 12, "card")),
        *_on("ring", SHAPE, *PLAIN, SIDEBAR, *TINTED),
        *_on("input", SHAPE, "background", "card", "popover"),
    ]


@cache
def pairs() -> tuple[Pair, ...]:
    """All of them."""
    return (
        *_foreground(),
        *_on("muted-foreground", TEXT, *PLAIN, SIDEBAR, HEADS, *TINTED, *HOVERED, PRESSED),
        *_on(
            "muted-foreground",
            TEXT,
            Mix("muted-foreground", 11, "card"),
            front=Mix("muted-foreground", 74, "foreground"),
        ),
        *_brand_colours(),
        *(pair for tone in STATES for pair in _state(tone)),
        *_on("success", TEXT, "background", "card"),
        *_on("success", TEXT, "card", "muted", front=Mix("success", 85, "foreground")),
        *_on("warning", TEXT, "background", "card", front=Mix("warning", 70, "foreground")),
        *_on("warning", SHAPE, Mix("warning", 16, "card")),
        *_on("destructive", TEXT, "background", "card", "popover", Mix("destructive", 9, "popover", over=True)),
        *_on("destructive-foreground", TEXT, "destructive", "destructive-hover"),
        *(pair for name in SERIES for pair in _on(name, SHAPE, "card")),
        *(
            pair
            for name in SERIES
            for pair in _on(name, TEXT, Mix(name, 16, "card"), front=Mix(name, 62, "foreground"))
        ),
    )


@cache
def pairs_of(token: str) -> tuple[Pair, ...]:
    """Those that the token must satisfy."""
    return tuple(pair for pair in pairs() if pair.moves == token)
