"""What the tests of the audit log share: entries, keepers, the owner's hand in the tables, a clock that is set."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.cli import ScriptInfo
from psycopg import sql
from sqlalchemy import select

from saas.__main__ import Commands
from saas.audit.keeping import OPERATORS_LOG, Log, keeping
from saas.audit.models import AuditExport
from saas.audit.module import FILTER_DELETED, FILTER_SAVED
from saas.audit.sealing import seal
from saas.audit.verifying import Verdict, readers, verify
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry, Target, record
from saas.core.database import db
from saas.core.ids import id_at
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation

ADA = Actor(
    "member", "Ada Lovelace", address="192.0.2.7", agent="Firefox", request_id="req-ada-1", email="ada@example.com"
)


def write(organisation: Organisation, count: int = 1, *, actor: Actor = ADA, **facts: Any) -> None:
    """Record so many entries, each in a transaction of its own."""
    for number in range(count):
        with tenant_work(organisation):
            record(FILTER_SAVED, actor=actor, target=Target("audit_filter", f"f{number}", f"Search {number}"), **facts)


def write_at(organisation: Organisation, *moments: datetime, name: str = "Ada Lovelace") -> list[AuditEntry]:
    """Entries as if they had been recorded at these moments."""
    entries = [
        AuditEntry(
            id=id_at(moment),
            at=moment,
            event=FILTER_DELETED.name,
            actor_kind="member",
            actor_name=name,
            actor_email=f"{name.split()[0].lower()}@example.com",
        )
        for moment in moments
    ]
    with tenant_work(organisation):
        db.session.add_all(entries)
    return entries


@pytest.fixture
def owner(app: Flask) -> Iterator[psycopg.Connection]:
    """A connection of the owner's login."""
    with owner_connection() as connection:
        yield connection


@pytest.fixture
def log(acme: Organisation) -> Log:
    """Acme's log."""
    return Log(acme.id, acme.slug, acme.schema_name)


@pytest.fixture
def hand(owner, log):
    """The owner's hand in the tables: statements with their names and values."""

    def act(statement: str, *values) -> psycopg.Cursor:
        return owner.execute(sql.SQL(statement).format(**log.tables), values)

    return act


@pytest.fixture
def all_powerful(server, owner, log):
    """A superuser, whom row-level security does not bind: nothing inside the database is safe from one."""

    def act(statement: str, *values) -> psycopg.Cursor:
        return connection.execute(sql.SQL(statement).format(**log.tables), values)

    with psycopg.connect(server.dsn(owner.info.dbname), autocommit=True) as connection:
        yield act


@pytest.fixture
def audit(app):
    """The command line: ``audit("verify", "acme")``; what was printed to both streams is in ``output``."""
    top = Commands(name="saas", create_app=lambda: app, add_version_option=False)

    def run(*arguments: str, input: str | None = None):
        info = ScriptInfo(create_app=lambda: app)
        return app.test_cli_runner().invoke(top, ["audit", *arguments], input=input, obj=info)

    return run


@pytest.fixture
def sealed(acme: Organisation, owner: psycopg.Connection, log: Log) -> Callable[..., int]:
    """Write so many entries into Acme's log and seal everything in it; the number of the newest position."""

    def act(count: int = 0, **facts: Any) -> int:
        write(acme, count, **facts)
        seal(owner, log)
        return newest(owner, log)

    return act


def newest(connection: psycopg.Connection, log: Log) -> int:
    """The newest position that is sealed."""
    row = connection.execute(sql.SQL("SELECT coalesce(max(position), 0) FROM {seals}").format(**log.tables)).fetchone()
    assert row is not None
    return int(row[0])


def check(log: Log, **options: Any) -> Verdict:
    """Check a log as its keeper does."""
    with readers(log) as reading:
        return verify(reading, log, **options)


def head_of(connection: psycopg.Connection, log: Log) -> dict[str, Any]:
    """The platform's head of a log."""
    with keeping(connection, "sealer"), connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute("SELECT * FROM platform.audit_heads WHERE tenant_id = %s", [log.tenant_id]).fetchone()
    assert row is not None
    return row


def exports(organisation) -> list[AuditExport]:
    with tenant_scope(organisation) as session:
        return list(session.scalars(select(AuditExport).order_by(AuditExport.id)))


@pytest.fixture
def export(acme, browse, run_jobs):
    """Ask for an export as Alice, have it written, download it."""
    alice = browse(acme, "Alice")

    def act(format: str = "jsonl", **search: str) -> bytes:
        answer = alice.post("/audit/exports", {"format": format, **search}, page="/audit")
        assert answer.status_code == 303
        run_jobs()
        return download(alice, acme).data

    return act


def download(browser, organisation):
    response = browser.get(f"/audit/exports/{exports(organisation)[-1].id}")
    assert response.status_code == 200
    return response


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def sentences(response) -> list[str]:
    found = re.findall(r'<a class="log-sentence".*?>(.*?)</a>', response.text, re.S)
    return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in found]


def recorded(organisation, event) -> list[AuditEntry]:
    with tenant_scope(organisation) as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.event == event.name).order_by(AuditEntry.id)).all()


def lines(content: bytes) -> list[dict]:
    return [json.loads(line) for line in content.splitlines()]


__all__ = ["ADA", "OPERATORS_LOG", "SYSTEM", "check", "download", "exports", "head_of", "lines"]
__all__ += ["newest", "recorded", "sentences", "text_of", "write", "write_at"]
