"""The queue's schema ``jobs``: procrastinate's tables, and the functions through which scopes reach them."""

from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from saas.core.jobs import GIVES_WAY
from saas.tenancy.models import IN_SERVICE

ENQUEUE_BEFORE = "DROP FUNCTION IF EXISTS jobs.enqueue(text, jsonb, text, text, timestamptz)"
"""The function of earlier releases; whoever calls it so goes on with the one below."""
ENQUEUE = """
    CREATE OR REPLACE FUNCTION jobs.enqueue(
        name text, args jsonb, lock_name text, once_name text, at timestamptz, priority integer DEFAULT 0
    )
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
    DECLARE stamp text := platform.place();
    BEGIN
        IF stamp IS NULL THEN RAISE EXCEPTION 'a job needs a scope' USING ERRCODE = 'insufficient_privilege'; END IF;
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        VALUES ('default', name, priority, stamp || '/' || lock_name, stamp || '/' || once_name,
                args || jsonb_build_object('place', stamp), at)
        ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
    END $body$
"""
"""Stores a job in the caller's transaction, stamped with the caller's place, which no argument can change."""

_SERVED = ", ".join(f"'{status}'" for status in IN_SERVICE)
ENQUEUE_EACH = f"""
    CREATE OR REPLACE FUNCTION jobs.enqueue_each(name text, spread interval DEFAULT '0')
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
    DECLARE stored bigint;
    BEGIN
        IF platform.place() IS DISTINCT FROM '*' THEN
            RAISE EXCEPTION 'only the platform may' USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
        SELECT 'default', $1, {GIVES_WAY}, t.schema_name || '/each/' || $1, jsonb_build_object('place', t.schema_name),
               now() + random() * spread
        FROM platform.tenants t WHERE t.status IN ({_SERVED})
        ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
        GET DIAGNOSTICS stored = ROW_COUNT;
        RETURN stored;
    END $body$
"""  # noqa: S608 (the statuses are our own words)
"""Fans a periodic job out to the tenants in service; returns how many jobs were stored. They begin at some time within
``spread`` and give way to every other job, so that nobody's mail waits behind thousands of them."""

HEALTH = """
    CREATE OR REPLACE FUNCTION jobs.health()
    RETURNS TABLE (waiting bigint, oldest_seconds double precision, workers bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
        WITH due AS (
            SELECT id, scheduled_at FROM procrastinate_jobs
            WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()
        )
        SELECT (SELECT count(*) FROM due),
               (SELECT extract(epoch FROM now() - min(greatest(e.at, due.scheduled_at)))
                FROM due JOIN procrastinate_events e ON e.job_id = due.id AND e.type = 'deferred'),
               (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds')
    $body$
"""
"""Jobs that could run now, for how long the oldest of them could have (NULL when there is none), and workers alive."""


def act_in_queue(connection: psycopg.Connection) -> None:
    """Stand in the queue's schema until the transaction ends, as procrastinate's triggers name their tables without it."""
    connection.execute("SET LOCAL search_path TO jobs, pg_temp")


def prepare_queue(connection: psycopg.Connection) -> None:
    """Make the queue's tables or bring them up to the installed procrastinate, and our functions to this release.

    The schema's comment names the newest of procrastinate's migrations that its tables have seen.
    """
    act_in_queue(connection)
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    applied = _applied(connection)
    if applied is None:
        connection.execute(SchemaManager.get_schema())
    for file in files:
        if applied is not None and file.name > applied:
            connection.execute(file.read_bytes())
    connection.execute(sql.SQL("COMMENT ON SCHEMA jobs IS {}").format(sql.Literal(files[-1].name)))
    connection.execute("SET LOCAL search_path TO DEFAULT")
    for function in (ENQUEUE_BEFORE, ENQUEUE, ENQUEUE_EACH, HEALTH):
        connection.execute(function)


def _applied(connection: psycopg.Connection) -> str | None:
    """The migration that the comment names; None when there are no tables yet."""
    row = connection.execute(
        "SELECT obj_description('jobs'::regnamespace, 'pg_namespace') WHERE to_regclass('jobs.procrastinate_jobs') IS NOT NULL"
    ).fetchone()
    return (row[0] or "~") if row else None
