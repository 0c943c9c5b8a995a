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
