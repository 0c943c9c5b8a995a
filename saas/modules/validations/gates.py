"""Gates: what a document must hold or must not hold, as pure functions of its text.

A gate looks for words and patterns, which finds what was forgotten; it does not replace whoever knows the law. A pattern
repeats nothing without a bound (``\\d{1,9}``, never ``\\d+``): whatever is pasted, looking through it takes time in proportion.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

LONGEST_EXCERPT = 160
SEVERITIES = {"high": "High", "medium": "Medium", "low": "Low"}
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\t": " "})
_SPACE = re.compile(r"\s{2,}")
_LIST = 3
_EDGE = ("", r"\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gate found: whether the document passes, why in one sentence, and the line (from 1) and words it is about."""

    passed: bool
    note: str
    line: int | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to look through; quotation marks, dashes and spaces of all kinds count as the plain ones.

    In ``plain`` a run of space is one space, or one break if it holds any: patterns need not look for more.
    """

    text: str
    plain: str = field(init=False)
    _cuts: list[int] = field(init=False)
    _lost: list[int] = field(init=False)

    def __post_init__(self) -> None:
        text = self.text.translate(_PLAIN)
        lost, cuts, sums = 0, [0], [0]
        for run in _SPACE.finditer(text):
            cuts.append(run.start() - lost + 1)
            lost += run.end() - run.start() - 1
            sums.append(lost)
        object.__setattr__(self, "plain", _SPACE.sub(_one_space, text))
        object.__setattr__(self, "_cuts", cuts)
        object.__setattr__(self, "_lost", sums)

    def find(self, patterns: Iterable[str]) -> re.Match[str] | None:
        """The earliest place where one of the patterns stands."""
        found = [match for pattern in patterns if (match := compiled(pattern).search(self.plain))]
        return min(found, key=lambda match: match.start(), default=None)

    def at(self, match: re.Match[str]) -> tuple[int, str]:
        """The line of a match and that line's words, cut around it."""
        place = match.start() + self._lost[bisect_right(self._cuts, match.start()) - 1]
        start = self.text.rfind("\n", 0, place) + 1
        end = self.text.find("\n", place)
        words = self.text[start : len(self.text) if end < 0 else end]
        return self.text.count("\n", 0, start) + 1, _cut(words, place - start)


@dataclass(frozen=True, slots=True)
class Check:
    """How a document is looked through; ``patterns`` are all that it may be searched for."""

    patterns: tuple[str, ...]
    look: Callable[[Document], Finding]

    def __call__(self, document: Document) -> Finding:
        """What is found."""
        return self.look(document)


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing to look for: ``mend`` says what to do when it fails."""

    id: str
    label: str
    severity: str
    mend: str
    check: Check


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as plain texts are searched for it: a space stands for any space, a dot for anything, breaks too."""
    return re.compile(pattern.replace(" ", r"\s"), re.IGNORECASE | re.DOTALL)


def _one_space(run: re.Match[str]) -> str:
    return "\n" if "\n" in run.group() else " "


def _cut(line: str, place: int) -> str:
    """At most so many characters of a line, with the place in them."""
    line = line.rstrip()
    lead = len(line) - len(line.lstrip())
    begin = max(lead, min(place - LONGEST_EXCERPT // 3, len(line) - LONGEST_EXCERPT))
    words = line[begin : begin + LONGEST_EXCERPT].strip()
    return f"{'…' if begin > lead else ''}{words}{'…' if begin + LONGEST_EXCERPT < len(line) else ''}"


def holds(*patterns: str) -> Check:
    """Pass when one of the patterns stands in the text. A space in a pattern stands for any space, breaks too."""

    def check(document: Document) -> Finding:
        match = document.find(patterns)
        if match is None:
            return Finding(False, "Nothing like this stands in the document.")
        return Finding(True, "The document says so.", *document.at(match))

    return Check(patterns, check)


def lacks(*patterns: str) -> Check:
    """Pass when none of the patterns stands in the text."""

    def check(document: Document) -> Finding:
        match = document.find(patterns)
        if match is None:
            return Finding(True, "Nothing of the kind stands in the document.")
        return Finding(False, f"The document says “{_words(match)}”.", *document.at(match))

    return Check(patterns, check)


def holds_when(occasion: tuple[str, ...], *patterns: str) -> Check:
    """Where the occasion stands in the text, one of the patterns must as well; elsewhere there is nothing to ask."""

    def check(document: Document) -> Finding:
        cause = document.find(occasion)
        if cause is None:
            return Finding(True, "The document gives no occasion for this.")
        if match := document.find(patterns):
            return Finding(True, "The document says so.", *document.at(match))
        return Finding(False, f"The document speaks of “{_words(cause)}” without it.", *document.at(cause))

    return Check((*occasion, *patterns), check)


def holds_most(parts: Mapping[str, tuple[str, ...]], *, least: int) -> Check:
    """Pass when at least so many of the parts stand in the text; each is told by its name with its patterns."""

    def check(document: Document) -> Finding:
        matches = {name: document.find(patterns) for name, patterns in parts.items()}
        first = min((match for match in matches.values() if match), key=lambda match: match.start(), default=None)
        missing = [name for name, match in matches.items() if match is None]
        note = f"Missing: {_listed(missing)}." if missing else "All of it is there."
        return Finding(len(parts) - len(missing) >= least, note, *(document.at(first) if first else ()))

    return Check(tuple(pattern for patterns in parts.values() for pattern in patterns), check)


def phrase(words: str) -> str:
    """A pattern for words as somebody typed them; where they begin or end with a letter, a word begins or ends."""
    plain = " ".join(words.translate(_PLAIN).split())
    inner = r"\s".join(re.escape(word) for word in plain.split(" "))
    return _EDGE[plain[:1].isalnum()] + inner + _EDGE[plain[-1:].isalnum()]


def _words(match: re.Match[str]) -> str:
    return " ".join(match.group().split())[:80]


def _listed(names: list[str]) -> str:
    shown = names[:_LIST]
    return ", ".join(shown) + (f" and {len(names) - _LIST} more" if len(names) > _LIST else "")
