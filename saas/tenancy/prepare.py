"""Preparing a database: logins, roles, the platform's and the queue's schema. Every statement can run again and again."""

from collections.abc import Iterator

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from saas.core.logins import Login, credentials_of, login_name
from saas.core.settings import Settings, SettingsError

TENANT_GRANTS = {
    "tenants": "SELECT, UPDATE (name, slug, time_zone, language, support_address, verified_at, config, updated_at)",
    "tenant_names": "SELECT, INSERT",
    "domains": "SELECT",
    "tenant_keys": "SELECT",
    "tenant_events": "SELECT",
    "account_index": "SELECT, INSERT, DELETE",
}
"""What a tenant's scope may do with platform tables, own rows only."""


def prepare(settings: Settings) -> None:
    """Make what must be there before the platform's migrations; raises SettingsError when the owner lacks the rights."""
    with psycopg.connect(settings.login(Login.OWNER), autocommit=False) as connection:
        _check_owner(connection)
        for statement in _statements(settings, connection):
            connection.execute(statement)
        _prepare_queue(connection)
        connection.execute(_enqueue_functions(settings))
        _grant_queue(connection, settings)


def grant_platform(settings: Settings) -> None:
    """Give the scopes their rights on the platform's tables; runs after the platform's migrations."""
    prefix = settings.role_prefix
    scopes = sql.Identifier(f"{prefix}_platform" if settings.tenant_roles else login_name(prefix, Login.APP))
    group = sql.Identifier(f"{prefix}_tenant")
    with psycopg.connect(settings.login(Login.OWNER)) as connection:
        connection.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA platform TO {}").format(scopes))
        connection.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA platform TO {}").format(scopes))
        for table, rights in TENANT_GRANTS.items():
            connection.execute(
                sql.SQL("GRANT {} ON platform.{} TO {}").format(sql.SQL(rights), sql.Identifier(table), group)  # type: ignore[arg-type]
            )


def _check_owner(connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not row or not row[0]:
        raise SettingsError("DATABASE_URL: this login cannot create roles; ALTER ROLE … CREATEROLE lets it")
    if connection.info.server_version < 150000:
        raise SettingsError("DATABASE_URL: PostgreSQL 15 or newer is needed")


def _statements(settings: Settings, connection: psycopg.Connection) -> Iterator[sql.Composed]:
    prefix, database = settings.role_prefix, sql.Identifier(connection.info.dbname)
    platform, group = sql.Identifier(f"{prefix}_platform"), sql.Identifier(f"{prefix}_tenant")
    app, jobs = (sql.Identifier(login_name(prefix, login)) for login in (Login.APP, Login.JOBS))
    yield from _missing_roles(settings, connection)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, app, jobs)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    yield sql.SQL("GRANT {} TO {}").format(platform, app)
    yield sql.SQL("GRANT {}, {} TO CURRENT_USER").format(platform, group)
    for schema in ("platform", "jobs"):
        yield sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}, {}, {}").format(sql.Identifier(schema), platform, group, app)
    yield sql.SQL("GRANT USAGE ON SCHEMA jobs TO {}").format(jobs)
    for name, value in {
        "search_path": "",
        "statement_timeout": f"{settings.db_statement_timeout}ms",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
    }.items():
        yield _default(connection, app, name, value)
    yield _default(connection, jobs, "search_path", "jobs")
    yield _place_function(settings)


def _missing_roles(settings: Settings, connection: psycopg.Connection) -> Iterator[sql.Composed]:
    prefix = settings.role_prefix
    known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [f"{prefix}_"])}
    for name in (f"{prefix}_platform", f"{prefix}_tenant"):
        if name not in known:
            yield sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
    for login in (Login.APP, Login.JOBS):
        name, password = credentials_of(settings.login(login))
        if name != login_name(prefix, login):
            raise SettingsError(f"{login.upper()}_DATABASE_URL: its user must be {login_name(prefix, login)}")
        verb = "ALTER" if name in known else "CREATE"
        yield sql.SQL("{} ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(name), sql.Literal(password)
        )


