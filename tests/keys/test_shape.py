"""What a key looks like: for scanners, for slips of the hand, for other environments."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.apikeys import PATTERN, WORDS, hint_of, holds_key, is_genuine, new_key

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("environment", "word"), WORDS.items())
def test_a_key_names_its_environment_and_is_found_by_the_documented_pattern(environment, word):
    key = new_key(environment)
    assert key.startswith(f"saas_{word}_")
    assert re.findall(PATTERN, f"export TOKEN={key}; curl …") == [key]
    assert is_genuine(key, environment)
    assert [other for other in WORDS if is_genuine(key, other)] == [environment]


def test_the_pattern_stands_in_the_documents():
    assert PATTERN in (ROOT / "docs" / "api-keys.md").read_text()


def test_no_two_are_the_same():
    assert len({new_key("test") for _ in range(500)}) == 500


@given(place=st.integers(0, 58), sign=st.sampled_from("0aZ9_-é \n"))
def test_a_slip_of_the_hand_is_noticed(place, sign):
    key = new_key("production")
    changed = key[:place] + sign + key[place + 1 :]
    assert is_genuine(changed, "production") is (changed == key)


@given(text=st.text())
def test_nothing_else_is_one(text):
    assert not is_genuine(text, "production")
    assert not is_genuine(f"saas_live_{text}", "production")


def test_a_piece_more_or_less_is_none():
    key = new_key("test")
    for text in (key[:-1], f"{key}0", f" {key}", key.upper(), f"{key}\n", key.replace("saas_test_", "")):
        assert not is_genuine(text, "test")


def test_it_is_seen_in_a_text():
    assert holds_key(f"see {new_key('test')}.")
    assert not holds_key("saas_test_ is what they begin with")
    assert not holds_key("x" * 100)


def test_the_hint_shows_eight_characters_of_it():
    key = new_key("production")
    assert hint_of(key) == f"{key[:14]}…{key[-4:]}"
