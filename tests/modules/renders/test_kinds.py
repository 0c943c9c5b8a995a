"""What can be ordered, what it uses, and what comes of it: pure functions."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from saas.core.errors import Invalid
from saas.modules.renders.drawing import DRAWINGS, draw, draw_voice
from saas.modules.renders.kinds import KINDS, SIZES, seconds_of
from saas.modules.renders.simulator import refusal_of, result_of
from tests.modules.renders.conftest import FILM, IMAGE, ORDERS, SPEECH


@pytest.mark.parametrize(
    ("characters", "seconds"), [(1, 1), (15, 1), (16, 2), (30, 2), (31, 3), (4_500, 300), (15_000, 1_000)]
)
def test_fifteen_characters_take_a_second_and_begun_ones_count_whole(characters, seconds):
    assert seconds_of("x" * characters) == seconds


@pytest.mark.parametrize(
    ("kind", "given", "amount", "gigabytes"),
    [
        ("image", IMAGE, 2, "0.004194304"),  # 2 × 1024 × 1024 pixels of 2 bytes
        ("image", IMAGE | {"size": "wide", "number": 10}, 10, "0.02654208"),
        ("speech", SPEECH, 2, "0.000032"),
        ("film", FILM, 3, "0.18"),
        ("film", FILM | {"resolution": "4k", "minutes": 120}, 120, "30"),
    ],
)
def test_what_an_order_uses_follows_from_its_settings(kind, given, amount, gigabytes):
    clean = KINDS[kind].check(given)
    assert KINDS[kind].amount(clean) == amount
    assert KINDS[kind].gigabytes(clean) == Decimal(gigabytes)


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("image", {"prompt": " "}, "prompt"),
        ("image", {"prompt": "x" * 501}, "prompt"),
        ("image", {"prompt": "a\0b"}, "prompt"),
        ("image", {"prompt": ["a harbour"]}, "prompt"),
        ("image", {"prompt": 5}, "prompt"),
        ("image", {"prompt": None}, "prompt"),
        ("image", {"size": "round"}, "size"),
        ("image", {"size": ["square"]}, "size"),
        ("image", {"number": 0}, "number"),
        ("image", {"number": 11}, "number"),
        ("image", {"number": "2"}, "number"),
        ("image", {"number": True}, "number"),
        ("speech", {"text": ""}, "text"),
        ("speech", {"text": "x" * 15_001}, "text"),
        ("speech", {"text": {"say": "this"}}, "text"),
        ("speech", {"voice": "parrot"}, "voice"),
        ("film", {"title": "\u202e"}, "title"),
        ("film", {"title": ["How we work"]}, "title"),
        ("film", {"minutes": 121}, "minutes"),
        ("film", {"minutes": 1.5}, "minutes"),
        ("film", {"resolution": "8k"}, "resolution"),
    ],
)
def test_what_is_wrong_is_named(kind, change, field):
    assert KINDS[kind].check(ORDERS[kind])
    with pytest.raises(Invalid) as refused:
        KINDS[kind].check(ORDERS[kind] | change)
    assert refused.value.field == field


def test_titles_are_short():
    title = KINDS["speech"].title({"text": "word " * 100, "voice": "alto"})
    assert len(title) <= 80
    assert title.endswith("…")
    assert KINDS["image"].title(KINDS["image"].check(IMAGE)) == "A harbour at dawn"


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_same_seed_draws_the_same_and_others_differ(size):
    drawn = [draw(size, seed=str(number)) for number in range(30)]
    assert drawn == [draw(size, seed=str(number)) for number in range(30)]
    assert len(set(drawn)) == len(drawn) > len(DRAWINGS)


def test_drawings_are_well_formed_and_hold_nothing_that_runs():
    for drawn in (*(draw(SIZES["wide"], seed=str(number)) for number in range(20)), draw_voice(seed="a")):
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn).iter()}
        assert tags <= {"svg", "defs", "linearGradient", "stop", "rect", "circle", "path"}
        assert "style" not in drawn
        assert "href" not in drawn


def test_a_model_refuses_what_it_does_not_make():
    assert refusal_of(KINDS["image"].check(IMAGE)) == ""
    assert "The model refused this" in refusal_of(KINDS["image"].check(IMAGE | {"prompt": "A Weapon"}))


def test_results_are_facts():
    assert result_of("film", FILM)["frames"] == 4_500
    assert result_of("speech", SPEECH)["voice"] == "Alto, calm"
    assert result_of("image", IMAGE)["images"] == 2
