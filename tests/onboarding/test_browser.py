"""Signing up in a real browser: what only a browser enforces is the policy on where forms may lead."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium: apt install chromium"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """The application behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def chromium(port: int) -> Iterator[Browser]:
    """Chromium, for which every host of the deployment is that socket."""
    hosts = f"--host-resolver-rules=MAP example.test 127.0.0.1:{port}, MAP *.example.test 127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*QUIET, hosts])
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def scripted(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts."""
    return bool(request.param)


@pytest.fixture
def page(chromium: Browser, scripted: bool) -> Iterator[Page]:
    """A page that may not break its own policy."""
    page, broken = chromium.new_context(java_script_enabled=scripted).new_page(), []
    page.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert broken == []


def test_the_form_leads_to_the_new_organisation_and_its_owner_moves_it(
    page: Page, wanted: dict[str, str], scripted: bool
) -> None:
    page.goto("http://example.test/sign-up")
    for field, value in wanted.items():
        page.fill(f"#{field}", value)
    page.click("main button[type=submit]")
    page.wait_for_url(f"http://{wanted['slug']}.example.test/")
    assert page.inner_text("h1") == "Welcome, Ines"

    page.goto(f"http://{wanted['slug']}.example.test/settings/address")
    page.fill("#slug", f"{wanted['slug']}-new")
    if scripted:
        page.wait_for_selector("#slug-answer .field-good")
    page.click("main button[type=submit]")
    page.wait_for_url(f"http://{wanted['slug']}-new.example.test/settings/address?moved")
    assert "You live here now" in page.inner_text("main")

    page.goto(f"http://{wanted['slug']}.example.test/settings/delete")
    assert page.url == f"http://{wanted['slug']}-new.example.test/settings/delete"
    page.fill("#confirm", f"{wanted['slug']}-new")
    page.click("main button[type=submit]")
    page.wait_for_url("http://example.test/closed")
    assert "Your organisation is closed" in page.inner_text("main")


def test_the_address_is_proposed_and_checked_while_typing(chromium: Browser, acme) -> None:
    page = chromium.new_page()
    page.goto("http://example.test/sign-up")
    page.fill("#organisation", "Ruiz & Partners")
    page.keyboard.press("Tab")
    page.wait_for_selector("#address-answer .field-good")
    assert page.input_value("#slug") == "ruiz-partners"
    assert page.evaluate("document.activeElement.id") == "slug"

    page.fill("#slug", acme.slug)
    page.wait_for_selector("#address-answer .field-error")
    assert "This address is taken." in page.inner_text("#address-answer")
