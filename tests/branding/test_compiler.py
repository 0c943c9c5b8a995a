"""Themes are readable, whatever the brand; what had to be changed for it is told; nothing else is changed."""

import re
from pathlib import Path

import pytest

from saas.branding.brand import MODES, OVERRIDABLE, Brand
from saas.branding.colours import contrast, distance, mixed, parse
from saas.branding.compiler import STATES_APART, Theme, compile_brand
from saas.branding.pairs import SERIES, STATES, pairs
from saas.branding.themes import PLATFORM, THEMES
from tests.branding.brands import HOSTILE, colours, random_brands, unreadable

SHEETS = Path(__file__).resolve().parents[2] / "saas" / "static" / "css"
DESIGNED_OTHERWISE = {"secondary-foreground", *SERIES}
"""Tokens of the platform that the compiler makes differently: see the tests below."""


def designed(mode: str) -> dict[str, str]:
    """The colours that tokens.css holds."""
    light, dark = (SHEETS / "tokens.css").read_text().split('[data-theme="dark"] {')
    block = light if mode == "light" else dark.split("@media")[0]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))


def repaired(theme: Theme) -> set[tuple[str, str]]:
    return {(repair.mode, repair.token) for repair in theme.repairs}


def test_any_brand_can_be_read() -> None:
    assert [(brand.canonical, found) for brand in random_brands(80) if (found := unreadable(brand))] == []


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("level", ["AA", "AAA"])
def test_hostile_brands_can_be_read(name: str, level: str) -> None:
    brand = HOSTILE[name]
    assert unreadable(Brand(brand.primary, brand.secondary, overrides=brand.overrides, level=level)) == []


@pytest.mark.parametrize("name", THEMES)
def test_every_theme_can_be_read_and_keeps_its_colour(name: str) -> None:
    assert unreadable(THEMES[name]) == []
    assert compile_brand(THEMES[name]).light["primary"] == THEMES[name].primary


def test_the_same_brand_always_gives_the_same_theme() -> None:
    brand = HOSTILE["neon"]
    assert compile_brand(brand) == compile_brand(Brand("#39FF14", "f0f"))


@pytest.mark.parametrize("mode", MODES)
def test_the_platforms_own_brand_comes_out_as_it_was_designed(mode: str) -> None:
    theme, drawn = compile_brand(THEMES[PLATFORM]), designed(mode)
    made = colours(theme, mode)
    assert set(made) == {*drawn, "primary-hover", "destructive-hover"}
    far = {name for name, value in drawn.items() if distance(made[name], parse(value)) > 0.03}
    assert far <= DESIGNED_OTHERWISE
    assert distance(made["chart-1"], parse(drawn["chart-1"])) < 0.03
    assert theme.repairs == ()


@pytest.mark.parametrize("mode", MODES)
def test_the_tokens_as_designed_can_be_read(mode: str) -> None:
    tokens = {name: parse(value) for name, value in designed(mode).items()}
    tokens |= {f"{name}-hover": mixed(tokens[name], 88, tokens["foreground"]) for name in ("primary", "destructive")}
    assert [str(pair) for pair in pairs() if pair.ratio(tokens) < pair.needs("AA")] == []


def test_the_brands_colour_never_writes() -> None:
    wrong = re.compile(r"(?<![a-z-])color: var\(--primary\)")
    assert [path.name for path in SHEETS.glob("*.css") if wrong.search(path.read_text())] == []


@pytest.mark.parametrize("primary", ["#ffffff", "#ffff00", "#39ff14", "#777777", "#010203", "#0a7350"])
def test_the_fill_keeps_the_colour_that_was_given(primary: str) -> None:
    theme = compile_brand(Brand(primary))
    assert theme.light["primary"] == primary
    assert not {("light", "primary"), ("dark", "primary")} & repaired(theme)


