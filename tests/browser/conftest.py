"""Chromium in front of a deployment of its own, which runs in a process of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from saas.core.ids import short_id
from saas.sandbox.dns.server import Running, answering
from saas.sandbox.dns.zones import Zones
from saas.sandbox.postgres import Server, ensure_database
from tests.browser.deployment import CHROMIUM, USUAL, deployed, launched
from tests.browser.support import Deployment, Person, Watch, sign_in

LIMIT_MS = 15_000

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives Chromium."""
    missing = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(scope="session")
def world() -> Iterator[Running]:
    """The DNS that the deployment asks, of the sandbox: one resolver, which sees every change at once."""
    with answering(Zones(hosts={"custom.localhost": ["127.0.0.1"]}), (0,)) as running:
        yield running


@pytest.fixture(scope="session")
def deployment(
    server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory, world: Running
) -> Iterator[Deployment]:
    """Web server and worker on a free port of the loopback, with the demo's data, on a database of this test worker's."""
    database = ensure_database(server, f"test_browser_{worker_name}")
    with deployed(database, tmp_path_factory.mktemp("browser"), world.addresses) as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium; it ends with the folder, because Playwright holds the event loop of its thread while it runs."""
    expect.set_options(timeout=LIMIT_MS)
    with launched() as browser:
        yield browser


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Open]:
    """Somebody's browser, with no cookies yet: ``open_browser(java_script_enabled=False)``, and whatever else a context takes.

    The test fails when one of its pages told of an error on the console, broke the policy, or got a 5xx.
    """
    contexts: list[tuple[BrowserContext, Watch]] = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(**{**USUAL, **options})
        context.set_default_timeout(LIMIT_MS)
        contexts.append((context, Watch(context)))
        return context.new_page()

    yield open_one
    for context, _ in contexts:
        context.close()
    assert [fault for _, watch in contexts for fault in watch.faults] == []


@pytest.fixture
def page(open_browser: Open) -> Page:
    """A page in a browser of nobody."""
    return open_browser()


@pytest.fixture
def person() -> Person:
    """Somebody about to found an organisation that no other test has."""
    name = short_id(8)
    return Person("Ines Roth", f"ines@{name}.example.com", f"Initech {name}", f"initech-{name}")


@pytest.fixture
def ada(page: Page, deployment: Deployment) -> Page:
    """A page of Ada's, who owns Acme of the demo, signed in."""
    sign_in(page, deployment.url("acme", "/sign-in"), "ada@acme.example")
    return page
