"""A deployment in a process of its own and a Chromium, for as long as a block lasts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.support import Deployment

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
USUAL: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
"""What every context has unless it is asked for otherwise."""


@contextmanager
def deployed(database: str, folder: Path, resolvers: Sequence[str]) -> Iterator[Deployment]:
    """Web server and worker on a free port of the loopback, with the demo's data; files, mail and log in the folder."""
    command = [sys.executable, "-m", "tests.browser.serve"]
    surroundings = {**_surroundings(database, folder), "DNS_RESOLVERS": ",".join(resolvers)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    with process.stdout:
        ready = process.stdout.readline()
        assert ready, (folder / "log").read_text()
        said = json.loads(ready)
        surroundings |= {"PUBLIC_PORT": str(said["port"]), "STRIPE_API_BASE": said["payments"]}
        try:
            yield Deployment(said["port"], said["pages"], folder / "mailbox", surroundings)
        finally:
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


@contextmanager
def launched() -> Iterator[Browser]:
    """One Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
