"""Customers' own CSS in a browser: it asks nobody for anything, and acts inside its edge only."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route

from saas.branding.css_rules.properties import PROPERTIES
from saas.branding.custom_css import clean
from tests.branding.sheets import BOLD, HOSTILE
from tests.browser.conftest import Open

ADDRESS = "http://acme.example/"
OUR_SHEET = """
    body { margin: 0; font: 16px/1.5 sans-serif }
    .shell { display: grid; grid: 4rem 1fr / 12rem 1fr; height: 100vh; overflow: hidden }
    .topbar { grid-column: 1 / 3; background: #eee }
    .brandable { contain: paint; isolation: isolate; min-width: 0; overflow: auto }
    .brand-protected { position: relative; z-index: 1; padding: 8px; background: white; color: black; font: 16px/1.5 sans-serif;
        letter-spacing: normal; text-transform: none; text-shadow: none; white-space: normal; width: 20rem }
"""
PAGE = """<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/ours.css"><link rel="stylesheet" href="/theirs.css"></head><body class="page"><div class="shell card">
<header class="topbar card"><h1>Acme</h1><a class="button" href="#x">Sign out</a></header>
<nav class="sidebar card"><ul><li><a href="#y">Home</a></li></ul><p>Words</p><form><input value="abc" name="token"></form></nav>
<main class="brandable page card" id="main"><section class="card"><h2>Title</h2><p class="x">Words</p>
<div class="brand-protected card"><p>Your card was <a href="#z">refused</a>.</p><input value="abc"></div>
<a class="button" href="#w">Go</a><input value="abc"></section></main></div></body></html>"""
LOOKS = """(where) => [...document.querySelectorAll(where)].map((one) => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    return [one.tagName, box.x, box.y, box.width, box.height, ...[...style].map((name) => `${name}: ${style[name]}`)];
})"""
INHERITED = """() => [...document.querySelectorAll(".brand-protected, .brand-protected *")].map((one) => {
    const style = getComputedStyle(one);
    return [style.color, style.fontSize, style.backgroundColor, style.margin, style.padding, style.boxShadow];
})"""
RULES = """(text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    if (sheet.cssRules.length !== 1 || sheet.cssRules[0].cssRules.length !== 1) return [];
    const layer = sheet.cssRules[0], scope = layer.cssRules[0];
    return [layer.constructor.name, scope.constructor.name, scope.start, scope.end];
}"""
SAMPLES = {
    "angle": "9deg",
    "colour": "oklch(0.5 0.1 120)",
    "gradient": "linear-gradient(red, blue)",
    "percentage": "10%",
    "number": "2",
    "time": "1s",
    "easing": "cubic-bezier(0, 0, 1, 1)",
    "family": "Georgia",
    "math": "calc(1px + 1rem)",
    "inset": "inset 1px 1px",
    "pace": "120ms cubic-bezier(0.2, 0, 0, 1)",
    "shadow": "0 1px 2px rgb(0 0 0 / 0.5)",
}
"""A value of each kind, and a word that does not stand alone."""

SHADES = {"box-shadow": {"colour"}, "text-shadow": {"colour"}}
"""What a property takes beside others only."""

OUTSIDE = "html, body, .shell, .topbar, .topbar *, .sidebar, .sidebar *, .brandable"


class Site:
    """A page with a customer's sheet, and everything that was asked for."""

    def __init__(self, page: Page) -> None:
        self.page, self.sheet, self.asked = page, "", list[str]()
        page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        sheets = {f"{ADDRESS}ours.css": OUR_SHEET, f"{ADDRESS}theirs.css": self.sheet}
        url = route.request.url
        if url == ADDRESS:
            route.fulfill(body=PAGE, content_type="text/html")
        elif url in sheets:
            route.fulfill(body=sheets[url], content_type="text/css; charset=utf-8")
        else:
            self.asked.append(url)
            route.fulfill(body="", status=204)

    def show(self, sheet: str) -> None:
        """Load the page with the sheet, and type and point as people do."""
        self.sheet = sheet
        self.page.goto(ADDRESS, wait_until="load")
        self.page.locator("main > section > input").fill("abcdef")
        self.page.mouse.move(500, 120)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.mouse.move(1279, 799)

    def looks(self, where: str = OUTSIDE) -> Any:
        """Each element's box and computed style."""
        return self.page.evaluate(LOOKS, where)

    def picture(self) -> bytes:
        """The shell as it is seen."""
        return self.page.locator(".topbar").screenshot() + self.page.locator(".sidebar").screenshot()


@pytest.fixture
def site(open_browser: Open) -> Site:
    return Site(open_browser())


def test_what_comes_out_of_any_sheet_asks_for_nothing_and_leaves_the_rest_of_the_page_alone(site: Site) -> None:
    site.show("")
    before = site.looks(), site.picture()
    sheets = sorted({clean(text).css for hostile, _, twin in HOSTILE.values() for text in (hostile, twin)})

    for start in range(0, len(sheets), 20):
        site.show("".join(sheets[start : start + 20]))
        assert site.asked == []
        assert (site.looks(), site.picture()) == before


def test_the_boldest_sheet_changes_the_content_and_nothing_around_it(site: Site) -> None:
    site.show("")
    shell, seen, content = site.looks(), site.picture(), site.looks("main > section")
    protected = site.page.evaluate(INHERITED)

    site.show(clean(BOLD).css)
    assert site.looks("main > section") != content
    assert (site.looks(), site.picture()) == (shell, seen)
    assert site.page.evaluate(INHERITED) == protected
    assert site.asked == []


@pytest.mark.parametrize(
    "raw", ['@import "/stolen";', "input[value^='a']{background:url(/stolen)}", "p{background:\\75rl(/stolen)}"]
)
def test_the_same_sheets_uncleaned_would_have_asked(site: Site, raw: str) -> None:
    site.show(raw)
    assert site.asked == [f"{ADDRESS}stolen"]
    site.asked.clear()

    site.show(clean(raw).css)
    assert site.asked == []


def test_a_browser_reads_every_sheet_as_one_layer_with_one_scope(site: Site) -> None:
    site.show("")
    for css in [clean(twin).css for _, _, twin in HOSTILE.values()]:
        assert site.page.evaluate(RULES, css) == ["CSSLayerBlockRule", "CSSScopeRule", ".brandable", ".brand-protected"]


def test_every_word_and_kind_of_value_that_is_taken_is_one_that_browsers_know(site: Site) -> None:
    site.show("")
    pairs = [(name, SAMPLES.get(word, word)) for name, takes in PROPERTIES.items() for word in takes.words]
    for name, takes in PROPERTIES.items():
        pairs += [(name, SAMPLES[kind]) for kind in takes.kinds - {"length", "slash"} - SHADES.get(name, set())]
        pairs += [(name, f"{'1px ' * name.endswith('-shadow')}9px")] * ("length" in takes.kinds)
    assert site.page.evaluate("(pairs) => pairs.filter(([name, word]) => !CSS.supports(name, word))", pairs) == []


def test_the_boldest_sheet_uncleaned_would_have_changed_the_shell(site: Site) -> None:
    site.show("")
    shell = site.looks()
    site.show(BOLD)
    assert site.looks() != shell
