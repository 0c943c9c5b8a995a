"""What a property takes, as data: kinds of values, words, and how many of them."""

from dataclasses import dataclass

PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "em": 16.0, "ch": 8.0, "ex": 8.0, "lh": 24.0, "vw": 20.0, "vh": 20.0}
"""Units of length, and about how many pixels one is: near enough to know a slip from a design."""

ANGLES = {"deg": 1.0, "turn": 360.0, "rad": 57.3, "grad": 0.9}
TIMES = {"ms": 0.001, "s": 1.0}
EVERYWHERE = ("inherit", "initial", "unset")
"""Words that every property takes, alone."""

KINDS = {
    "colour": "a colour",
    "gradient": "a gradient",
    "length": "a length",
    "percentage": "a percentage",
    "number": "a number",
    "angle": "an angle",
    "time": "a time up to one second",
    "easing": "an easing",
    "pace": "",
    "shadow": "",
    "family": "a font family of the list",
    "math": "",
    "slash": "",
}
"""How a kind is named to people; those without a name need no telling."""


@dataclass(frozen=True)
class Grammar:
    """The values of a property: `parts` of them in each of up to `lists` groups divided by commas.

    `lengths` are the smallest and largest in pixels, `numbers` the same for numbers without a unit; a smallest below zero
    lets percentages and angles be negative too, unless `percents` bounds them. Of the kinds in `once` a group holds at most one.
    """

    kinds: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    parts: int = 1
    lists: int = 1
    lengths: tuple[float, float] = (0, 2000)
    numbers: tuple[float, float] = (0, 1000)
    once: frozenset[str] = frozenset()
    percents: tuple[float, float] | None = None

    @property
    def takes(self) -> str:
        """A phrase that names what may be written: ``a colour, a gradient or none``."""
        *others, last = [*(told for kind, told in KINDS.items() if told and kind in self.kinds), *sorted(self.words)]
        return f"{', '.join(others)} or {last}" if others else last


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in which one space or more stands between two."""
    return frozenset(text.split())


def grammar(
    kinds: str = "",
    words: str = "",
    parts: int = 1,
    lists: int = 1,
    lengths: tuple[float, float] = (0, 2000),
    numbers: tuple[float, float] = (0, 1000),
    once: str = "",
    percents: tuple[float, float] | None = None,
) -> Grammar:
    """A Grammar whose kinds and words are written as one text with spaces between."""
    return Grammar(words_of(kinds), words_of(words), parts, lists, lengths, numbers, words_of(once), percents)


SIGNED = (-1000, 1000)
CHANNELS = grammar("number percentage angle slash", "none", parts=8, lists=4, numbers=SIGNED, lengths=SIGNED)
MIX = grammar("colour percentage", "in srgb srgb-linear oklab oklch lab lch hsl hwb xyz", parts=3, lists=3)
GRADIENT = grammar(
    "colour percentage length angle",
    "to top right bottom left center at from circle ellipse closest-side closest-corner farthest-side farthest-corner",
    parts=8,
    lists=12,
    lengths=(-2000, 2000),
    numbers=SIGNED,
)
CURVE = grammar("number", parts=1, lists=4, numbers=(-10, 10))

FUNCTIONS: dict[str, tuple[str, Grammar]] = {
    **dict.fromkeys(("rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch"), ("colour", CHANNELS)),
    "color-mix": ("colour", MIX),
    "linear-gradient": ("gradient", GRADIENT),
    "radial-gradient": ("gradient", GRADIENT),
    "conic-gradient": ("gradient", GRADIENT),
    "cubic-bezier": ("easing", CURVE),
}
"""Functions beside ``var()`` and those of MATH: the kind of value each makes, and what stands in its brackets."""

MATH = frozenset({"calc", "min", "max", "clamp"})

FAMILIES = {
    name.casefold(): name
    for name in (
        *("serif", "sans-serif", "monospace", "cursive", "system-ui"),
        *("ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded"),
        *("Inter", "Arial", "Helvetica", "Helvetica Neue", "Roboto", "Segoe UI", "Verdana", "Tahoma", "Trebuchet MS"),
        *(
            "Georgia",
            "Times New Roman",
            "Palatino",
            "Cambria",
            "Courier New",
            "Consolas",
            "Menlo",
            "Calibri",
            "Candara",
        ),
    )
}
"""Fonts that may be named: nothing is loaded for them, a browser takes the first that it has."""
