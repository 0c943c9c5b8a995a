"""Archiving: events that are older than they are kept leave the database month by month, as JSON Lines among the
organisation's files. Totals and roll-ups stay; so do events of storage, which say what stands."""

import gzip
import json
from datetime import datetime
from io import BytesIO
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import literal, update
from sqlalchemy.dialects.postgresql import JSONB

from saas.audit.keeping import Log, keeping, list_logs, visit
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.errors import first_line
from saas.core.runtime import runtime
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work
from saas.usage.kept import ARCHIVED
from saas.usage.periods import Period, oldest_kept, period_of

log = structlog.get_logger()

_OLDEST = sql.SQL("SELECT min(at) FROM {events} WHERE at < %s AND NOT meter = ANY(%s)")
_MONTH = sql.SQL("SELECT * FROM {events} WHERE at >= %s AND at < %s AND NOT meter = ANY(%s) ORDER BY id")
_GONE = sql.SQL("DELETE FROM {events} WHERE at >= %s AND at < %s AND NOT meter = ANY(%s)")
_ROWS = 5000


def archive_all() -> int:
    """Archive what is too old of every organisation; how many events left the database. One that fails hinders no other."""
    with owner_connection() as connection:
        logs = [one for one in list_logs(connection) if not one.is_operators]
    moved = 0
    for connection, one in visit(logs):
        try:
            moved += archive(connection, one)
        except (psycopg.Error, OSError) as error:
            log.error("usage_not_archived", organisation=one.key, error=first_line(error))
    return moved


def archive(connection: psycopg.Connection, one: Log) -> int:
    """Archive what is too old of one organisation, each month in a transaction of its own."""
    moved = 0
    while (oldest := _oldest(connection, one)) is not None:
        moved += _archive_month(connection, one, period_of(oldest))
    return moved


def _stored() -> list[str]:
    return [name for name, meter in catalogue().meters.items() if meter.kind is Kind.STORAGE]


def _events(one: Log) -> dict[str, sql.Identifier]:
    return {"events": sql.Identifier(one.schema, "usage_events")}


def _oldest(connection: psycopg.Connection, one: Log) -> datetime | None:
    with keeping(connection, "archivist"):
        row = connection.execute(_OLDEST.format(**_events(one)), [oldest_kept(), _stored()]).fetchone()
    return row[0] if row else None


def _archive_month(connection: psycopg.Connection, one: Log, month: Period) -> int:
    """The file is written before the rows go. Killed in between, the month is written once more under another name: an event
    may stand in two files, known by its id, and is never lost."""
    asked = [month.start, month.end, _stored()]
    _close(one, month)
    with keeping(connection, "archivist"):
        content = _as_lines(connection, _MONTH.format(**_events(one)), asked)
        runtime().storage.put(one.tenant_id, _free_name(one, month), content)
        return connection.execute(_GONE.format(**_events(one)), asked).rowcount


def _close(one: Log, month: Period) -> None:
    """Nothing is counted in the month, and nothing of it added up anew, from now on."""
    value = Tenant.config.op("||", return_type=JSONB)(literal({ARCHIVED: month.end.isoformat()}, JSONB))
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == one.tenant_id).values(config=value))


def _as_lines(connection: psycopg.Connection, query: sql.Composed, asked: list[Any]) -> bytes:
    packed = BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file,
        connection.cursor("usage_archive", row_factory=dict_row) as rows,
    ):
        rows.itersize = _ROWS
        for row in rows.execute(query, asked):
            file.write(f"{json.dumps(row, default=str, ensure_ascii=False)}\n".encode())
    return packed.getvalue()


def _free_name(one: Log, month: Period) -> str:
    taken, number = set(runtime().storage.names(one.tenant_id)), 1
    while (name := f"usage/{month.start:%Y-%m}{'' if number == 1 else f'-{number}'}.jsonl.gz") in taken:
        number += 1
    return name
