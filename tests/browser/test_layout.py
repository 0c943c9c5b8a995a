"""What stands where on Home, measured in the browser."""

import pytest

from tests.browser.conftest import Open
from tests.browser.support import Deployment, sign_in

INSETS = """() => [...document.querySelectorAll(".cards .card, .cards .stat, .cards .checklist")].map((card) => {
    const words = card.querySelector("h2, .stat-label, .card-title").getBoundingClientRect();
    return Math.round(words.left - card.getBoundingClientRect().left);
})"""
CUT_OFF = """() => [...document.querySelectorAll("main .button span")]
    .filter((words) => words.scrollWidth > words.clientWidth).map((words) => words.textContent)"""
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(".plan-stack")]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className || one.tagName)"""
NAMES = """() => [...document.querySelectorAll(".plan-table tbody td")]
    .map((cell) => getComputedStyle(cell, "::before").content.replaceAll('"', ""))"""


@pytest.mark.parametrize("width", [1280, 390])
def test_the_words_of_all_cards_begin_at_one_distance_from_the_edge(
    open_browser: Open, deployment: Deployment, width: int
) -> None:
    page = open_browser(viewport={"width": width, "height": 800})
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme"))

    insets = page.evaluate(INSETS)
    assert len(insets) >= 6
    assert len(set(insets)) == 1
    assert page.evaluate(CUT_OFF) == []


def test_on_paper_the_page_has_the_whole_width_and_nothing_else_is_printed(
    open_browser: Open, deployment: Deployment
) -> None:
    page = open_browser(viewport={"width": 1280, "height": 800})
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme", "/?safe-brand=1"))
    shown = page.locator(".skip-link, .sidebar, .topbar, .banner")
    assert page.locator("main").bounding_box()["width"] < 1280
    assert shown.filter(visible=True).count()
    page.emulate_media(media="print")
    box = page.locator("main").bounding_box()
    assert (box["x"], box["width"]) == (0, 1280)
    assert shown.filter(visible=True).count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plans_are_compared_on_a_phone_without_scrolling_sideways(
    open_browser: Open, deployment: Deployment, scheme: str
) -> None:
    page = open_browser(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    for address in (deployment.url("", "/pricing"), deployment.url("acme", "/plan")):
        page.goto(address)
        heads = page.locator(".plan-table thead th").evaluate_all("(heads) => heads.map((one) => one.firstChild.data)")
        assert len(heads) >= 3
        assert page.evaluate(SIDEWAYS) == []
        assert page.evaluate(NAMES)[: len(heads)] == heads
        page.set_viewport_size({"width": 1280, "height": 800})
        assert set(page.evaluate(NAMES)) == {"none"}
        page.set_viewport_size({"width": 390, "height": 800})
