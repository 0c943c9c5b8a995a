"""Where a theme starts before anything is repaired: lightness and chroma of each token, light and dark."""

from collections.abc import Mapping
from dataclasses import dataclass

Step = tuple[float, float]
"""Lightness and chroma in OKLCH; the chroma is that of a colourful brand, a grey brand takes none of it."""

COLOURFUL = 0.1
"""A brand of this chroma or more tints its neutrals fully."""


@dataclass(frozen=True)
class Scale:
    """One mode of a theme."""

    mode: str
    surfaces: Mapping[str, Step]
    """What other things stand on, tinted by the brand's hue, ``accent`` by the secondary's."""
    bounds: Mapping[str, Step]
    """By level, the lowest and highest lightness that a surface may be set to, else no text is readable on all of them."""
    texts: Mapping[str, Step]
    states: Mapping[str, tuple[float, float, float]]
    """Lightness, chroma and hue: their hue is their meaning, so no brand changes it."""
    fill: Step
    """The least lightness of the brand's own colour, and how much its chroma grows when it had to become lighter."""
    inks: tuple[Step, ...]
    """Texts on a fill, best first."""
    away: int
    """Which way colours move to stand out from the surfaces: -1 darker, 1 lighter."""


LIGHT = Scale(
    mode="light",
    surfaces={
        "background": (0.9873, 0.0011),
        "card": (1, 0),
        "popover": (1, 0),
        "secondary": (0.9545, 0.005),
        "muted": (0.9646, 0.0034),
        "accent": (0.9493, 0.0208),
        "border": (0.9205, 0.006),
    },
    bounds={"AA": (0.93, 1), "AAA": (0.97, 1)},
    texts={"foreground": (0.2117, 0.0154), "muted-foreground": (0.4835, 0.0128), "input": (0.655, 0.0114)},
    states={
        "success": (0.5311, 0.1259, 151.6),
        "warning": (0.6, 0.1313, 71.4),
        "info": (0.5415, 0.1273, 246),
        "destructive": (0.5311, 0.1902, 27.2),
    },
    fill=(0, 1),
    inks=((1, 0), (0.1896, 0.0309), (0, 0)),
    away=-1,
)

DARK = Scale(
    mode="dark",
    surfaces={
        "background": (0.1851, 0.0088),
        "card": (0.2152, 0.0098),
        "popover": (0.2396, 0.0117),
        "secondary": (0.2802, 0.0125),
        "muted": (0.2564, 0.0115),
        "accent": (0.2905, 0.0347),
        "border": (0.3004, 0.0123),
    },
    bounds={"AA": (0, 0.3), "AAA": (0, 0.22)},
    texts={"foreground": (0.9448, 0.006), "muted-foreground": (0.7253, 0.0133), "input": (0.53, 0.0152)},
    states={
        "success": (0.7408, 0.1401, 152),
        "warning": (0.8004, 0.1297, 78.5),
        "info": (0.7396, 0.1004, 240.5),
        "destructive": (0.6982, 0.1579, 24.7),
    },
    fill=(0.74, 1.3),
    inks=((0.1896, 0.0309), (1, 0), (0, 0)),
    away=1,
)
