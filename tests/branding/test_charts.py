"""Chart series stay apart for everybody and from what they are drawn on."""

from itertools import combinations

import pytest

from saas.branding.brand import MODES, Brand
from saas.branding.charts import APART, apart, views
from saas.branding.colours import contrast, parse
from saas.branding.compiler import compile_brand
from saas.branding.pairs import SERIES
from saas.branding.themes import THEMES
from tests.branding.brands import HOSTILE, colours, random_brands

BRANDS = [*THEMES.values(), *HOSTILE.values(), *random_brands(30, seed=7)]


def test_any_two_series_can_be_told_apart_by_everybody() -> None:
    for brand in BRANDS:
        theme = compile_brand(brand)
        for tokens in (colours(theme, mode) for mode in MODES):
            seen = {name: views(tokens[name]) for name in SERIES}
            assert min(apart(seen[one], seen[other]) for one, other in combinations(SERIES, 2)) >= APART, (
                brand.canonical
            )
            assert min(contrast(tokens[name], tokens["card"]) for name in SERIES) >= 3


def test_red_and_green_of_one_lightness_would_be_too_near() -> None:
    assert apart(views(parse("#b0503c")), views(parse("#6c7a2c"))) < APART


@pytest.mark.parametrize("primary", ["#0a7350", "#1d4480", "#7b3fa0", "#c8102e"])
def test_the_first_series_has_the_brands_hue(primary: str) -> None:
    first = parse(compile_brand(Brand(primary)).light["chart-1"])
    assert abs(first.oklch[2] - parse(primary).oklch[2]) < 2
