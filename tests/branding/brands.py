"""Brands of all sorts, and the question which of a theme's pairs cannot be read."""

import random
from collections.abc import Iterator

from saas.branding.brand import MODES, OVERRIDABLE, Brand
from saas.branding.colours import Colour, parse
from saas.branding.compiler import Theme, compile_brand
from saas.branding.pairs import pairs

HOSTILE = {
    "white on white": Brand("#ffffff", "#ffffff"),
    "neon": Brand("#39ff14", "#ff00ff"),
    "yellow": Brand("#ffff00", "#ffff33"),
    "near black": Brand("#010203", "#000000"),
    "pure grey": Brand("#777777", "#777777"),
    "as red as danger": Brand("#c22826", "#f0716b"),
    "white surfaces in the dark": Brand("#0a7350", overrides={f"dark.{name}": "#fff" for name in OVERRIDABLE}),
    "black surfaces in the light": Brand("#0a7350", overrides={f"light.{name}": "#000" for name in OVERRIDABLE}),
    "near white": Brand("#fafafa", "#f5f5f0"),
    "near black at AAA": Brand("#0a0a0a", "#111111", level="AAA"),
    "black and white": Brand("#000000", "#ffffff"),
    "magenta": Brand("#ff00ff", "#ff00ff"),
    "cyan": Brand("#00ffff", "#00e5ff"),
    "cyan at AAA": Brand("#00ffff", "#ff0000", level="AAA"),
    "pure red": Brand("#ff0000", "#ff0000"),
    "pure blue at AAA": Brand("#0000ff", "#0000ff", level="AAA"),
    "middle blue": Brand("#3b82f6", "#3b82f6"),
    "all of it grey": Brand(
        "#808080", overrides={f"{mode}.{name}": "#808080" for mode in MODES for name in OVERRIDABLE}
    ),
    "all of it neon, at AAA": Brand(
        "#ccff00", overrides={f"{mode}.{name}": "#ccff00" for mode in MODES for name in OVERRIDABLE}, level="AAA"
    ),
    "night by day": Brand(
        "#7c3aed",
        overrides={
            f"{mode}.{name}": colour
            for mode, colour in (("light", "#101010"), ("dark", "#f0f0f0"))
            for name in ("background", "card", "popover", "muted", "secondary", "accent")
        },
    ),
}


def random_brands(count: int, seed: int = 6) -> Iterator[Brand]:
    """Pairs of colours, every fifth with overrides, every fourth at AAA; the same for the same seed."""
    dice = random.Random(seed)
    for number in range(count):
        names = dice.sample(OVERRIDABLE, 4) if number % 5 == 0 else []
        overrides = {f"{dice.choice(MODES)}.{name}": _colour(dice) for name in names}
        level = "AAA" if number % 4 == 0 else "AA"
        yield Brand(_colour(dice), _colour(dice) if number % 3 else "", overrides=overrides, level=level)


def _colour(dice: random.Random) -> str:
    return f"#{dice.randrange(1 << 24):06x}"


def colours(theme: Theme, mode: str) -> dict[str, Colour]:
    """The tokens of one mode."""
    return {name: parse(value) for name, value in getattr(theme, mode).items()}


def unreadable(brand: Brand, theme: Theme | None = None) -> list[str]:
    """A line for each pair of the brand's theme that has less contrast than it needs."""
    theme = theme or compile_brand(brand)
    return [
        f"{mode}: {pair.front} on {pair.ground}: {ratio:.2f}, needs {pair.needs(brand.level)}"
        for mode in MODES
        if (tokens := colours(theme, mode))
        for pair in pairs()
        if (ratio := pair.ratio(tokens)) < pair.needs(brand.level)
    ]
