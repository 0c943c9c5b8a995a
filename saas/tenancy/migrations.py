"""Migrating tenant schemas: rendered SQL, a transaction for each schema, several at a time; a failed one is told and skipped."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter

import psycopg

from saas.core.errors import Conflict, first_line
from saas.tenancy.history import History, tenant_history
from saas.tenancy.provisioning import act_for_platform, exact_rights, owner_connection

_CAMPAIGN_LOCK = 7_310_001
_WAITING = """
    SELECT schema_name, revision, id::text FROM platform.tenants WHERE revision = ANY(%(known)s) AND status <> 'deleting'
    UNION ALL SELECT schema_name, revision, NULL FROM platform.spare_schemas WHERE revision = ANY(%(known)s)
    ORDER BY 1
"""
_MOVE = {
    True: "UPDATE platform.tenants SET revision = %s WHERE schema_name = %s AND revision = %s AND status <> 'deleting'",
    False: "UPDATE platform.spare_schemas SET revision = %s WHERE schema_name = %s AND revision = %s",
}
_NOTE = """
    INSERT INTO platform.tenant_migrations (schema_name, tenant_id, from_revision, to_revision, milliseconds, error, at)
    VALUES (%s, %s, %s, %s, %s, %s, now())
    ON CONFLICT (schema_name) DO UPDATE SET tenant_id = excluded.tenant_id, from_revision = excluded.from_revision,
        to_revision = excluded.to_revision, milliseconds = excluded.milliseconds, error = excluded.error, at = excluded.at
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A schema that is behind: a tenant's, or a spare (no tenant id)."""

    schema: str
    revision: str
    tenant_id: str | None


@dataclass(slots=True)
class Report:
    """What a campaign did. ``failed`` maps schema to error; ``done`` counts the schemas tried, failed ones too."""

    total: int = 0
    done: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one statement may wait for a lock and run, in milliseconds."""

    lock: int = 2_000
    statement: int = 60_000


class _Moved(Exception):
    """The schema was claimed, deleted or migrated by somebody else meanwhile."""


def migrate_tenants(
    *,
    connections: int = 2,
    limits: Limits = Limits(),
    progress: Callable[[Report], None] = lambda report: None,
    history: History | None = None,
    only: str | None = None,
) -> Report:
    """Bring every schema to the head (or ``only`` one); run it again to try the failed ones.

    Raises Conflict while another campaign runs. With nothing to do this is one query. A spare that becomes a tenant while
    the campaign runs is taken up as that tenant. Interrupted by Ctrl-C, it finishes the schemas it is at; so it does at an
    error that is not the database's, which it raises.
    """
    began, report = perf_counter(), Report()
    migrator = _Migrator(history or tenant_history(), limits, report, progress)
    with owner_connection() as connection:
        if _behind(connection, migrator.history, only):
            with _campaign(connection):
                _work_off(connection, migrator, connections, only)
    report.seconds = perf_counter() - began
    return report


@contextmanager
def _campaign(connection: psycopg.Connection) -> Iterator[None]:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_CAMPAIGN_LOCK]).fetchone()
    if row != (True,):
        raise Conflict("Another migration of tenants is running.")
    yield


def _behind(connection: psycopg.Connection, history: History, only: str | None) -> list[Waiting]:
    known = [step.revision for step in history.steps[:-1]]
    with connection.transaction():
        act_for_platform(connection)
        rows = connection.execute(_WAITING, {"known": known}).fetchall()
    return [Waiting(*row) for row in rows if only in (None, row[0])]


def _work_off(connection: psycopg.Connection, migrator: "_Migrator", connections: int, only: str | None) -> None:
    tried: set[Waiting] = set()
    while waiting := [one for one in _behind(connection, migrator.history, only) if one not in tried]:
        tried.update(waiting)
        migrator.take(waiting)
        with ThreadPoolExecutor(min(connections, len(waiting))) as threads:
            try:
                running = [threads.submit(migrator.run) for _ in range(min(connections, len(waiting)))]
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                migrator.queue.clear()
            for one in running:
                one.result()
    if migrator.report.done < migrator.report.total:
        raise RuntimeError(f"{migrator.report.total - migrator.report.done} schemas were never tried")


class _Migrator:
    """Takes schemas from a queue and migrates each in a transaction of its own."""

    def __init__(self, history: History, limits: Limits, report: Report, progress: Callable[[Report], None]) -> None:
        self.history, self.limits, self.report, self.progress = history, limits, report, progress
        self.queue: deque[Waiting] = deque()
        self._lock = Lock()

    def take(self, waiting: list[Waiting]) -> None:
        """Put schemas into the queue."""
        self.queue.extend(waiting)
        self.report.total += len(waiting)

    def run(self) -> None:
        """Work until the queue is empty; a lost connection costs one schema and is opened again for the next."""
        while (schema := self._next()) is not None:
            try:
                with owner_connection() as connection:
                    while schema is not None:
                        self._try(connection, schema)
                        schema = None if connection.closed else self._next()
            except psycopg.Error as error:
                if schema is not None:
                    self._record(schema, first_line(error))

    def _next(self) -> Waiting | None:
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def _try(self, connection: psycopg.Connection, schema: Waiting) -> None:
        began = perf_counter()
        try:
            with connection.transaction():
                with connection.pipeline():
                    self._apply(connection, schema)
                self._move(connection, schema)
                self._note(connection, schema, began, "")
            self._record(schema, "")
        except _Moved:
            self._record(schema, "")
        except psycopg.Error as error:
            self._record(schema, first_line(error))
            with suppress(psycopg.Error), connection.transaction():
                act_for_platform(connection)
                self._note(connection, schema, began, first_line(error))

    def _apply(self, connection: psycopg.Connection, schema: Waiting) -> None:
        for setting in (
            f'search_path TO "{schema.schema}", pg_temp',
            f"lock_timeout TO {self.limits.lock}",
            f"statement_timeout TO {self.limits.statement}",
        ):
            connection.execute(f"SET LOCAL {setting}".encode())
        for step in self.history.after(schema.revision):
            for statement in step.statements:
                connection.execute(statement.encode())
        for right in exact_rights(schema.schema):
            connection.execute(right)
        act_for_platform(connection)

    def _move(self, connection: psycopg.Connection, schema: Waiting) -> None:
        statement = _MOVE[schema.tenant_id is not None]
        if connection.execute(statement, [self.history.head, schema.schema, schema.revision]).rowcount != 1:
            raise _Moved

    def _note(self, connection: psycopg.Connection, schema: Waiting, began: float, error: str) -> None:
        spent = int((perf_counter() - began) * 1000)
        values = [schema.schema, schema.tenant_id, schema.revision, self.history.head, spent, error]
        connection.execute(_NOTE, values)

    def _record(self, schema: Waiting, error: str) -> None:
        with self._lock:
            self.report.done += 1
            if error:
                self.report.failed[schema.schema] = error
            self.progress(self.report)
