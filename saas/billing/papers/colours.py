"""Colours on paper: a brand's colour as an accent that can be read on white."""

import re

DEFAULT = "#4338ca"
LEAST = 4.5
"""The contrast that small print needs on white (WCAG 2.2, AA)."""
_HEX = re.compile(r"#[0-9a-f]{6}")


def legible(colour: str) -> str:
    """A colour as ``#rrggbb``, darkened until text in it can be read on white; the default for what is no such colour."""
    known = colour.strip().lower()
    if not _HEX.fullmatch(known):
        return DEFAULT
    parts = [int(known[at : at + 2], 16) for at in (1, 3, 5)]
    while 1.05 / (_luminance(parts) + 0.05) < LEAST:
        parts = [part * 19 // 20 for part in parts]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(parts: list[int]) -> float:
    red, green, blue = (_linear(part / 255) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
