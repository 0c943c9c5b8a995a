"""Connecting a domain in a browser, against the DNS sandbox: from a name to pages that live there."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from saas.core.ids import short_id
from saas.core.logins import role_prefix_of
from saas.sandbox.dns.server import Running
from tests.browser.axe import AXE_SCRIPT, EVERYTHING, violations
from tests.browser.conftest import Open
from tests.browser.support import Deployment, sign_in, until
from tests.browser.test_accessibility import NARROWEST, SCREENS

SHOTS = os.environ.get("SCREENSHOTS")
"""A folder for pictures of what is tested, for whoever wants to look."""


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def may(deployment: Deployment) -> Iterator[None]:
    """No domain is left behind. That it may have some, the demo gives Acme beside its plan."""
    yield
    change(deployment, "DELETE FROM platform.domains")


def change(deployment: Deployment, statement: str) -> None:
    """Have the platform's scope change something."""
    with psycopg.connect(deployment.database) as connection:
        connection.execute(f"SET ROLE {role_prefix_of(deployment.database)}_platform")
        connection.execute(statement)


@pytest.fixture
def host(may: None) -> str:
    """A name that a browser finds on this machine, and that is not ours."""
    return f"portal.{short_id(6)}.localhost"


def connect(page: Page, deployment: Deployment, host: str) -> None:
    page.goto(deployment.url("acme", "/settings/domains/new"))
    page.get_by_label("Domain").fill(f"https://{host}/")
    page.get_by_role("button", name="Show the records").click()
    expect(page.get_by_role("heading", name=host)).to_be_visible()


def enter(page: Page, world: Running, host: str) -> None:
    """Enter at the provider what the page shows."""
    zone = host.partition(".")[2]
    for row in page.get_by_role("table", name=f"Records of {host}").get_by_role("row").all()[1:]:
        type, name, value = (row.get_by_role("cell").nth(number).inner_text().split()[0] for number in range(3))
        world.zones.add(zone, name, type, value)


def check(page: Page, deployment: Deployment) -> None:
    """Come back after the pause that there is between two examinations, and ask for one."""
    change(deployment, "UPDATE platform.domains SET asked_at = asked_at - interval '1 minute'")
    page.get_by_role("button", name="Check now").click()


def test_the_journey_from_a_name_to_pages_that_live_there(
    ada: Page, deployment: Deployment, world: Running, host: str
) -> None:
    ada.goto(deployment.url("acme", "/settings/domains"))
    shoot(ada, "empty")
    connect(ada, deployment, host)
    expect(ada.get_by_text("Missing").first).to_be_visible()
    shoot(ada, "missing")

    enter(ada, world, host)
    check(ada, deployment)
    expect(ada.get_by_text("Connected")).to_be_visible()
    shoot(ada, "connected")
    ada.get_by_role("button", name="Make it primary").click()
    expect(ada.get_by_text(f"Your pages live at {host} now.")).to_be_visible()
    assert re.match(rf"http://{host}:\d+/settings/domains/", ada.url)
    shoot(ada, "primary")
    ada.goto(deployment.url("acme", "/"))
    assert ada.url.startswith(f"http://{host}:")

    ada.goto(f"http://{host}:{deployment.port}/settings/domains")
    shoot(ada, "list")
    ada.get_by_role("link", name=host).click()
    ada.get_by_role("link", name="Release").click()
    shoot(ada, "release")
    ada.get_by_label("Domain").fill(host)
    ada.get_by_role("button", name="Release the domain").click()
    expect(ada.get_by_text(f"{host} is released, and your pages live at acme.localhost again.")).to_be_visible()
    expect(ada.get_by_text("Kept for you until").first).to_be_visible()
    assert ada.url == deployment.url("acme", "/settings/domains")
    shoot(ada, "released")


def test_somebody_without_an_account_finishes_it_by_a_link(
    ada: Page, open_browser: Open, deployment: Deployment, world: Running, host: str
) -> None:
    connect(ada, deployment, host)
    ada.get_by_role("button", name="Make a link").click()
    link = ada.get_by_label("Link to pass on").input_value()
    ada.get_by_role("link", name="Back to the domain").click()
    keeper = open_browser()
    keeper.goto(link)
    expect(keeper.get_by_text("asks for your help")).to_be_visible()
    shoot(keeper, "setup")
    enter(keeper, world, host)
    expect(keeper.get_by_text("Connected")).to_be_visible(timeout=60_000)
    keeper.evaluate(AXE_SCRIPT)
    assert violations(keeper, EVERYTHING) == []
    expect(ada.get_by_text("Connected")).to_be_visible()


def test_without_scripts_the_answer_is_there_after_loading_the_page_again(
    open_browser: Open, deployment: Deployment, host: str
) -> None:
    page = open_browser(java_script_enabled=False)
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    connect(page, deployment, host)

    def answered() -> int:
        page.reload()
        return page.get_by_text("Missing").count()

    until(answered, "the records were never looked at")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("heading", name=host)).to_be_visible()


def test_the_pages_read_well_for_everybody_on_phones_and_in_the_dark(
    ada: Page, deployment: Deployment, host: str
) -> None:
    found = list[str]()
    connect(ada, deployment, host)
    expect(ada.get_by_text("Missing").first).to_be_visible()
    detail = ada.url
    for url in (
        detail,
        f"{detail}#release",
        *(deployment.url("acme", f"/settings/domains{end}") for end in ("", "/new")),
    ):
        ada.goto(url)
        ada.evaluate(AXE_SCRIPT)
        for width, theme, rules in SCREENS:
            ada.set_viewport_size({"width": width, "height": 800})
            ada.emulate_media(color_scheme=theme)
            found += [f"{url}, {theme} at {width}: {told}" for told in violations(ada, rules)]
        shoot(ada, f"phone-{url.rpartition('/')[2][:8]}")
        ada.set_viewport_size({"width": NARROWEST, "height": 640})
        if ada.evaluate("document.documentElement.scrollWidth") > NARROWEST:
            found.append(f"{url} scrolls sideways")
    assert found == []
