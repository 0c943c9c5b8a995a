"""Chromium in front of a deployment of its own, which runs in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from saas.core.ids import short_id
from saas.sandbox.postgres import Server, ensure_database
from tests.browser.support import Deployment, Person, Watch, sign_in

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
LIMIT_MS = 15_000
USUAL: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives Chromium."""
    missing = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(scope="session")
def deployment(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Web server and worker on a free port of the loopback, with the demo's data, on a database of this test worker's."""
    folder = tmp_path_factory.mktemp("browser")
    command = [sys.executable, "-m", "tests.browser.serve"]
    surroundings = _surroundings(ensure_database(server, f"test_browser_{worker_name}"), folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    with process.stdout:
        ready = process.stdout.readline()
        assert ready, (folder / "log").read_text()
        said = json.loads(ready)
        surroundings |= {"PUBLIC_PORT": str(said["port"]), "STRIPE_API_BASE": said["payments"]}
        yield Deployment(said["port"], said["pages"], folder / "mailbox", surroundings)
        process.terminate()
        process.wait(30)


def _surroundings(database: str, folder: Path) -> dict[str, str]:
    own = {
        "PYTHONPATH": str(ROOT),
        "ENVIRONMENT": "development",
        "DATABASE_URL": database,
        "BASE_DOMAIN": "localhost",
        "FILES_DIR": str(folder / "files"),
        "MAILBOX_DIR": str(folder / "mailbox"),
        "LOG_LEVEL": "WARNING",
        "SPARE_SCHEMAS": "3",
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
    }
    return {**{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}, **own}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium; it ends with the folder, because Playwright holds the event loop of its thread while it runs."""
    expect.set_options(timeout=LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


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
