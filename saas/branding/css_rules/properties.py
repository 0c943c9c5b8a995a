"""The properties that may be set.

They change how the content of a page looks, never what is there, where it stands in front of other things, or whether
it is seen: so no ``position``, ``transform`` or negative margin (a button drawn over another), no ``display``,
``visibility``, ``opacity``, ``overflow`` or ``height`` (a warning made to go away; opacities of nested boxes multiply),
no ``content`` (words that the page never said), no ``outline`` (the focus ring is for people who use the keyboard), no
``cursor`` or ``pointer-events``, and nothing that loads, moves by itself or defines names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from saas.branding.css_rules.grammar import Grammar, grammar

SIDES = ("top", "right", "bottom", "left", "block", "block-start", "block-end", "inline", "inline-start", "inline-end")
CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left", "start-start", "start-end", "end-end", "end-start")
LINES = "none solid dashed dotted double"
DRAWN, STROKES = "none underline overline line-through", "solid double dotted dashed wavy"
EASINGS = "ease linear ease-in ease-out ease-in-out"
PLACES = "normal start end center stretch baseline flex-start flex-end"
SHARED = "space-between space-around space-evenly"
SIZES = "min-content max-content fit-content"
WIDE, SHARE = (8, 2000), (5, 1000)
MOVED = (
    *("color", "background-color", "border-color", "box-shadow", "text-decoration-color", "fill", "stroke"),
    *("border-radius", "letter-spacing", "padding"),
)
"""Properties that a transition may name."""


@dataclass(frozen=True)
class Group:
    """Properties that take the same values, under a heading for people."""

    heading: str
    names: tuple[str, ...]
    takes: Grammar


def _sides(before: str, after: str = "") -> tuple[str, ...]:
    return tuple(f"{before}-{side}{after}" for side in SIDES)


COLOURS = (
    Group("Colours", ("caret-color", "accent-color"), grammar("colour", "auto")),
    Group("Colours", ("color", "background-color", "text-decoration-color"), grammar("colour")),
    Group("Colours", ("fill", "stroke"), grammar("colour", "none")),
    Group("Colours", ("border-color",), grammar("colour", parts=4)),
    Group("Colours", _sides("border", "-color"), grammar("colour", parts=2)),
)
BACKGROUNDS = (
    Group("Backgrounds", ("background",), grammar("colour gradient", "none", lists=4)),
    Group("Backgrounds", ("background-image",), grammar("gradient", "none", lists=4)),
    Group("Backgrounds", ("background-size",), grammar("length percentage math", "auto cover contain", 2, 4)),
    Group(
        "Backgrounds",
        ("background-position",),
        grammar("length percentage math", "top right bottom left center", 4, 4),
    ),
    Group("Backgrounds", ("background-repeat",), grammar("", "repeat no-repeat repeat-x repeat-y space round", 2, 4)),
)
BORDERS = (
    Group(
        "Borders",
        ("border", *_sides("border")),
        grammar("length colour", f"{LINES} thin medium thick", 3, lengths=(0, 32), once="length colour"),
    ),
    Group("Borders", ("border-style", *_sides("border", "-style")), grammar("", LINES, 4)),
    Group(
        "Borders",
        ("border-width", *_sides("border", "-width")),
        grammar("length", "thin medium thick", 4, lengths=(0, 32)),
    ),
    Group("Borders", ("border-radius",), grammar("length percentage math slash", "", 9)),
    Group(
        "Borders",
        tuple(f"border-{corner}-radius" for corner in CORNERS),
        grammar("length percentage math", "", 2),
    ),
    Group(
        "Shadows",
        ("box-shadow",),
        grammar("length colour shadow", "none inset", 6, 4, lengths=(-64, 64), once="colour"),
    ),
    Group("Shadows", ("text-shadow",), grammar("length colour", "none", 4, 4, lengths=(-32, 32), once="colour")),
)
SPACING = (
    Group("Spacing", ("padding", *_sides("padding")), grammar("length percentage math", "", 4, lengths=(0, 200))),
    Group("Spacing", ("margin", *_sides("margin")), grammar("length", "auto", 4, lengths=(0, 200))),
    Group("Spacing", ("gap", "row-gap", "column-gap"), grammar("length math", "normal", 2, lengths=(0, 200))),
    Group("Spacing", ("border-spacing",), grammar("length", "", 2, lengths=(0, 200))),
    Group("Sizes", ("min-width", "min-height"), grammar("length percentage math", f"auto {SIZES}")),
    Group("Sizes", ("width",), grammar("length percentage math", f"auto {SIZES}", lengths=WIDE, percents=SHARE)),
    Group("Sizes", ("max-width",), grammar("length percentage math", f"none {SIZES}", lengths=WIDE, percents=SHARE)),
)
ALIGNMENT = (
    Group("Alignment", ("align-items", "align-self", "place-items", "place-self"), grammar("", PLACES, 2)),
    Group("Alignment", ("justify-items", "justify-self"), grammar("", f"{PLACES} left right")),
    Group("Alignment", ("align-content", "place-content"), grammar("", f"{PLACES} {SHARED}", 2)),
    Group("Alignment", ("justify-content",), grammar("", f"normal start end center stretch left right {SHARED}")),
    Group("Alignment", ("flex-wrap",), grammar("", "wrap nowrap")),
    Group("Alignment", ("text-align",), grammar("", "start end left right center justify")),
    Group("Alignment", ("vertical-align",), grammar("", "baseline top middle bottom text-top text-bottom sub super")),
)
TYPE = (
    Group("Type", ("font-family",), grammar("family", "", 4, 12)),
    Group(
        "Type",
        ("font-size",),
        grammar(
            "length percentage",
            "smaller larger small medium large x-large xx-large",
            lengths=(8, 200),
            percents=(60, 500),
        ),
    ),
    Group("Type", ("font-weight",), grammar("number", "normal bold bolder lighter", numbers=(1, 1000))),
    Group("Type", ("font-style",), grammar("", "normal italic oblique")),
    Group("Type", ("font-variant-caps",), grammar("", "normal small-caps all-small-caps")),
    Group(
        "Type", ("font-variant-numeric",), grammar("", "normal tabular-nums lining-nums oldstyle-nums slashed-zero", 4)
    ),
    Group("Type", ("line-height",), grammar("number length percentage", "normal", lengths=(8, 200), numbers=(0.8, 4))),
    Group("Type", ("letter-spacing", "word-spacing"), grammar("length", "normal", lengths=(-4, 32))),
)
TEXT = (
    Group("Text", ("text-transform",), grammar("", "none uppercase lowercase capitalize")),
    Group("Text", ("text-decoration",), grammar("colour length", f"{DRAWN} {STROKES}", 4, lengths=(0, 16))),
    Group("Text", ("text-decoration-line",), grammar("", DRAWN, 3)),
    Group("Text", ("text-decoration-style",), grammar("", STROKES)),
    Group("Text", ("text-decoration-thickness",), grammar("length", "auto from-font", lengths=(0, 16))),
    Group("Text", ("text-underline-offset",), grammar("length", "auto", lengths=(-16, 16))),
    Group("Text", ("text-wrap",), grammar("", "wrap nowrap balance pretty")),
    Group("Text", ("white-space",), grammar("", "normal nowrap pre-line pre-wrap")),
    Group("Text", ("overflow-wrap",), grammar("", "normal anywhere break-word")),
    Group("Text", ("word-break",), grammar("", "normal break-all keep-all break-word")),
    Group("Text", ("hyphens",), grammar("", "none manual auto")),
)
LISTS = (
    Group(
        "Lists and tables",
        ("list-style-type",),
        grammar("", "none disc circle square decimal lower-alpha upper-alpha lower-roman upper-roman"),
    ),
    Group("Lists and tables", ("list-style-position",), grammar("", "inside outside")),
    Group("Lists and tables", ("border-collapse",), grammar("", "collapse separate")),
    Group("Lists and tables", ("table-layout",), grammar("", "auto fixed")),
    Group("Lists and tables", ("caption-side",), grammar("", "top bottom")),
)
MOTION = (
    Group(
        "Motion",
        ("transition",),
        grammar("time easing pace", f"none {EASINGS} {' '.join(MOVED)}", 3, 8, once="time pace"),
    ),
    Group("Motion", ("transition-property",), grammar("", f"none {' '.join(MOVED)}", 1, 8)),
    Group("Motion", ("transition-duration",), grammar("time", "", 1, 8)),
    Group("Motion", ("transition-timing-function",), grammar("easing", EASINGS, 1, 8)),
)
GROUPS = (*COLOURS, *BACKGROUNDS, *BORDERS, *SPACING, *ALIGNMENT, *TYPE, *TEXT, *LISTS, *MOTION)

PROPERTIES: Mapping[str, Grammar] = {name: group.takes for group in GROUPS for name in group.names}
"""What each property takes."""
