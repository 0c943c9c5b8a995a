"""What is put off until after a request: it changes nothing about an answer that stands."""

from datetime import timedelta

import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import select, text, update

from saas.accounts import operations
from saas.accounts.models import User, UserSession
from saas.core.clock import now
from saas.core.database import db
from saas.core.logins import Login, login_name
from saas.core.runtime import settings
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work

LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def answers(app: Flask, monkeypatch):
    """What fails is answered, as in production, instead of failing the test."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.fixture
def read_only(app: Flask):
    """A function that makes the database refuse writes, as one does that just became a standby."""
    login = login_name(settings().role_prefix, Login.APP)

    def put(change: str) -> None:
        with owner_connection() as connection:
            known = sql.Identifier(login), sql.Identifier(connection.info.dbname), sql.SQL(change)
            connection.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} {}").format(*known))
        db.guarded.dispose()

    yield lambda: put("SET default_transaction_read_only = 'on'")
    put("RESET default_transaction_read_only")


def last_seen_long_ago(organisation) -> None:
    with tenant_work(organisation):
        db.session.execute(update(UserSession).values(last_seen_at=now() - LONG_AGO))


def is_noted(organisation) -> bool:
    with tenant_scope(organisation):
        return db.session.scalars(select(UserSession.last_seen_at)).one() > now() - LONG_AGO


def name_of_alice(organisation) -> str:
    with tenant_scope(organisation):
        return db.session.get_one(User, organisation.people["Alice"].id).name


def test_the_use_of_a_session_is_noted_after_the_request(acme, browse):
    browser = browse(acme, "Alice")
    last_seen_long_ago(acme)
    assert browser.get("/account").status_code == 200
    assert is_noted(acme)


@pytest.mark.usefixtures("answers")
def test_a_note_that_fails_leaves_what_was_done_answered_as_done(acme, browse, monkeypatch):
    browser, tries = browse(acme, "Alice"), []
    browser.get("/account")
    last_seen_long_ago(acme)

    def fails(*_: object, **__: object) -> None:
        tries.append(1)
        db.session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(operations, "note_use", fails)
    assert browser.post("/account", {"name": "Alicia", "theme": "dark"}).status_code == 303
    assert name_of_alice(acme) == "Alicia"
    assert tries == [1]


@pytest.mark.usefixtures("answers")
def test_a_note_is_tried_once_when_the_page_fails_too(acme, browse, monkeypatch):
    browser, tries = browse(acme, "Alice"), []
    last_seen_long_ago(acme)

    def fails(*_: object, **__: object) -> None:
        tries.append(1)
        db.session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(operations, "note_use", fails)
    assert browser.get("/nothing-here").status_code == 404
    assert tries == [1]


@pytest.mark.usefixtures("answers")
def test_a_database_that_only_reads_still_serves_people_signed_in(acme, browse, read_only):
    browser = browse(acme, "Alice")
    browser.get("/account")
    last_seen_long_ago(acme)
    read_only()
    assert browser.get("/account").status_code == 200
    assert browser.post("/account", {"name": "Alicia", "theme": "dark"}).status_code == 503
    assert name_of_alice(acme) == "Alice"
