"""How two sheets differ, line by line. Pure."""

from collections.abc import Sequence
from difflib import unified_diff
from itertools import islice, takewhile
from operator import eq
from typing import NamedTuple

from saas.branding.css_rules.faults import printable

COMPARED = 500
"""So many lines are compared at most: those between the first and the last that differ."""
SHOWN = 60
AROUND = 3
HEADER = 3
"""Lines of a unified diff before the first of a text: two names and a place."""
WIDTH = 160


class LineChanges(NamedTuple):
    """The first SHOWN lines: what goes begins with ``-``, what comes with ``+``, what stays with a space, ``…`` stands for lines
    that are left out. ``is_whole`` is false where there are more."""

    lines: Sequence[str]
    is_whole: bool


def line_changes(before: str, after: str) -> LineChanges:
    """What became of the lines of a sheet; no line at all where too many differ."""
    old, new = before.splitlines(), after.splitlines()
    start, end = _alike(old, new), _alike(old[::-1], new[::-1])
    first = max(0, start - AROUND)
    old, new = (lines[first : max(start, len(lines) - end + AROUND)] for lines in (old, new))
    if max(len(old), len(new)) > COMPARED:
        return LineChanges((), is_whole=False)
    found = unified_diff(old, new, n=AROUND, lineterm="")
    lines = [_shown(line) for line in islice(found, HEADER, HEADER + SHOWN + 1)]
    return LineChanges(lines[:SHOWN], is_whole=len(lines) <= SHOWN)


def _alike(old: list[str], new: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: eq(*pair), zip(old, new, strict=False)))


def _shown(line: str) -> str:
    if line.startswith("@@"):
        return "…"
    return printable(line[:WIDTH]) + ("…" if len(line) > WIDTH else "")
