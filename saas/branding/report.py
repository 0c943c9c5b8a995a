"""The report on contrast: what a brand's colours came to, and what had to be changed so that all of it can be read."""

from collections.abc import Iterator
from dataclasses import dataclass

from saas.branding.brand import MODES, Brand
from saas.branding.colours import parse
from saas.branding.compiler import Repair, compile_brand
from saas.branding.pairs import Pair, pairs, shade

WORDS = {
    "background": "Page",
    "foreground": "Text",
    "card": "Card",
    "muted": "Quiet surface",
    "muted-foreground": "Quiet text",
    "primary": "Button",
    "primary-foreground": "Text on buttons",
    "primary-hover": "Button under the pointer",
    "accent": "Highlight",
    "accent-foreground": "Text on highlights",
    "link": "Links",
    "primary-border": "Edges and marks",
    "ring": "Focus ring",
    "input": "Edges of fields",
    "destructive": "What deletes",
    "destructive-foreground": "Text on what deletes",
    "success": "Success",
    "warning": "Warning",
    "info": "Note",
}
"""Tokens as people know them; others go by their own name."""

_SHOWN = (
    *(("foreground", "background"), ("muted-foreground", "card"), ("primary-foreground", "primary"), ("link", "card")),
    *(
        ("accent-foreground", "accent"),
        ("destructive-foreground", "destructive"),
        ("input", "card"),
        ("ring", "background"),
    ),
)
"""The pairs that people look for first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One colour on another as they came out, with the contrast they have and need."""

    mode: str
    label: str
    front: str
    ground: str
    ratio: float
    needed: float


@dataclass(frozen=True, slots=True)
class Report:
    """How many pairs were looked at and the weakest of them beside what it needs; the best known pairs; the repairs; and what the
    dark theme shows instead of a brand colour that is too dark for it (``lifted``: given and shown)."""

    level: str
    checked: int
    samples: tuple[Sample, ...]
    repairs: tuple[Repair, ...]
    lifted: tuple[str, str] | None

    @property
    def changed(self) -> int:
        """How many colours were changed."""
        return len(self.repairs)


def report_on(brand: Brand) -> Report:
    """The report on a brand."""
    theme, checked = compile_brand(brand), len(pairs()) * len(MODES)
    shown = theme.dark["primary"]
    lifted = None if shown == brand.primary or "dark.primary" in brand.overrides else (brand.primary, shown)
    return Report(brand.level, checked, tuple(_samples(brand)), theme.repairs, lifted)


def called(token: str) -> str:
    """A token as people know it."""
    return WORDS.get(token, token.replace("-", " ").capitalize())


def called_single(name: str) -> str:
    """A single colour such as ``light.background`` as people know it."""
    mode, _, token = name.partition(".")
    return f"{called(token)}, {mode}"


def _samples(brand: Brand) -> Iterator[Sample]:
    theme = compile_brand(brand)
    known = {(str(pair.front), str(pair.ground)): pair for pair in pairs()}
    for mode in MODES:
        tokens = {name: parse(value) for name, value in getattr(theme, mode).items()}
        for names in _SHOWN:
            pair: Pair = known[names]
            front, ground = (shade(part, tokens).hex for part in (pair.front, pair.ground))
            label = f"{called(names[0])} on {called(names[1]).lower()}"
            yield Sample(mode, label, front, ground, pair.ratio(tokens), pair.needs(brand.level))