def _default(connection: psycopg.Connection, role: sql.Identifier, name: str, value: str) -> sql.Composed:
    return sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
        role, sql.Identifier(connection.info.dbname), sql.Identifier(name), sql.Literal(value)
    )


def _place_function(settings: Settings) -> sql.Composed:
    """``platform.place()``: the schema whose tenant this transaction serves, ``*`` for the platform, NULL for nobody.

    With roles it follows from the role; without, from the transaction-local setting that is sent with BEGIN.
    """
    role, prefix = "current_setting('role')", f"{settings.role_prefix}_"
    answer = (
        sql.SQL("CASE WHEN {r} = {p} THEN '*' WHEN starts_with({r}, {t}) THEN substr({r}, {n}) END").format(
            r=sql.SQL(role), p=sql.Literal(f"{prefix}platform"), t=sql.Literal(f"{prefix}t_"), n=sql.Literal(len(prefix) + 1)  # type: ignore[arg-type]
        )
        if settings.tenant_roles
        else sql.SQL("nullif(current_setting('saas.schema', true), '')")
    )
    return sql.SQL(
        "CREATE OR REPLACE FUNCTION platform.place() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {} $$"
    ).format(answer)


def _prepare_queue(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT to_regclass('jobs.procrastinate_jobs') IS NOT NULL").fetchone() == (True,):
        return
    connection.execute("SET LOCAL search_path TO jobs")
    connection.execute(SchemaManager.get_schema())
    connection.execute("SET LOCAL search_path TO DEFAULT")


def _enqueue_functions(settings: Settings) -> str:
    """``jobs.enqueue`` stamps the place; ``jobs.enqueue_each`` fans a periodic job out to the tenants in service."""
    return """
        CREATE OR REPLACE FUNCTION jobs.enqueue(name text, args jsonb, lock_name text, once_name text, at timestamptz)
        RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
        DECLARE stamp text := platform.place();
        BEGIN
            IF stamp IS NULL THEN RAISE EXCEPTION 'a job needs a scope' USING ERRCODE = 'insufficient_privilege'; END IF;
            INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
            VALUES ('default', name, stamp || '/' || lock_name, stamp || '/' || once_name,
                    args || jsonb_build_object('place', stamp), at)
            ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
        END $body$;
        CREATE OR REPLACE FUNCTION jobs.enqueue_each(name text)
        RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
        DECLARE stored bigint;
        BEGIN
            IF platform.place() IS DISTINCT FROM '*' THEN
                RAISE EXCEPTION 'only the platform may' USING ERRCODE = 'insufficient_privilege';
            END IF;
            INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
            SELECT 'default', name, t.schema_name || '/each/' || name, jsonb_build_object('place', t.schema_name)
            FROM platform.tenants t WHERE t.status IN ('trialing', 'active', 'past_due')
            ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;
            GET DIAGNOSTICS stored = ROW_COUNT;
            RETURN stored;
        END $body$;
        CREATE OR REPLACE FUNCTION jobs.health()
        RETURNS TABLE (waiting bigint, oldest_seconds double precision, workers bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = jobs, pg_temp AS $body$
            SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()),
                   (SELECT extract(epoch FROM now() - min(e.at)) FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
                     AND e.type = 'deferred' WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()),
                   (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds')
        $body$;
        REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC
    """


def _grant_queue(connection: psycopg.Connection, settings: Settings) -> None:
    prefix = settings.role_prefix
    app, jobs = (sql.Identifier(login_name(prefix, login)) for login in (Login.APP, Login.JOBS))
    platform, group = sql.Identifier(f"{prefix}_platform"), sql.Identifier(f"{prefix}_tenant")
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        connection.execute(sql.SQL("GRANT ALL ON ALL {} IN SCHEMA jobs TO {}").format(sql.SQL(kind), jobs))
    for name in ("jobs.enqueue(text,jsonb,text,text,timestamptz)", "jobs.enqueue_each(text)", "jobs.health()"):
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}, {}, {}").format(sql.SQL(name), platform, group, app))
