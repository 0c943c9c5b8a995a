"""The brand's colours as a logo has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from saas.branding.colours import distance, parse
from saas.branding.images.palette import APART, suggest
from saas.branding.images.processing import process
from tests.branding.images.pictures import logo, saved

GREEN, DARK_GREEN, RED, WHITE, BLACK, GREY = "#0a7350", "#0a6b4b", "#c22826", "#ffffff", "#000000", "#808080"


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        ([(GREEN, 1.0)], (GREEN, "")),
        ([(WHITE, 0.8), (GREEN, 0.15), (BLACK, 0.05)], (GREEN, "")),
        ([(WHITE, 0.7), (GREEN, 0.2), (RED, 0.1)], (GREEN, RED)),
        ([(GREEN, 0.3), (DARK_GREEN, 0.25), (RED, 0.45)], (GREEN, RED)),
        ([(GREEN, 0.6), (DARK_GREEN, 0.4)], (GREEN, "")),
        ([(GREEN, 0.99), (RED, 0.01)], (GREEN, "")),
        ([(WHITE, 0.9), (BLACK, 0.1)], (BLACK, "")),
        ([(WHITE, 0.6), (GREY, 0.4)], (GREY, "")),
        ([(WHITE, 0.95), (BLACK, 0.05)], (WHITE, "")),
        ([(WHITE, 1.0)], (WHITE, "")),
        ([], ("", "")),
    ],
)
def test_white_black_and_grey_are_left_aside_and_near_colours_are_one(
    colours: list[tuple[str, float]], expected: tuple[str, str]
) -> None:
    assert suggest(colours) == expected


def test_the_pale_edge_of_a_colour_on_white_is_no_second_colour() -> None:
    pale = "#85b9a8"
    assert suggest([(WHITE, 0.5), (GREEN, 0.48), (pale, 0.02)]) == (GREEN, "")
    assert suggest([(WHITE, 0.5), (GREEN, 0.3), (pale, 0.2)]) == (GREEN, pale)


def test_a_logo_gives_its_own_two_colours() -> None:
    assert suggest(process(saved(logo((400, 400))), "logo").colours) == (GREEN, RED)


HEX = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(some.lists(some.tuples(HEX, some.floats(0.0001, 1)), max_size=24, unique_by=lambda pair: pair[0]))
def test_what_is_suggested_is_one_of_the_colours_in_whatever_order(colours: list[tuple[str, float]]) -> None:
    first, second = suggest(colours)
    assert {first, second} <= {colour for colour, _ in colours} | {""}
    assert (first == "") == (not colours)
    assert (first, second) == suggest(colours[::-1])
    assert not second or distance(parse(first), parse(second)) >= APART
