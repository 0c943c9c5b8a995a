"""Where chains begin and end: the checkpoint behind which one begins, and the head that the platform keeps of it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from saas.audit.keeping import Log
from saas.audit.offline import genesis
from saas.core.clock import now
from saas.core.ids import id_at

PATIENCE = timedelta(hours=1)
"""How long an entry may wait for its seal before that is told."""
UNSEALED = "FROM {entries} u WHERE NOT EXISTS (SELECT FROM {seals} s WHERE s.entry_id = u.id)"


class Start(NamedTuple):
    """Where a chain begins: the last position that was taken out and its seal, and what was signed of it."""

    position: int
    seal: bytes
    removed: int = 0
    at: datetime | None = None
    signature: bytes = b""


class Head(NamedTuple):
    """What the platform keeps of a chain; ``verified_to`` is how far it was found to hold."""

    position: int
    seal: bytes
    signature: bytes
    settled: UUID | None
    verified_to: int = 0


def get_start(connection: psycopg.Connection, log: Log) -> Start:
    """Where a log's chain begins."""
    first = Start(0, genesis(log.tenant_id))
    if log.is_operators:
        return first
    query = "SELECT position, hash, removed, at, signature FROM {checkpoints} ORDER BY position DESC, at DESC LIMIT 1"
    row = connection.execute(sql.SQL(query).format(**log.tables)).fetchone()
    return Start(*row) if row else first


def get_head(connection: psycopg.Connection, log: Log) -> Head | None:
    """What the platform keeps of a log's chain; None before its first sealing."""
    query = "SELECT position, hash, signature, settled_id, verified_to FROM platform.audit_heads WHERE tenant_id = %s"
    row = connection.execute(query, [log.tenant_id]).fetchone()
    return Head(*row) if row else None


def get_seal(connection: psycopg.Connection, log: Log, position: int) -> bytes | None:
    """The seal at a position, that of the last one taken out among them; None where there is none (any more)."""
    start = get_start(connection, log)
    if position == start.position:
        return bytes(start.seal)
    query = sql.SQL("SELECT hash FROM {seals} WHERE position = %s").format(**log.tables)
    row = connection.execute(query, [position]).fetchone()
    return bytes(row[0]) if row else None


def waiting_since(connection: psycopg.Connection, log: Log) -> datetime | None:
    """Since when the oldest entry waits for its seal, if that is longer than it should be: is nobody sealing?"""
    head = get_head(connection, log)
    settled = head.settled if head and head.settled else UUID(int=0)
    query = sql.SQL(f"SELECT u.at {UNSEALED} AND u.id > %s AND u.id < %s ORDER BY u.id LIMIT 1").format(**log.tables)
    row = connection.execute(query, [settled, id_at(now() - PATIENCE)]).fetchone()
    return row[0] if row else None
