"""Texts made to keep the gates busy: looking through them takes time in proportion to their length."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import pytest

from saas.modules.validations.checking import check_text
from saas.modules.validations.gates import Document, compiled, holds, phrase
from saas.modules.validations.models import TEXT_LENGTH, CustomGate
from saas.modules.validations.rules import RULE_SETS

PHRASES = ("best in class", "1 " * 90, "a.b", "x+* y", "%", "(a+)+$")
PATTERNS = [pattern for one in RULE_SETS.values() for gate in one.gates for pattern in gate.check.patterns]
PATTERNS += [phrase(words) for words in PHRASES]
MOST_WAYS = 1_000
"""In so many ways a pattern may be tried from one place of a text at most."""
PATIENCE = 120
"""Seconds after which a check counts as one that hangs; all of them together take a few."""
HOSTILE = (
    "1",
    " ",
    "\n",
    "a ",
    "1 ",
    "a.b.c.",
    "1.",
    "1,1 ",
    "1 \n",
    "\u00a0\t",
    "kept 11111 ",
    "between",
    "value ",
    "1 days ",
    "guaranteed ",
    "for a period of 1 (",
    "%" + " " * 99,
    "£ ",
    "governed by ",
)


@contextmanager
def patience() -> Iterator[None]:
    """Interrupt what hangs."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern[:40])
def test_a_pattern_can_be_tried_in_few_ways_from_each_place_of_a_text(pattern: str) -> None:
    repeats = re.sub(r"\\.|\[[^\]]*\]", "x", compiled(pattern).pattern)
    assert not re.search(r"[+*]|\{\d*,\}", repeats)
    assert prod(int(most) for most in re.findall(r"\{(?:\d+,)?(\d+)\}", repeats)) <= MOST_WAYS
    assert repeats.count("?") < 10


@pytest.mark.parametrize("part", HOSTILE, ids=repr)
def test_a_hostile_text_is_looked_through_and_the_check_ends(part: str) -> None:
    text = (part * TEXT_LENGTH)[:TEXT_LENGTH]
    document = Document(text)
    own = [
        CustomGate(id=None, label="Mine", kind="must_not", phrase=words, severity="low", mend="") for words in PHRASES
    ]
    with patience():
        assert check_text(text, [*RULE_SETS, "custom"], own)
        for pattern in PATTERNS:
            compiled(pattern).search(document.plain)


def test_places_stay_right_where_runs_of_space_count_as_one() -> None:
    text = f"First{' ' * 70}line\n\n \n{' ' * 5}the\t \u00a0 second  one\nand the third"
    found = holds("second one")(Document(text))
    assert (found.passed, found.line, found.excerpt) == (True, 4, "the\t \u00a0 second  one")
    assert holds("line the second")(Document(text)).line == 1
    assert holds("third")(Document(text)).line == 5
    assert not holds("secondone")(Document(text)).passed


def test_what_may_not_go_beyond_a_line_does_not_where_space_surrounds_the_break() -> None:
    (firm,) = (gate for gate in RULE_SETS["fca_uk"].gates if gate.id == "firm_reference")
    assert firm.check(Document("FRN   \t 123456")).passed
    assert not firm.check(Document("FRN  \n  123456")).passed
