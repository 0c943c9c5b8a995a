"""A deployment and a Chromium for commands, outside a run of the tests."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from saas.sandbox.dns.server import answering
from saas.sandbox.dns.zones import Zones
from saas.sandbox.postgres import Server, ensure_database
from tests.browser.deployment import USUAL, deployed, launched
from tests.browser.support import Deployment

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def standing() -> Iterator[tuple[Page, Deployment]]:
    """A page of nobody's, and a deployment with the demo's data that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="saas-brands-") as name, answering(Zones(), (0,)) as world:
        folder = Path(name)
        os.chmod(folder, 0o711)
        own = folder / "own"
        own.mkdir()
        with Server.start(folder / "postgres", settings=FAST) as server:
            database = ensure_database(server, "brands")
            with deployed(database, own, world.addresses) as deployment, launched() as browser:
                yield browser.new_context(**USUAL).new_page(), deployment
