"""Health: what keeps a process from serving is 503, what is only worth telling is not."""

import socket
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from saas.core.database import db, guard_engine
from saas.core.jobs import enqueue
from saas.core.logins import Login
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_work
from saas.web import health


@pytest.fixture
def ready(app):
    """Asks whether the process can serve: the status and the checks."""

    def ask() -> tuple[int, dict[str, str]]:
        response = app.test_client().get("/health/ready", headers={"Host": "anything.example.com"})
        return response.status_code, response.json["checks"]

    return ask


@pytest.fixture
def queue(app, settings) -> Iterator[psycopg.Connection]:
    """The queue's own login; the queue is empty in the beginning and in the end."""
    with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as connection:
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")
        yield connection
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def silence() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def test_a_process_that_can_serve_says_so(ready, acme, queue):
    assert ready() == (200, {"database": "ok", "queue": "ok", "migrations": "ok"})


def test_a_backlog_is_told_and_keeps_nobody_from_serving(ready, acme, queue):
    with tenant_work(acme):
        enqueue("tenancy.tidy")
    queue.execute("UPDATE procrastinate_events SET at = now() - interval '20 minutes'")
    status, checks = ready()
    assert status == 200
    assert checks["queue"].startswith("1 jobs wait, the oldest for 120")


def test_a_queue_that_cannot_be_asked_is_a_fault_and_the_rest_is_still_asked(ready, acme, queue):
    with owner_connection() as owner:
        owner.execute("ALTER FUNCTION jobs.health() RENAME TO gone")
    try:
        assert ready() == (503, {"database": "ok", "queue": "ProgrammingError", "migrations": "ok"})
    finally:
        with owner_connection() as owner:
            owner.execute("ALTER FUNCTION jobs.gone() RENAME TO health")
    assert ready()[0] == 200


def test_a_release_that_no_tenant_is_migrated_to_is_a_fault(ready, acme, queue):
    with platform_work() as session:
        session.execute(text("UPDATE platform.tenants SET revision = 'aside ' || revision"))
    try:
        assert ready() == (
            503,
            {"database": "ok", "queue": "ok", "migrations": "no tenant is migrated to this release"},
        )
    finally:
        with platform_work() as session:
            session.execute(text("UPDATE platform.tenants SET revision = substr(revision, 7)"))


def test_a_database_that_is_away_is_asked_once(app, ready, monkeypatch, silence):
    """Its address takes connections and says nothing: one wait, and an answer."""
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    url = f"postgresql+psycopg://nobody:nothing@127.0.0.1:{silence}/nothing"
    engine = create_engine(url, **options | {"connect_args": options["connect_args"] | {"connect_timeout": 2}})
    guard_engine(engine, tenants_per_connection=1)
    asked: list[str] = []
    monkeypatch.setattr(db, "guarded", engine)
    for name, check in health.CHECKS.items():
        monkeypatch.setitem(health.CHECKS, name, lambda session, n=name, c=check: asked.append(n) or c(session))
    assert ready() == (503, {"database": "OperationalError", "queue": "not asked", "migrations": "not asked"})
    assert asked == ["database"]


def test_it_is_known_within_seconds_that_a_server_is_gone(app):
    arguments = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
    assert arguments["connect_timeout"] == 3
    assert arguments["tcp_user_timeout"] == 3000
