"""How gates look through a text: lines, excerpts, phrases, and what is pasted along with words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.modules.validations.checking import check_text, clean_text, is_blank
from saas.modules.validations.gates import LONGEST_EXCERPT, Document, holds, holds_most, holds_when, lacks, phrase
from saas.modules.validations.models import CustomGate
from saas.modules.validations.rules import RULE_SETS


def test_a_finding_names_the_line_and_quotes_it() -> None:
    found = holds("second")(Document("First line\nThe second one\nThird"))
    assert (found.passed, found.line, found.excerpt) == (True, 2, "The second one")
    missing = holds("fourth")(Document("First line"))
    assert (missing.passed, missing.line, missing.excerpt) == (False, None, "")


def test_the_earliest_place_counts_and_long_lines_are_cut_around_it() -> None:
    found = lacks("later", "early")(Document("x" * 500 + " early " + "y" * 500 + " later"))
    assert not found.passed
    assert "early" in found.excerpt
    assert found.excerpt[0] == found.excerpt[-1] == "…"
    assert len(found.excerpt) <= LONGEST_EXCERPT + 2


@pytest.mark.parametrize(
    ("words", "text", "there"),
    [
        ("best in class", "We are Best\n  in   CLASS today", True),
        ("best in class", "bestinclass", False),
        ("class", "classic", False),
        ("it's", "It’s here", True),
        ("100 % (sure)", "we are 100 % (sure)!", True),
        ("a.b", "axb", False),
    ],
)
def test_a_phrase_is_found_whatever_its_capitals_breaks_and_quotes(words: str, text: str, there: bool) -> None:
    assert holds(phrase(words))(Document(text)).passed is there


def test_what_hangs_on_an_occasion_is_asked_for_there_only() -> None:
    warned = holds_when(("ISA",), "may change")
    assert warned(Document("Nothing of the kind")).passed
    assert warned(Document("An ISA. Rules may change.")).passed
    refused = warned(Document("Text\nAn ISA."))
    assert (refused.passed, refused.line, refused.note) == (False, 2, "The document speaks of “ISA” without it.")


def test_of_a_list_most_must_be_there_and_the_rest_is_named() -> None:
    parts = {name: (name,) for name in ("one", "two", "three", "four", "five")}
    assert holds_most(parts, least=5)(Document("five four three two one")).note == "All of it is there."
    found = holds_most(parts, least=2)(Document("one"))
    assert (found.passed, found.note) == (False, "Missing: two, three, four and 1 more.")


def test_a_pasted_text_loses_what_cannot_be_seen_and_keeps_its_lines() -> None:
    assert clean_text("\ufeff One\r\ntwo\u2028three\x0cfour\u200b\x00\ud800 ") == "One\ntwo\nthree\nfour"
    assert is_blank("\n — …")
    assert not is_blank("é")


@given(st.text(max_size=300))
def test_any_text_can_be_checked_against_everything(text: str) -> None:
    cleaned = clean_text(text)
    own = CustomGate(id=None, label="Mine", kind="must", phrase="x", severity="low", mend="")
    results = check_text(cleaned, [*RULE_SETS, "custom"], [own])
    assert len(results) == sum(len(one.gates) for one in RULE_SETS.values()) + 1
    lines = cleaned.count("\n") + 1
    assert all(1 <= result.get("line", 1) <= lines for result in results)


def test_a_custom_gate_says_what_to_do_where_nobody_said_it() -> None:
    must = CustomGate(id=None, label="Office", kind="must", phrase="registered in", severity="low", mend="")
    never = CustomGate(id=None, label="Slogan", kind="must_not", phrase="best", severity="low", mend="Leave it out.")
    first, second = check_text("The best.", ["custom"], [must, never])
    assert (first["passed"], first["mend"]) == (False, "Add the words “registered in”.")
    assert (second["passed"], second["mend"], second["line"]) == (False, "Leave it out.", 1)
