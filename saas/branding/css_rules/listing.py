"""What own CSS may use, as the page for it lists that: rows of names and words under headings."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from saas.branding.css_rules.parts import PARTS
from saas.branding.css_rules.properties import GROUPS
from saas.branding.css_rules.tokens import COLOURS, FONTS, LENGTHS, PACES, SHADOWS

Row = tuple[str, Sequence[str], str]
"""Heading, names, words."""

TOKENS: tuple[Row, ...] = tuple(
    ("Names for var()", [f"--{name}" for name in sorted(names)], words)
    for names, words in (
        (COLOURS, "a colour"),
        (LENGTHS, "a length"),
        (SHADOWS, "a shadow"),
        (FONTS, "a font family"),
        (PACES, "a time and an easing, for transitions"),
    )
)


def listed_parts() -> list[tuple[str, list[Row]]]:
    """The parts of pages that stay, by heading."""
    return _by_heading((part.heading, part.selectors, part.what) for part in PARTS)


def listed_properties() -> list[tuple[str, list[Row]]]:
    """The properties with what each takes and the names for ``var()``, by heading."""
    return _by_heading([*((group.heading, group.names, group.takes.takes) for group in GROUPS), *TOKENS])


def _by_heading(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    return [(heading, list(found)) for heading, found in groupby(rows, itemgetter(0))]
