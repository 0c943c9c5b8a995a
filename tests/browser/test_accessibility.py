"""Axe on every page, by day and by night, wide and on a phone; and nothing to scroll sideways on the narrowest one."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.support import Deployment, sign_in

FRAGMENTS = {"/settings/address/check", "/sign-up/check", "/sign-up/address", "/style-guide"}
"""Pieces of pages; and the style guide, which is for developers."""

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""All that a theme can change."""


def pages(page: Page, deployment: Deployment) -> Iterator[str]:
    """Addresses of all pages: those without ids, those of a workflow, those for strangers, those that refuse."""
    for site, slug in (("tenant", "acme"), ("apex", ""), ("mail", "mail")):
        for path in deployment.pages[site]:
            if path not in FRAGMENTS and not path.startswith(("/api/", "/favicon", "/robots")) and "." not in path:
                yield deployment.url(slug, path)
    yield from _of_workflows(page, deployment)
    yield deployment.url("acme", "/no/such/page")
    yield deployment.url("acme", "/workflows?q=nothing+is+called+this")
    yield deployment.url("nobody")
    yield deployment.url("globex")
    for path in ("/sign-in", "/forgot", "/reset/nonsense", "/verify/nonsense"):
        yield deployment.url("umbrella", path)


def _of_workflows(page: Page, deployment: Deployment) -> Iterator[str]:
    page.goto(deployment.url("acme", "/workflows?q=tickets"))
    workflow = page.locator("tr[data-href]").first.get_attribute("data-href")
    page.goto(deployment.url("acme", f"{workflow}"))
    run = page.locator("#runs tr[data-href]").first.get_attribute("data-href")
    yield from (deployment.url("acme", f"{path}") for path in (workflow, f"{workflow}/edit", run))


def visitor(open_browser: Open, deployment: Deployment, **options: Any) -> Page:
    """The owner of Acme, who is also known at suspended Globex."""
    page = open_browser(**options)
    sign_in(page, deployment.url("globex", "/sign-in"), "gina@globex.example")
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    return page


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
    page, found = visitor(open_browser, deployment), list[str]()
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


def violations(page: Page, rules: Mapping[str, object]) -> list[str]:
    """Each rule that the page breaks, with the elements that break it."""
    broken = page.evaluate("(rules) => axe.run(document, rules).then((found) => found.violations)", rules)
    return [f"{one['id']} {[node['html'][:160] for node in one['nodes']]}" for one in broken]
