"""Axe on every page, by day and by night, wide and on a phone; and nothing to scroll sideways on the narrowest one."""

import pytest

from tests.browser.axe import AXE_SCRIPT, COLOURS, EVERYTHING, come_in, pages, violations
from tests.browser.conftest import Open
from tests.browser.support import Deployment

SCREENS = [
    (1280, "light", EVERYTHING),
    (1280, "dark", COLOURS),
    (390, "dark", EVERYTHING),
]
"""On which screens a page is looked at, one after the other, and by which rules."""
NARROWEST = 320


@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_by_day_and_by_night_and_nothing_scrolls_sideways(
    open_browser: Open, deployment: Deployment, half: int
) -> None:
    page, found = come_in(open_browser(), deployment), list[str]()
    for url in list(pages(page, deployment))[half::2]:
        page.goto(url)
        page.evaluate(AXE_SCRIPT)
        for width, theme, rules in SCREENS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            found += [f"{url}, {theme} at {width}: {told}" for told in violations(page, rules)]
        page.set_viewport_size({"width": NARROWEST, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
            found.append(f"{url} scrolls sideways")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
    assert found == []
