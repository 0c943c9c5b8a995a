"""Taking out what is older than a log keeps it: from the beginning of the chain, leaving a signed checkpoint."""

from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from saas.audit.chains import get_start
from saas.audit.keeping import Log, add_entry, keeping
from saas.audit.module import EXPIRED
from saas.audit.offline import checkpoint_text, microseconds
from saas.audit.signing import is_current, sign
from saas.audit.verifying import verify_range
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict
from saas.core.runtime import settings

BATCH = 20_000
LEAST_DAYS = 30
_LAST = sql.SQL(
    "SELECT coalesce(min(s.position) FILTER (WHERE e.at >= %s) - 1, max(s.position))"
    " FROM (SELECT * FROM {seals} WHERE position > %s ORDER BY position LIMIT %s) s"
    " LEFT JOIN {entries} e ON e.id = s.entry_id"
)
_CHECKPOINT = sql.SQL("INSERT INTO {checkpoints} (position, at, hash, removed, signature) VALUES (%s, %s, %s, %s, %s)")
_TAKE_OUT = (
    sql.SQL("DELETE FROM {entries} WHERE id IN (SELECT entry_id FROM {seals} WHERE position <= %s)"),
    sql.SQL("DELETE FROM {seals} WHERE position <= %s"),
)


DAYS = (
    "SELECT t.key, coalesce((t.overrides->>'audit_days')::int, (v.terms->>'audit_days')::int)"
    " FROM platform.tenants t LEFT JOIN platform.plan_versions v ON v.version = t.plan_version"
)
"""Each tenant's key with the days that its own overrides or its plan give its log; NULL where neither says."""


def days_kept(given: int | None) -> int:
    """For how many days an organisation's log is kept: what its plan gives, else the setting; never less than thirty."""
    return max(LEAST_DAYS, settings().audit_retention_days if given is None else given)


def expire(connection: psycopg.Connection, log: Log, days: int, *, batch: int = BATCH) -> int:
    """Take out all entries older than so many days; returns how many. Each batch goes whole, with its checkpoint.

    What is not sealed yet stays, and so does everything behind it. Raises Conflict where the chain is broken or an
    entry was blanked in silence: a checkpoint never covers up what is wrong.
    """
    cutoff, removed = now() - timedelta(days=days), 0
    while taken := _expire_some(connection, log, cutoff, days, batch):
        removed += taken
    return removed


def renew_checkpoint(connection: psycopg.Connection, log: Log) -> bool:
    """Sign the newest checkpoint again if a former master key signed it; whether that was so."""
    with keeping(connection, "archivist"):
        start = get_start(connection, log)
        if start.at is None or is_current(start.signature):
            return False
        _leave_checkpoint(connection, log, start.position, bytes(start.seal), start.removed)
    return True


def _expire_some(connection: psycopg.Connection, log: Log, cutoff: datetime, days: int, batch: int) -> int:
    with keeping(connection, "archivist"):
        start = get_start(connection, log)
        row = connection.execute(_LAST.format(**log.tables), [cutoff, start.position, batch]).fetchone()
        last = (row and row[0]) or 0
        if last <= start.position:
            return 0
        seal, fault = verify_range(connection, log, last)
        if fault:
            raise Conflict(f"Nothing more is taken out of the log of {log.key}: {fault.sentence}")
        taken = last - start.position
        _leave_checkpoint(connection, log, last, seal, start.removed + taken)
        for statement in _TAKE_OUT:
            connection.execute(statement.format(**log.tables), [last])
        add_entry(connection, log, EXPIRED, actor=SYSTEM, entries=taken, through=last, days=days)
    return int(taken)


def _leave_checkpoint(connection: psycopg.Connection, log: Log, position: int, seal: bytes, removed: int) -> None:
    at = now()
    text = checkpoint_text(log.tenant_id, position, seal.hex(), removed, str(microseconds(at.isoformat())))
    connection.execute(_CHECKPOINT.format(**log.tables), [position, at, seal, removed, sign(text)])
