"""Getting about without a mouse, on a phone, and in the dark."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.support import PASSWORD, Deployment, sign_in

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SHOWN = """() => {
  const style = getComputedStyle(document.activeElement);
  const group = document.activeElement.closest(".input-group");
  const ring = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0 || one.boxShadow !== "none";
  return ring(style) || Boolean(group && ring(getComputedStyle(group)));
}"""

NAMED = """() => {
  const one = document.activeElement;
  return one.labels?.[0]?.textContent || one.ariaLabel || one.textContent;
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus, which must be seen at every step."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWN), page.evaluate("document.activeElement.outerHTML")
        if name in page.evaluate(NAMED):
            return
    raise AssertionError(f"Tab never came to {name}")


def test_signing_in_and_opening_a_workflow_take_no_mouse(page: Page, deployment: Deployment) -> None:
    page.goto(deployment.url("acme", "/sign-in"))
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type("ada@acme.example")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(deployment.url("acme"))
    tab_to(page, "Workflows")
    page.keyboard.press("Enter")
    page.wait_for_url(deployment.url("acme", "/workflows"))
    tab_to(page, "Weekly digest")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Weekly digest")


def test_the_first_tab_offers_a_way_past_the_menu(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/workflows"))
    ada.keyboard.press("Tab")
    skip = ada.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    ada.keyboard.press("Enter")
    expect(ada.locator("#main")).to_be_focused()
    tab_to(ada, "New workflow")


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(open_browser: Open, deployment: Deployment) -> None:
    page = open_browser(**PHONE)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    opener = page.get_by_role("button", name="Open menu")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close menu")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Space")
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="Workflows").press("Enter")
    page.wait_for_url(deployment.url("acme", "/workflows"))
    expect(menu).to_be_hidden()


def test_the_menu_of_a_phone_opens_without_javascript(open_browser: Open, deployment: Deployment) -> None:
    page = open_browser(**PHONE, java_script_enabled=False)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.get_by_role("button", name="Open menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Workflows").click()
    page.wait_for_url(deployment.url("acme", "/workflows"))


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_chosen_theme_stays(open_browser: Open, deployment: Deployment, script: bool) -> None:
    page = open_browser(color_scheme="dark", java_script_enabled=script)
    sign_in(page, deployment.url("acme", "/sign-in"), "ben@acme.example")
    root, menu = page.locator("html"), page.locator(".account-menu summary")
    choices = (("Light", "light", "light"), ("As my system", "system", "dark"), ("Dark", "dark", "dark"))
    for label, theme, scheme in choices:
        if not page.get_by_role("button", name=label, exact=True).is_visible():
            menu.click()
        with page.expect_response(re.compile("/theme$")):
            page.get_by_role("button", name=label, exact=True).click()
        expect(root).to_have_attribute("data-theme", theme)
        page.goto(deployment.url("acme", "/workflows"))
        expect(root).to_have_attribute("data-theme", theme)
        expect(root).to_have_css("color-scheme", scheme)
