"""A theme as a style sheet."""

import re

import pytest

from saas.branding.brand import Brand
from saas.branding.compiler import compile_brand
from saas.branding.css import LIMIT, css
from saas.branding.themes import THEMES
from tests.branding.brands import HOSTILE

EVERY = {**THEMES, **HOSTILE}


def sheet(brand: Brand) -> str:
    return css(brand, compile_brand(brand))


@pytest.mark.parametrize("name", EVERY)
def test_it_is_small_and_sets_nothing_but_tokens_in_its_layer(name: str) -> None:
    text = sheet(EVERY[name])
    assert len(text.encode()) <= LIMIT
    assert text.startswith("@layer brand {")
    assert text.count("{") == text.count("}")
    bodies = re.findall(r"\{([^{}]*)\}", text)
    assert len(bodies) == 4
    lines = [line.strip() for body in bodies for line in body.split(";") if line.strip()]
    assert all(re.fullmatch(r"--[a-z0-9-]+: [^;{}<>]+", line) for line in lines)


def test_the_selectors_are_those_of_the_tokens() -> None:
    text = sheet(THEMES["finance"])
    for selector in (':root, [data-theme="light"] {', '[data-theme="dark"] {', '[data-theme="system"] {'):
        assert selector in text
    dark = re.findall(r'\[data-theme="(?:dark|system)"\] \{([^}]*)\}', text)
    assert dark[0] == dark[1]


def test_font_and_radius_are_set_once() -> None:
    shaped, usual = sheet(Brand("#0a7350", font="System", radius="none")), sheet(Brand("#0a7350"))
    assert "--radius: 0rem;" in shaped
    assert "--font-sans: ui-sans-serif" in shaped
    assert "--radius: 0.625rem;" in usual
    assert "--font-sans" not in usual
