"""A browser without a screen, a mailbox, and the queue run to its end."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from saas.catalogue.current import catalogue, install_catalogue
from saas.catalogue.reading import path_of as catalogue_path
from saas.catalogue.reading import read
from saas.catalogue.terms import Catalogue
from saas.core.database import db
from saas.tenancy.scope import platform_scope
from saas.tenancy.worker import run_worker

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """Speaks to one host, keeps its cookies, and sends the CSRF token of the last page that showed one."""

    def __init__(self, app: Flask, host: str) -> None:
        self.client = app.test_client()
        self.host = host
        self.token = ""

    def carry_session(self, token: str) -> None:
        """Be signed in with a session's token."""
        self.client.set_cookie("session", token, domain=self.host)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self._remember(self.client.get(path, **self._options(options)))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as a page of this host would."""
        if not self.token:
            self.get(options.pop("page", path))
        options.pop("page", None)
        form = {"csrf_token": self.token, **(data or {})}
        return self._remember(self.client.post(path, data=form, **self._options(options)))

    def follow(self, response: TestResponse) -> TestResponse:
        """Open the page that a redirect on this host leads to."""
        location = response.headers["Location"]
        return self.get(re.sub(r"^https?://[^/]+", "", location))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        headers = {"Host": self.host, **options.pop("headers", {})}
        return {"headers": headers, "base_url": f"http://{self.host}", **options}

    def _remember(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html" and (found := _TOKEN.search(response.text)):
            self.token = unescape(found.group(1))
        return response


class Mailbox:
    """The mail that has been sent."""

    def __init__(self, folder: Path, run_jobs: Callable[[], None]) -> None:
        self.folder, self.run_jobs = folder, run_jobs

    def messages(self, to: str | None = None) -> list[EmailMessage]:
        """Messages, oldest first, after the queue has been worked off."""
        self.run_jobs()
        parsed = [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(self.folder.glob("*.eml"))
        ]
        return [message for message in parsed if to is None or message["To"] == to]

    def link(self, to: str) -> str:
        """The first address in the newest message to somebody."""
        found = re.search(r"https?://\S+", self.text(to))
        assert found, "the mail holds no link"
        return found.group(0)

    def text(self, to: str) -> str:
        """The plain text of the newest message to somebody."""
        body = self.messages(to)[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content())


def work_off() -> None:
    """Run the queue until nothing is due; jobs that others enqueue on their way are run too."""
    run_worker(concurrency=2, wait=False)
    with platform_scope() as session:
        due = session.scalar(text("SELECT waiting FROM jobs.health()"))
    if due:
        work_off()


@contextmanager
def sold(name: str) -> Iterator[Catalogue]:
    """Sell what a catalogue that comes along says, for a block."""
    before = catalogue()
    install_catalogue(read(catalogue_path(name)))
    try:
        yield catalogue()
    finally:
        install_catalogue(before)


@contextmanager
def statements_sent() -> Iterator[list[str]]:
    """The SQL statements that the application sends in a block; clear the list before what is to be counted."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.guarded, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.guarded, "before_cursor_execute", note)


@contextmanager
def calls_of(function: Callable[..., object]) -> Iterator[list[str]]:
    """The calls of a function in a block, each by the name of its caller's file."""
    calls: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is function.__code__ and frame.f_back:
            calls.append(frame.f_back.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def path_of(url: str) -> str:
    """The path and query of an address."""
    return re.sub(r"^https?://[^/]+", "", url)
