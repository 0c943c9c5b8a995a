"""Colours, against values that others published."""

import pytest

from saas.branding.colours import (
    DEFICIENCIES,
    Triple,
    contrast,
    distance,
    laid_over,
    linear_to_oklab,
    mixed,
    oklab_to_linear,
    oklch,
    parse,
    seen_with,
)
from saas.core.errors import Invalid


@pytest.mark.parametrize("text", ["#0a7350", "#0A7350", "0a7350", " #0a7350 "])
def test_a_colour_may_be_written_in_any_case(text: str) -> None:
    assert parse(text).hex == "#0a7350"


def test_three_digits_stand_for_six() -> None:
    assert parse("#0aF") == parse("#00aaff")


@pytest.mark.parametrize(
    "text", ["", "#", "#12", "#1234", "#12345g", "red", "#0a735012", "#٠٠٠", "url(#fff)", "#0a7350;}"]
)
def test_anything_else_is_refused_by_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, field="primary")
    assert refused.value.field == "primary"


def test_every_byte_survives_the_way_there_and_back() -> None:
    for byte in range(256):
        text = f"#{byte:02x}{255 - byte:02x}{(byte * 7) % 256:02x}"
        assert parse(text).hex == text
        assert oklch(*parse(text).oklch).hex == text


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000", "#fff", 21), ("#777", "#fff", 4.48), ("#767676", "#fff", 4.54), ("#abc", "#abc", 1)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(parse(one), parse(other)) == contrast(parse(other), parse(one))
    assert contrast(parse(one), parse(other)) == pytest.approx(ratio, abs=0.005)


XYZ_TO_RGB = (
    (3.2404541621, -1.5371385128, -0.4985314096),
    (-0.9692660305, 1.8760108454, 0.0415560175),
    (0.0556434310, -0.2040259135, 1.0572251882),
)


@pytest.mark.parametrize(
    ("xyz", "lab"),
    [
        ((0.950, 1.0, 1.089), (1.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (0.450, 1.236, -0.019)),
        ((0.0, 1.0, 0.0), (0.922, -0.671, 0.263)),
        ((0.0, 0.0, 1.0), (0.153, -1.415, -0.449)),
    ],
)
def test_oklab_gives_the_values_of_its_author(xyz: Triple, lab: Triple) -> None:
    red, green, blue = (sum(a * b for a, b in zip(row, xyz, strict=True)) for row in XYZ_TO_RGB)
    assert linear_to_oklab((red, green, blue)) == pytest.approx(lab, abs=0.0025)
    assert oklab_to_linear(linear_to_oklab((red, green, blue))) == pytest.approx((red, green, blue), abs=0.0005)


def test_a_colour_that_srgb_cannot_show_keeps_lightness_and_hue() -> None:
    lightness, chroma, hue = oklch(0.7, 0.4, 150).oklch
    assert (lightness, hue) == (pytest.approx(0.7, abs=0.003), pytest.approx(150, abs=1))
    assert 0.15 < chroma < 0.4


def test_black_and_white_are_one_apart() -> None:
    assert distance(parse("#000"), parse("#fff")) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_greys_look_the_same_with_every_deficiency(deficiency: str) -> None:
    for grey in ("#000000", "#777777", "#ffffff"):
        assert distance(seen_with(deficiency, parse(grey)), parse(grey)) < 0.01


def test_red_and_green_come_near_to_each_other_for_whom_they_should() -> None:
    red, green = parse("#c04030"), parse("#6a7a20")

    def apart(deficiency: str) -> float:
        return distance(seen_with(deficiency, red), seen_with(deficiency, green))

    assert apart("deuteranopia") < distance(red, green) / 2 < apart("tritanopia")


def test_mixtures_are_those_of_css() -> None:
    black, white = parse("#000"), parse("#fff")
    assert mixed(white, 50, black).hex == "#636363"
    assert laid_over(white, 40, black).hex == "#666666"
    assert mixed(white, 100, black).hex == "#ffffff"
