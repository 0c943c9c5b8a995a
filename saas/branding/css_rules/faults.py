"""What is wrong with a sheet and where, gathered so that a designer sees everything at once."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

Node = Any
"""A token or rule of tinycss2, which tells no types."""

TOLD = 50
"""So many faults are told; of the rest only how many there are."""

ENOUGH = 500
"""So many faults are looked for."""

EXCERPT = 40
UNSEEN = "Here is a character that cannot be seen. Take it out, or type the line anew."


@dataclass(frozen=True)
class Fault:
    """Something to say of a place: line and column from 1, a sentence, how the text goes on there, and what stands before."""

    line: int
    column: int
    sentence: str
    excerpt: str
    before: str = ""


class Refused(Exception):
    """This token, and with it what it stands in, cannot be taken."""

    def __init__(self, at: Node, sentence: str) -> None:
        super().__init__(sentence)
        self.line, self.column, self.sentence = at.source_line, at.source_column, _strange(at) or sentence


def _strange(at: Node) -> str:
    """What is wrong with the letters of a token, which people take for the ones they know."""
    if at.type == "whitespace":
        return ""
    text = next((text for name in ("value", "name") if isinstance(text := getattr(at, name, None), str)), "")
    if not text.replace("\n", "").isprintable():
        return UNSEEN
    return "These quotation marks are not those of CSS. Write \" or '." if set(text) & set("“”„‘’") else ""


class Enough(Exception):
    """There are more faults, or is more of a sheet, than anybody wants to hear of."""


class Faults:
    """The faults of one text, whose lines end in a line feed."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self.lines[:-1]), initial=0))
        self._told: list[Fault] = []
        self.count = 0

    @property
    def told(self) -> tuple[Fault, ...]:
        """The first of them, in the order of the text."""
        return tuple(sorted(self._told, key=lambda fault: (fault.line, fault.column)))

    def add(self, line: int, column: int, sentence: str) -> None:
        """Tell one; Enough when there were many before it."""
        if self.count == ENOUGH:
            raise Enough
        self.count += 1
        if self.count <= TOLD:
            text, at = self.lines[line - 1], column - 1
            before = ("…" if at > EXCERPT else "") + printable(text[max(0, at - EXCERPT) : at]).lstrip()
            self._told.append(Fault(line, column, sentence, printable(text[at : at + EXCERPT]).strip(), before))

    def add_at(self, position: int, sentence: str) -> None:
        """Tell one by the number of characters before it."""
        number = bisect_right(self._starts, position)
        self.add(number, position - self._starts[number - 1] + 1, sentence)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """What is refused inside is told, and the work goes on behind it."""
        try:
            yield
        except Refused as refused:
            self.add(refused.line, refused.column, refused.sentence)


def printable(text: str) -> str:
    """The text with a mark in place of every character that cannot be seen, and tabs as spaces."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text.replace("\t", " "))


def quoted(name: str) -> str:
    """A name from the sheet as sentences show it: printable and short."""
    return f"“{printable(name[:EXCERPT])}”"
