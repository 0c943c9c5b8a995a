"""Setting a brand in a browser: what is typed is shown at once, and what is published is worn by every page."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from saas.core.logins import role_prefix_of
from tests.branding.pictures import drawn
from tests.browser.support import Deployment

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


def test_colours_that_nobody_could_read_are_mended_before_they_are_published(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/settings/brand"))
    ada.get_by_label("Primary colour", exact=True).fill("#ffffff")
    expect(ada.get_by_text("so that all of it can be read")).to_be_visible()
    ada.get_by_label("Primary colour", exact=True).fill("#fffff")
    expect(ada.get_by_text("These colours cannot be shown yet")).to_be_visible()
