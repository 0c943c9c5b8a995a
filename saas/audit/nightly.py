"""What keepers do for all logs: sealing those that have new entries, and the work of the night."""

from collections.abc import Callable, Iterator

import psycopg
import structlog

from saas.audit.keeping import OPERATORS_LOG, Log, keeping, list_logs, visit
from saas.audit.kept import forget_head
from saas.audit.retention import DAYS, days_kept, expire, renew_checkpoint
from saas.audit.sealing import seal
from saas.core.errors import DomainError, first_line
from saas.core.runtime import settings
from saas.tenancy.provisioning import owner_connection

log = structlog.get_logger()

_BUSY = """
    WITH logs AS (
        SELECT id, key, schema_name, 'audit_entries' AS entries FROM platform.tenants WHERE status <> 'deleting'
        UNION ALL SELECT %(id)s, %(key)s, %(schema)s, 'operator_entries'
    ), counted AS (
        SELECT l.*, pg_stat_get_tuples_inserted(c.oid) AS inserted FROM logs l
        JOIN pg_namespace n ON n.nspname = l.schema_name JOIN pg_class c ON c.relname = l.entries AND c.relnamespace = n.oid
    )
    SELECT c.id, c.key, c.schema_name, c.inserted FROM counted c LEFT JOIN platform.audit_heads h ON h.tenant_id = c.id
    WHERE %(all)s OR c.inserted IS DISTINCT FROM h.inserted ORDER BY c.key
"""
_GONE = (
    "DELETE FROM platform.audit_heads h WHERE h.tenant_id <> %s"
    " AND NOT EXISTS (SELECT FROM platform.tenants t WHERE t.id = h.tenant_id)"
    " RETURNING h.tenant_id"
)
_KILLED = "UPDATE platform.audit_heads SET checked = NULL WHERE checked IS NOT NULL"
"""A check that was killed could not say so; one that is under way says anew how far it is."""


def seal_busy() -> int:
    """Seal every log into which something was written since the last time, as the database counts; returns how many entries.

    Its counts come some seconds late and are lost in a crash: then they differ, and the log is looked at once more. So is
    one that could not be sealed, or that somebody else was sealing: what was counted is noted by a sealing that came to its end.
    """
    with owner_connection() as connection:
        busy = list(_busy_logs(connection))
    inserted = {one.tenant_id: count for one, count in busy}
    sealed = 0
    for connection, one in visit([one for one, _ in busy]):
        sealed += _tried(one, seal, connection, inserted=inserted[one.tenant_id]) or 0
    return sealed


def _busy_logs(connection: psycopg.Connection) -> Iterator[tuple[Log, int]]:
    with keeping(connection, "sealer"):
        counts = connection.execute("SELECT current_setting('track_counts')::bool").fetchone()
        values = {"id": OPERATORS_LOG.tenant_id, "key": OPERATORS_LOG.key, "schema": OPERATORS_LOG.schema}
        rows = connection.execute(_BUSY, {**values, "all": counts != (True,) or not settings().tenant_roles}).fetchall()
    for tenant_id, key, schema, inserted in rows:
        yield Log(tenant_id, key, schema), inserted


def keep_all() -> None:
    """The night's work for every log: seal, take out what is too old, sign anew what a former master key signed."""
    with owner_connection() as connection:
        logs, kept = list_logs(connection), _days(connection)
        with keeping(connection, "sealer"):
            gone = connection.execute(_GONE, [OPERATORS_LOG.tenant_id]).fetchall()
            connection.execute(_KILLED)
    for (tenant_id,) in gone:
        forget_head(tenant_id)
    for connection, one in visit(logs):
        _tried(one, seal, connection)
        if not one.is_operators:
            _tried(one, expire, connection, kept[one.key])
            _tried(one, renew_checkpoint, connection)


def _days(connection: psycopg.Connection) -> dict[str, int]:
    with keeping(connection, "sealer"):
        rows = connection.execute(DAYS)
        return {key: days_kept(given) for key, given in rows}


def _tried(
    one: Log, act: Callable[..., int], connection: psycopg.Connection, *values: int, **options: int
) -> int | None:
    """One log that cannot be kept must not hinder the others."""
    try:
        return act(connection, one, *values, **options)
    except (psycopg.Error, DomainError) as error:
        log.error("log_not_kept", step=act.__name__, log=one.key, error=first_line(error))
        return None
