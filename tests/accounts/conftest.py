"""What tests of accounts share: limits that start anew, and people who sign in through the page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from saas.accounts.models import User, UserSession
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.extensions import limiter
from saas.core.runtime import install, runtime
from saas.tenancy.models import Status
from saas.tenancy.operations import change_status
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work
from tests.cast import PASSWORD, Organisation, tenant_scope
from tests.support import Browser, Mailbox

Browse = Callable[..., Browser]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
NEW_PASSWORD = "copper meadow 81 kites"


@dataclass
class Work:
    """Counts what is done inside a block: SQL statements, and passwords hashed or verified."""

    statements: int = 0
    hashes: int = 0

    def __enter__(self) -> "Work":
        self.statements = self.hashes = 0
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Count work by the libraries' own doors: the engine's events and Argon2."""
    counted, verify = Work(), PasswordHasher.verify

    def count_statement(*_: object) -> None:
        counted.statements += 1

    def count_hash(*args: Any) -> bool:
        counted.hashes += 1
        return bool(verify(*args))

    monkeypatch.setattr(PasswordHasher, "verify", count_hash)
    event.listen(db.guarded, "before_cursor_execute", count_statement)
    yield counted
    event.remove(db.guarded, "before_cursor_execute", count_statement)


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


def sign_in(
    browser: Browser, email: str, password: str = PASSWORD, path: str = "/sign-in", **options: Any
) -> TestResponse:
    """Fill in the sign-in page."""
    browser.get(path)
    return browser.post(path, {"email": email, "password": password}, **options)


def is_signed_in(browser: Browser) -> bool:
    """Whether this browser gets to see pages of people signed in."""
    return browser.get("/account/sessions").status_code == 200


def sessions_of(organisation: Organisation, person: str) -> list[UserSession]:
    """A person's sessions as stored."""
    with tenant_scope(organisation) as session:
        mine = UserSession.user_id == organisation.people[person].id
        return list(session.scalars(select(UserSession).where(mine).order_by(UserSession.created_at)))


def user_of(organisation: Organisation, person: str) -> User:
    """A person's account as stored."""
    with tenant_scope(organisation):
        user = db.session.get(User, organisation.people[person].id)
        assert user is not None
        return user


def cookie_of(browser: Browser) -> str:
    """The session cookie that a browser carries; empty for none."""
    cookie = browser.client.get_cookie("session", domain=browser.host)
    return cookie.value if cookie else ""


@pytest.fixture
def suspend() -> Callable[[Organisation], None]:
    """Suspend an organisation."""

    def act(organisation: Organisation) -> None:
        with platform_work():
            change_status(get_tenant(organisation.slug), Status.SUSPENDED, reason="unpaid", actor=SYSTEM)

    return act


def mail_about(organisation: Organisation, mailbox: Mailbox) -> list[tuple[str, str]]:
    """Receiver and subject of all mail that leads to an organisation, oldest first."""
    bodies = [(message, message.get_body(("plain",))) for message in mailbox.messages()]
    return [(str(m["To"]), str(m["Subject"])) for m, body in bodies if body and organisation.host in body.get_content()]


@contextmanager
def rotated_secret() -> Iterator[None]:
    """Within the block a new SECRET_KEY is in force and the present one is a former one; logins of workers wait outside."""
    before = runtime()
    former, secret = before.settings.secret_key, type(before.settings.secret_key)
    rotated = before.settings.model_copy(update={"secret_key": secret("n" * 40), "secret_key_fallbacks": former})
    install(replace(before, settings=rotated))
    try:
        yield
    finally:
        install(before)
