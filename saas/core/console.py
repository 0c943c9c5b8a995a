"""Words on a terminal: aligned tables and marks, in colour only where somebody looks."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import click

Level = Literal["ok", "warn", "fail"]

_COLOURS: dict[Level, str] = {"ok": "green", "warn": "yellow", "fail": "red"}


def say(text: str = "", *, err: bool = False) -> None:
    """Print a line; colours are left out when nobody looks, or NO_COLOR is set."""
    click.echo(text, err=err, color=False if os.environ.get("NO_COLOR") else None)


def mark(level: Level) -> str:
    """The level as a word of four letters."""
    return click.style(f"{level:<4}", fg=_COLOURS[level], bold=level == "fail")


def faint(text: str) -> str:
    """Text that matters less."""
    return click.style(text, dim=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under their head, each column as wide as its longest cell."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(head, *cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    return "\n".join([click.style(_line(head, widths), bold=True), *lines])


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, the values one below the other."""
    known = [(name, str(value)) for name, value in pairs]
    width = max(len(name) for name, _ in known)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in known)


def counter(total_of: Callable[[], int]) -> Callable[[int], None]:
    """A function that shows how far a long work is: on a terminal one line that changes, else a line for each tenth."""
    told = [0]

    def show(done: int) -> None:
        total = max(1, total_of())
        if sys.stderr.isatty():
            click.echo(f"\r  {done} of {total}{' ' * 8}", err=True, nl=done >= total)
        elif done >= total or done * 10 // total > told[0]:
            told[0] = done * 10 // total
            click.echo(f"  {done} of {total}", err=True)

    return show


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
