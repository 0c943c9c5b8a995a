"""Migrating tenant schemas: rendered SQL, one transaction for each schema, several at a time, a failed one is told and skipped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any

import psycopg

from saas.core.errors import Conflict
from saas.tenancy.history import History, tenant_history
from saas.tenancy.provisioning import act_for_platform, owner_connection

_CAMPAIGN_LOCK = 7_310_001


@dataclass(frozen=True, slots=True)
class Waiting:
    """A schema that is behind: a tenant's, or a spare (no tenant id)."""

    schema: str
    revision: str
    tenant_id: str | None


@dataclass(slots=True)
class Report:
    """What a campaign did. ``failed`` maps schema to error."""

    total: int
    done: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one statement may wait for a lock and run, in milliseconds."""

    lock: int = 2_000
    statement: int = 60_000


def migrate_tenants(
    *,
    connections: int = 2,
    limits: Limits = Limits(),
    progress: Callable[[Report], None] = lambda report: None,
    history: History | None = None,
    only: str | None = None,
) -> Report:
    """Bring every schema to the head; run it again to try the failed ones. Raises Conflict while another campaign runs.

    With nothing to do this is one query.
    """
    began, history = perf_counter(), history or tenant_history()
    with _campaign() as connection:
        waiting = [schema for schema in _behind(connection, history) if only in (None, schema.schema)]
        report = Report(total=len(waiting))
        if waiting:
            _work_off(waiting, report, _Migrator(history, limits), min(connections, len(waiting)), progress)
    report.seconds = perf_counter() - began
    return report


@contextmanager
def _campaign() -> Iterator[psycopg.Connection]:
    with owner_connection() as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_CAMPAIGN_LOCK]).fetchone()
        if row != (True,):
            raise Conflict("Another migration of tenants is running.")
        yield connection


def _behind(connection: psycopg.Connection, history: History) -> list[Waiting]:
    known = [step.revision for step in history.steps[:-1]]
    with connection.transaction():
        act_for_platform(connection)
        rows = connection.execute(
            "SELECT schema_name, revision, id::text FROM platform.tenants WHERE revision = ANY(%(known)s) AND status <> 'deleting'"
            " UNION ALL SELECT schema_name, revision, NULL FROM platform.spare_schemas WHERE revision = ANY(%(known)s)"
            " ORDER BY 1",
            {"known": known},
        ).fetchall()
    return [Waiting(*row) for row in rows]


def _work_off(
    waiting: list[Waiting], report: Report, migrator: "_Migrator", connections: int, progress: Callable[[Report], None]
) -> None:
    schemas: SimpleQueue[Waiting] = SimpleQueue()
    for schema in waiting:
        schemas.put(schema)
    lock = Lock()

    def record(schema: Waiting, error: str) -> None:
        with lock:
            report.done += 1
            if error:
                report.failed[schema.schema] = error
            progress(report)

    threads = [Thread(target=migrator.run, args=(schemas, record)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Migrator:
    """Takes schemas from a queue and migrates each in a transaction of its own."""

    def __init__(self, history: History, limits: Limits) -> None:
        self.history, self.limits = history, limits

    def run(self, schemas: "SimpleQueue[Waiting]", record: Callable[[Waiting, str], None]) -> None:
        with owner_connection() as connection:
            while (schema := _next(schemas)) is not None:
                began = perf_counter()
                error = self._migrate(connection, schema)
                self._note(connection, schema, error, int((perf_counter() - began) * 1000))
                record(schema, error)

    def _migrate(self, connection: psycopg.Connection, schema: Waiting) -> str:
        """The error's first line, or nothing."""
        try:
            with connection.transaction(), connection.pipeline():
                self._apply(connection, schema)
        except psycopg.Error as error:
            return str(error).strip().partition("\n")[0] or type(error).__name__
        return ""

    def _apply(self, connection: psycopg.Connection, schema: Waiting) -> None:
        execute: Callable[..., Any] = connection.execute
        execute(f'SET LOCAL search_path TO "{schema.schema}", pg_temp'.encode())
        execute(f"SET LOCAL lock_timeout TO {self.limits.lock}".encode())
        execute(f"SET LOCAL statement_timeout TO {self.limits.statement}".encode())
        for step in self.history.after(schema.revision):
            for statement in step.statements:
                execute(statement.encode())
        act_for_platform(connection)
        table = "tenants" if schema.tenant_id else "spare_schemas"
        update = f"UPDATE platform.{table} SET revision = %s WHERE schema_name = %s AND revision = %s"
        execute(update.encode(), [self.history.head, schema.schema, schema.revision])

    def _note(self, connection: psycopg.Connection, schema: Waiting, error: str, milliseconds: int) -> None:
        with connection.transaction():
            act_for_platform(connection)
            connection.execute(
                "INSERT INTO platform.tenant_migrations"
                " (schema_name, tenant_id, from_revision, to_revision, milliseconds, error, at)"
                " VALUES (%s, %s, %s, %s, %s, %s, now()) ON CONFLICT (schema_name) DO UPDATE SET from_revision = excluded.from_revision,"
                " to_revision = excluded.to_revision, milliseconds = excluded.milliseconds, error = excluded.error, at = excluded.at",
                [schema.schema, schema.tenant_id, schema.revision, self.history.head, milliseconds, error],
            )


def _next(schemas: "SimpleQueue[Waiting]") -> Waiting | None:
    try:
        return schemas.get_nowait()
    except Empty:
        return None
