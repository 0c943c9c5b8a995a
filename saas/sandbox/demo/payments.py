"""The demo's payments: the stand-in for Stripe beside web and worker, unless a key of Stripe's own is given."""

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Self
from urllib.parse import urlsplit

from saas.billing.seller import get_seller
from saas.core.settings import INSTANCE, Settings
from saas.sandbox.demo import note
from saas.sandbox.demo.ground import given_settings
from saas.sandbox.supervisor import Program

FOLDER = INSTANCE / "stripe"
HOST = "127.0.0.1"
HOOK = "/api/saas/v1/webhooks/stripe"


@dataclass(frozen=True, slots=True)
class Payments:
    """Where the stand-in answers, and the secrets by which it and the product know each other."""

    port: int
    key: str
    webhook_secret: str
    folder: Path = FOLDER

    @classmethod
    def prepare(cls, given: Settings, folder: Path = FOLDER) -> Self | None:
        """On the port after the demo's, or a free one; secrets are made up once and kept. None where Stripe's own key is given."""
        if given.is_paid_online:
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = _read(folder) or {"key": f"sk_test_{token_hex(16)}", "webhook_secret": f"whsec_{token_hex(16)}"}
        made = cls(_port_after(given.port), str(kept["key"]), str(kept["webhook_secret"]), folder)
        made._keep()
        return made

    @property
    def url(self) -> str:
        """Where the stand-in answers; its control page is there too."""
        return f"http://{HOST}:{self.port}"

    @property
    def books(self) -> Path:
        """The file that holds all that the stand-in knows."""
        return self.folder / "books.json"

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which the product finds the stand-in."""
        return {
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "STRIPE_API_BASE": self.url,
        }

    def program(self, given: Settings) -> Program:
        """The stand-in as a process of its own; its webhooks go to the demo's web server and name the base domain."""
        options = {
            "--port": str(self.port),
            "--data": str(self.books),
            "--webhook-url": f"http://{HOST}:{given.port}{HOOK}",
            "--webhook-host": urlsplit(given.public_url(given.base_domain)).netloc,
            "--seller": get_seller().name,
        }
        command = [sys.executable, "-m", "saas.sandbox.stripe"]
        return Program("stripe", [*command, *(part for option in options.items() for part in option)])

    def _keep(self) -> None:
        kept = {"port": self.port, "key": self.key, "webhook_secret": self.webhook_secret}
        with open(os.open(_place(self.folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file)


def adopt() -> None:
    """For commands run by hand in development: while the demo runs, and no key is named, payments are the demo's."""
    if note.running() is None or not (kept := _read(FOLDER)):
        return
    given = given_settings()
    if given.environment == "development" and not given.is_paid_online:
        found = Payments(int(kept["port"]), str(kept["key"]), str(kept["webhook_secret"]))
        os.environ.update(found.environment)


def _place(folder: Path) -> Path:
    return folder / "keys.json"


def _read(folder: Path) -> dict[str, str | int]:
    try:
        found: dict[str, str | int] = json.loads(_place(folder).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _port_after(port: int) -> int:
    """The next port; another one where a program uses it, even if only for a connection of its own."""
    for wanted in (port + 1, 0):
        with suppress(OSError, OverflowError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, wanted))
            return int(probe.getsockname()[1])
    raise OSError("no port is free")
