"""The tree of teams in a browser: the keyboard, the live filter, and what a move would change."""

import pytest
from playwright.sync_api import Page, expect

from saas.core.ids import short_id
from tests.browser.conftest import Open
from tests.browser.support import Deployment, sign_in


@pytest.fixture
def names() -> dict[str, str]:
    """Names of teams that no other test has."""
    return {name: f"{name} {short_id(4)}" for name in ("Sales", "North", "Engineering")}


@pytest.fixture
def tree(ada: Page, deployment: Deployment, names: dict[str, str]) -> Page:
    """Ada's page with two teams at the top, and one below the first."""
    for name, above in (
        (names["Sales"], "No other team"),
        (names["North"], names["Sales"]),
        (names["Engineering"], ""),
    ):
        ada.goto(deployment.url("acme", "/teams/new"))
        ada.get_by_label("Name", exact=True).fill(name)
        ada.get_by_label("Below").select_option(label=above or "No other team")
        ada.get_by_role("button", name="Create team").click()
        expect(ada.get_by_role("heading", name=name)).to_be_visible()
    ada.goto(deployment.url("acme", "/teams"))
    return ada


def test_branches_fold_and_teams_open_by_keyboard(tree: Page, names: dict[str, str]) -> None:
    north = tree.get_by_role("link", name=names["North"])
    expect(north).to_be_visible()
    tree.get_by_role("link", name=names["Sales"]).focus()
    tree.keyboard.press("Tab")
    tree.keyboard.press("Enter")
    expect(north).to_be_hidden()
    tree.keyboard.press("Space")
    expect(north).to_be_visible()
    north.press("Enter")
    expect(tree.get_by_role("heading", name=names["North"])).to_be_visible()


def test_the_filter_answers_while_one_types(tree: Page, names: dict[str, str]) -> None:
    tree.get_by_role("searchbox").press_sequentially(names["North"])
    expect(tree.get_by_role("link", name=names["Engineering"])).to_have_count(0)
    expect(tree.get_by_role("link", name=names["Sales"])).to_be_visible()
    expect(tree.get_by_text("1 team found")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_move_is_shown_before_it_is_made(
    tree: Page, open_browser: Open, deployment: Deployment, names: dict[str, str], script: bool
) -> None:
    tree.get_by_role("link", name=names["North"]).click()
    page = open_browser(java_script_enabled=script)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(f"{tree.url}/move")
    page.get_by_label("New place").select_option(label=names["Engineering"])
    if not script:
        page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text(f"{names['Engineering']} / {names['North']}")).to_be_visible()
    page.get_by_role("button", name="Move the team").click()
    expect(page.get_by_label("Breadcrumb").get_by_role("link", name=names["Engineering"])).to_be_visible()