def test_at_aaa_the_fill_moves_where_no_text_could_be_read_on_it() -> None:
    moved, kept = compile_brand(Brand("#3b82f6", level="AAA")), compile_brand(Brand("#0b3d91", level="AAA"))
    assert ("light", "primary") in repaired(moved)
    assert kept.light["primary"] == "#0b3d91"
    assert ("light", "primary") not in repaired(kept)


def test_a_yellow_brand_has_yellow_buttons_and_darker_links_and_is_told() -> None:
    theme = compile_brand(Brand("#ffee00"))
    assert theme.light["primary"] == "#ffee00"
    assert contrast(parse(theme.light["link"]), parse(theme.light["background"])) >= 4.5
    assert contrast(parse(theme.light["primary-border"]), parse(theme.light["background"])) >= 3
    assert repaired(theme) == {("light", "link"), ("light", "primary-border"), ("light", "ring")}
    link = next(repair for repair in theme.repairs if repair.token == "link")
    assert (link.before, link.after) == ("#ffee00", theme.light["link"])
    assert link.ratio_before < 4.5 <= link.ratio_after
    assert link.reason.startswith("As text on ")


def test_a_colourful_brand_tints_and_a_grey_one_stays_grey() -> None:
    for name in ("background", "muted", "border", "foreground", "accent"):
        assert parse(compile_brand(Brand("#777777")).light[name]).oklch[1] < 0.001
        assert parse(compile_brand(Brand("#0000ff")).light[name]).oklch[1] < 0.08
    assert parse(compile_brand(Brand("#0000ff")).light["foreground"]).oklch[1] > 0.01


def test_the_accent_takes_the_second_colour() -> None:
    with_second, alone = compile_brand(Brand("#777777", "#c8102e")), compile_brand(Brand("#777777"))
    assert parse(with_second.light["accent"]).oklch[1] > 0.01 > parse(alone.light["accent"]).oklch[1]


@pytest.mark.parametrize("primary", ["#c22826", "#a0000d", "#f0716b", "#d0253f", "#ff7f72", "#ff0000", "#98271b"])
@pytest.mark.parametrize("level", ["AA", "AAA"])
def test_danger_does_not_look_like_the_brand(primary: str, level: str) -> None:
    theme = compile_brand(Brand(primary, level=level))
    for mode in MODES:
        tokens = colours(theme, mode)
        assert distance(tokens["primary"], tokens["destructive"]) >= STATES_APART


def test_danger_is_as_designed_beside_a_brand_that_is_not_red() -> None:
    assert compile_brand(Brand("#0b3d91")).light["destructive"] == designed("light")["destructive"]


@pytest.mark.parametrize("name", HOSTILE)
def test_states_keep_their_hue(name: str) -> None:
    theme, drawn = compile_brand(HOSTILE[name]), compile_brand(THEMES[PLATFORM])
    for mode in MODES:
        made, usual = colours(theme, mode), colours(drawn, mode)
        assert all(abs(made[state].oklch[2] - usual[state].oklch[2]) < 16 for state in STATES)


def test_a_token_that_was_set_is_taken_where_it_can_be_read() -> None:
    theme = compile_brand(Brand("#0a7350", overrides={"light.link": "#1d4480", "light.background": "#fffdf8"}))
    assert (theme.light["link"], theme.light["background"]) == ("#1d4480", "#fffdf8")
    assert theme.dark["link"] == compile_brand(Brand("#0a7350")).dark["link"]
    assert theme.repairs == ()


def test_a_token_that_was_set_is_repaired_where_it_cannot_and_is_told() -> None:
    theme = compile_brand(Brand("#0a7350", overrides={"light.link": "#9bd", "dark.background": "#fff"}))
    assert {("light", "link"), ("dark", "background")} <= repaired(theme)
    assert parse(theme.dark["background"]).oklch[0] < 0.31


def test_every_token_that_may_be_set_exists() -> None:
    assert set(OVERRIDABLE) <= set(compile_brand(THEMES[PLATFORM]).light)
