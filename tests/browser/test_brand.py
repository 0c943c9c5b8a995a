"""Setting a brand in a browser: what is typed is shown at once, and what is published is worn by every page."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from saas.core.logins import role_prefix_of
from tests.branding.pictures import drawn
from tests.browser.axe import AXE_SCRIPT, EVERYTHING, violations
from tests.browser.conftest import Open
from tests.browser.support import Deployment, sign_in

PHONE = {"viewport": {"width": 390, "height": 700}}
COVERED = """() => {
  const one = document.activeElement, place = one.getBoundingClientRect();
  const [top, bottom] = [".brand-strip", ".brand-actions"].map((bar) => document.querySelector(bar).getBoundingClientRect());
  const isFree = one.closest(".brand-strip, .brand-actions, .topbar") || !one.closest(".brand-fields");
  return isFree || (place.top >= top.bottom && place.bottom <= bottom.top) ? "" : one.outerHTML;
}"""
"""What has the focus, where the preview above or the buttons below cover a part of it."""
PASTED = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""
PRIMARY = "getComputedStyle(document.documentElement).getPropertyValue('--primary').trim()"


@pytest.fixture
def ada(ada: Page, deployment: Deployment) -> Iterator[Page]:
    """Ada of Acme, whose organisation has no brand before and after."""
    yield ada
    with psycopg.connect(deployment.database) as connection:
        connection.execute(f"SET ROLE {role_prefix_of(deployment.database)}_platform")
        connection.execute("UPDATE platform.tenants SET config = config - 'look' WHERE slug = 'acme'")


def preview_of(page: Page) -> str:
    """The colour that the framed page has now."""
    frame = page.frame_locator("iframe[title='Pages, light']")
    return str(frame.locator("body").evaluate(f"() => {PRIMARY}"))


def test_what_is_typed_is_shown_and_what_is_published_is_worn(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/settings/brand"))
    ada.get_by_label("Primary colour", exact=True).fill("#c8102e")
    expect(ada.locator("iframe[title='Pages, light']")).to_have_attribute("src", re.compile("primary=%23c8102e"))
    expect(ada.frame_locator("iframe[title='Pages, light']").get_by_text("Projects by month").first).to_be_visible()
    assert preview_of(ada) == "#c8102e"
    assert ada.evaluate(PRIMARY) != "#c8102e"

    ada.get_by_label("Logo", exact=True).set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": drawn()}
    )
    ada.get_by_role("button", name="Upload").first.click()
    expect(ada.get_by_alt_text("The logo now")).to_be_visible()
    expect(ada.get_by_label("Primary colour", exact=True)).to_have_value("#c8102e")
    ada.get_by_role("button", name="Publish").click()
    expect(ada.get_by_text("holds from now on")).to_be_visible()
    assert ada.evaluate(PRIMARY) == "#c8102e"
    expect(ada.locator(".org-switch img")).to_be_visible()

    ada.get_by_role("link", name="History").click()
    expect(ada.get_by_role("cell", name=re.compile("#c8102e"))).to_be_visible()
    ada.set_viewport_size({"width": 390, "height": 1600})
    expect(ada.get_by_text("#c8102e")).to_be_in_viewport(ratio=1)


def test_colours_that_nobody_could_read_are_mended_before_they_are_published(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/settings/brand"))
    ada.get_by_label("Primary colour", exact=True).fill("#ffffff")
    expect(ada.get_by_text("so that all of it can be read")).to_be_visible()
    ada.get_by_label("Primary colour", exact=True).fill("#fffff")
    expect(ada.get_by_text("These colours cannot be shown yet")).to_be_visible()


def test_a_phone_shows_the_effect_above_the_fields_and_a_way_to_all_of_it(
    open_browser: Open, deployment: Deployment
) -> None:
    page = open_browser(**PHONE)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme", "/settings/brand"))
    page.get_by_label("Company name").scroll_into_view_if_needed()
    glance = page.locator("iframe[title='Pages at a glance, light']")
    expect(glance).to_be_in_viewport()
    page.get_by_label("Primary colour", exact=True).fill("#c8102e")
    expect(glance).to_have_attribute("src", re.compile("primary=%23c8102e"))
    expect(glance).to_be_in_viewport()
    page.evaluate(AXE_SCRIPT)
    assert violations(page, EVERYTHING) == []

    page.get_by_role("link", name="See all of it").click()
    expect(page.locator("iframe[title='Pages, light']")).to_be_in_viewport()
    page.get_by_role("link", name="Back to the fields").click()
    expect(page.get_by_text("Begin with a theme")).to_be_in_viewport()
    page.locator(".brand-strip summary").click()
    expect(glance).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("link", name="See all of it")).to_be_hidden()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_what_has_the_focus_on_a_phone_is_covered_by_nothing(
    open_browser: Open, deployment: Deployment, key: str
) -> None:
    page = open_browser(**PHONE)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme", "/settings/brand"))
    page.get_by_label("Footer" if key == "Shift+Tab" else "Primary colour", exact=True).focus()
    for _ in range(14):
        page.keyboard.press(key)
        assert page.evaluate(COVERED) == ""


def test_the_effect_is_there_without_scripts(open_browser: Open, deployment: Deployment) -> None:
    page = open_browser(**PHONE, java_script_enabled=False)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme", "/settings/brand"))
    page.get_by_label("Primary colour", exact=True).fill("#c8102e")
    page.get_by_role("button", name="Preview").click()
    glance = page.locator("iframe[title='Pages at a glance, light']")
    expect(glance).to_have_attribute("src", re.compile("primary=%23c8102e"))
    expect(glance).to_be_in_viewport()


def test_an_upload_leads_to_what_is_said_of_it_without_scripts(open_browser: Open, deployment: Deployment) -> None:
    page = open_browser(**PHONE, java_script_enabled=False)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    page.goto(deployment.url("acme", "/settings/brand"))
    page.get_by_label("Icon", exact=True).set_input_files(
        {"name": "icon.png", "mimeType": "image/png", "buffer": drawn(size=(100, 100))}
    )
    page.get_by_role("button", name="Upload").last.click()
    said = page.get_by_role("status").filter(has_text="The icon is uploaded")
    expect(said).to_be_in_viewport(ratio=1)
    expect(said.locator("xpath=..")).to_be_focused()


def test_the_place_of_a_fault_in_own_css_leads_to_it_in_the_text(ada: Page, deployment: Deployment) -> None:
    text = "/* a line of many */\n" * 300 + "\t/* \U0001f600 */ h2 { colr: red }" + "\n/* a line of many */" * 20
    ada.goto(deployment.url("acme", "/settings/brand/css"))
    ada.get_by_label("Your CSS").fill(text)
    ada.get_by_role("button", name="Publish").click()
    expect(ada.get_by_text("Nothing was published: 1 thing to mend")).to_be_visible()
    expect(ada.get_by_label("Your CSS")).to_have_value(text)

    ada.get_by_role("link", name="Line 301, column 15").press("Enter")
    expect(ada.get_by_label("Your CSS")).to_be_focused()
    expect(ada.get_by_label("Your CSS")).to_be_in_viewport()
    start, top = ada.get_by_label("Your CSS").evaluate("(field) => [field.selectionStart, field.scrollTop]")
    assert text[start - 1 :].startswith("colr")
    assert top > 1_000


def test_own_css_that_is_too_long_is_not_sent_and_stays(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/settings/brand/css"))
    field = ada.get_by_label("Your CSS")
    for button in ("Preview", "Publish"):
        field.evaluate(PASTED, "/*" + "x" * 2_000_000 + "*/")
        ada.get_by_role("button", name=button).click()
        assert field.evaluate("(field) => field.validationMessage").startswith("This sheet is too long: 64 KiB")
        assert field.evaluate("(field) => field.value.length") == 2_000_004
    field.evaluate(PASTED, "/*" + "é" * 32_766 + "*/")
    ada.get_by_role("button", name="Publish").click()
    expect(ada.get_by_text("Published. Version")).to_be_visible()
