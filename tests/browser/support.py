"""What journeys are told with: where pages are, mail, people, and an eye on what goes wrong behind a page."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from saas.sandbox.demo.people import PASSWORD

Answer = TypeVar("Answer")
LIMIT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and the organisation that is theirs."""

    name: str
    email: str
    organisation: str
    slug: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running deployment; ``pages`` are the paths that a GET reaches without naming anything, by site."""

    port: int
    pages: dict[str, list[str]]
    mailbox: Path
    surroundings: dict[str, str]

    @property
    def payments(self) -> str:
        """Where the stand-in for Stripe answers, and shows its clock."""
        return self.surroundings["STRIPE_API_BASE"]

    @property
    def database(self) -> str:
        """The address of the database, for its owner."""
        return self.surroundings["DATABASE_URL"]

    def run(self, *arguments: str) -> None:
        """Run a command of ``saas`` beside it."""
        subprocess.run(
            [sys.executable, "-m", "saas", *arguments], env=self.surroundings, check=True, capture_output=True
        )

    def url(self, slug: str = "", path: str = "/") -> str:
        """The address of a path on the apex, or on a subdomain."""
        return f"http://{slug}{'.' if slug else ''}localhost:{self.port}{path}"

    def mail(self, to: str, subject: str) -> str:
        """The text of the newest message to somebody under a subject, as soon as it has come."""
        return until(lambda: self._text(to, subject), f"no mail to {to}: {subject}")

    def link(self, to: str, subject: str) -> str:
        """The first address in that message."""
        found = re.search(r"https?://\S+", self.mail(to, subject))
        assert found, "the mail holds no link"
        return found.group(0)

    def _text(self, to: str, subject: str) -> str:
        for path in sorted(self.mailbox.glob("*.eml"), reverse=True):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            if message["To"] == to and subject in message["Subject"]:
                return _plain(message)
        return ""


def _plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def until(ask: Callable[[], Answer], complaint: str | Callable[[], str]) -> Answer:
    """The first answer that is not empty."""
    limit = time.monotonic() + LIMIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < limit, complaint if isinstance(complaint, str) else complaint()
        threading.Event().wait(0.05)
    return answer


class Watch:
    """Collects what no page of a browser may do: errors on the console, refusals by the policy, scripts that fail, 5xx."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        known = message.text.startswith("Failed to load resource")
        if message.type == "error" and not known:
            self.faults.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        least = 500 if response.request.resource_type == "document" else 400
        if response.status >= least:
            self.faults.append(f"{response.status} {response.url}")


def sign_in(page: Page, url: str, email: str, password: str = PASSWORD) -> None:
    """Go to a page that asks for the password, and type it."""
    page.goto(url)
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def sign_up(page: Page, deployment: Deployment, person: Person) -> None:
    """Found an organisation and arrive on its home."""
    page.goto(deployment.url("", "/sign-up"))
    fill_in(page, person)
    page.click("main button[type=submit]")
    page.wait_for_url(deployment.url(person.slug))


def fill_in(page: Page, person: Person) -> None:
    """Tell the sign-up page what it asks."""
    page.fill("#organisation", person.organisation)
    page.fill("#slug", person.slug)
    page.fill("#name", person.name)
    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)


__all__ = ["PASSWORD", "Deployment", "Person", "Watch", "fill_in", "sign_in", "sign_up", "until"]
