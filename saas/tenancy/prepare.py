"""Preparing a database: logins, roles, the platform's schema, rights. Every statement can run again and again."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from saas.core.logins import Login, credentials_of, login_name
from saas.core.settings import Settings, SettingsError
from saas.tenancy.queue import prepare_queue

OLDEST_SERVER = 150000
TENANT_GRANTS = {
    "tenants": "SELECT, UPDATE (name, slug, time_zone, language, support_address, verified_at, policy, config, updated_at)",
    "tenant_names": "SELECT, INSERT",
    "domains": "SELECT, DELETE,"
    " UPDATE (is_primary, failing_since, warned_at, asked_at, checked_at, report, share_hash, share_expires_at)",
    "tenant_keys": "SELECT",
    "tenant_events": "SELECT",
    "account_index": "SELECT, INSERT, DELETE",
    "audit_heads": "SELECT",
    "billing_accounts": "SELECT",
    "subscriptions": "SELECT",
    "certificates": "SELECT",
}
"""What a tenant's scope may do with platform tables, own rows only."""
PLATFORM_EXCEPTIONS = {
    "alembic_version": "SELECT",
    "plan_versions": "SELECT, INSERT",
    "tenant_events": "SELECT, INSERT",
    "operator_entries": "SELECT, INSERT",
    "operator_seals": "SELECT",
    "audit_heads": "SELECT",
}
"""Tables with which the platform's scope may do less than read, insert, update and delete."""

KEEPERS = {
    "sealer": {
        "tenants": "SELECT",
        "plan_versions": "SELECT",
        "audit_heads": "SELECT, INSERT, UPDATE, DELETE",
        "operator_entries": "SELECT",
        "operator_seals": "SELECT, INSERT",
    },
    "archivist": {"tenants": "SELECT", "plan_versions": "SELECT", "audit_heads": "SELECT"},
}
"""The roles that keep the audit logs, for the owner's login only, and their rights on platform tables."""

SCHEMA_PATTERN = "^t_[a-z0-9]{12}$"
_BY_SETTING = "nullif(current_setting('saas.schema', true), '')"
_LOCK = "SELECT pg_advisory_xact_lock(7310002)"


def keeper_role(settings: Settings, keeper: str) -> str:
    """The database role of a keeper of the audit log."""
    return f"{settings.role_prefix}_{keeper}"


def prepare(settings: Settings) -> None:
    """Make what must be there before the platform's migrations; raises SettingsError when the owner lacks the rights."""
    with _owner(settings) as connection:
        _check_owner(connection)
        _check_roles_setting(settings, connection)
        for statement in _statements(settings, connection):
            connection.execute(statement)
        prepare_queue(connection)
        for statement in _queue_grants(settings):
            connection.execute(statement)


def grant_platform(settings: Settings) -> None:
    """Give the scopes exactly their rights on the platform's tables; runs after the platform's migrations."""
    prefix = settings.role_prefix
    app, platform, group = (sql.Identifier(f"{prefix}_{name}") for name in (Login.APP, "platform", "tenant"))
    scopes = platform if settings.tenant_roles else app
    with _owner(settings) as connection:
        everything = sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA platform FROM {}, {}, {}")
        connection.execute(everything.format(platform, group, app))
        usual = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA platform TO {}")
        connection.execute(usual.format(scopes))
        connection.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA platform TO {}").format(scopes))
        for table, rights in PLATFORM_EXCEPTIONS.items():
            connection.execute(sql.SQL("REVOKE ALL ON platform.{} FROM {}").format(sql.Identifier(table), scopes))
            connection.execute(_grant(rights, table, scopes))
        for table, rights in TENANT_GRANTS.items():
            connection.execute(_grant(rights, table, group))
        for keeper, given in KEEPERS.items():
            role = sql.Identifier(keeper_role(settings, keeper))
            connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA platform FROM {}").format(role))
            for table, rights in given.items():
                connection.execute(_grant(rights, table, role))


def _grant(rights: str, table: str, grantee: sql.Identifier) -> sql.Composed:
    return sql.SQL("GRANT {} ON platform.{} TO {}").format(sql.SQL(rights), sql.Identifier(table), grantee)


@contextmanager
def _owner(settings: Settings) -> Iterator[psycopg.Connection]:
    """The owner's connection in one transaction, alone among those that prepare; a refusal names the missing right."""
    try:
        with psycopg.connect(settings.login(Login.OWNER), prepare_threshold=None) as connection:
            connection.execute(_LOCK)
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsError(f"DATABASE_URL: this login may not do what is needed ({str(error).strip()})") from error


def _check_owner(connection: psycopg.Connection) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise SettingsError("DATABASE_URL: PostgreSQL 15 or newer is needed")
    row = connection.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if row != (True,):
        raise SettingsError("DATABASE_URL: this login cannot create roles; ALTER ROLE … CREATEROLE lets it")


def made_with_roles(connection: psycopg.Connection) -> bool | None:
    """Whether this database knows its tenants by roles, as ``platform.place()`` tells; None before that function is there."""
    row = connection.execute("SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure('platform.place()')").fetchone()
    return None if row is None else _BY_SETTING not in row[0]


def _check_roles_setting(settings: Settings, connection: psycopg.Connection) -> None:
    tenants = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname ~ %s", [SCHEMA_PATTERN]).fetchone()
    if tenants != (0,) and made_with_roles(connection) is (not settings.tenant_roles):
        raise SettingsError("TENANT_ROLES: cannot change once there are tenants, whose rights were given the other way")


def _statements(settings: Settings, connection: psycopg.Connection) -> Iterator[sql.SQL | sql.Composed]:
    prefix, database = settings.role_prefix, sql.Identifier(connection.info.dbname)
    platform, group = sql.Identifier(f"{prefix}_platform"), sql.Identifier(f"{prefix}_tenant")
    app, jobs = (sql.Identifier(login_name(prefix, login)) for login in (Login.APP, Login.JOBS))
    yield from _roles(settings, connection)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, app, jobs)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    yield sql.SQL("GRANT {} TO {}").format(platform, app)
    keepers = [sql.Identifier(keeper_role(settings, keeper)) for keeper in KEEPERS]
    yield sql.SQL("GRANT {} TO CURRENT_USER").format(sql.SQL(", ").join([platform, group, *keepers]))
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.SQL(", ").join(keepers))
    for schema in ("platform", "jobs"):
        yield sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
        yield sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(sql.Identifier(schema), app)
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), _scopes(settings))
    yield sql.SQL("GRANT USAGE ON SCHEMA platform TO {}").format(sql.SQL(", ").join(keepers))
    yield sql.SQL("GRANT USAGE ON SCHEMA jobs TO {}").format(jobs)
    yield from _defaults(settings, connection)
    yield _place_function(settings)


def _scopes(settings: Settings) -> sql.Composed:
    """Whoever stands in a scope: the roles of scopes, and the web login itself where there are no roles for each tenant."""
    names = ["platform", "tenant"] if settings.tenant_roles else ["platform", "tenant", str(Login.APP)]
    return sql.SQL(", ").join(sql.Identifier(f"{settings.role_prefix}_{name}") for name in names)


def _roles(settings: Settings, connection: psycopg.Connection) -> Iterator[sql.SQL | sql.Composed]:
    prefix = settings.role_prefix
    query = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)"
    known = {row[0] for row in connection.execute(query, [f"{prefix}_"])}
    for name in (f"{prefix}_platform", f"{prefix}_tenant", *(keeper_role(settings, keeper) for keeper in KEEPERS)):
        if name not in known:
            yield sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
    for login in (Login.APP, Login.JOBS):
        name, password = credentials_of(settings.login(login))
        if name != login_name(prefix, login):
            raise SettingsError(f"{login.upper()}_DATABASE_URL: its user must be {login_name(prefix, login)}")
        verb = sql.SQL("ALTER" if name in known else "CREATE")
        secret = _password(connection, name, password)
        yield sql.SQL("{} ROLE {} LOGIN NOINHERIT{}").format(verb, sql.Identifier(name), secret)


def _password(connection: psycopg.Connection, name: str, password: str) -> sql.SQL | sql.Composed:
    """The clause with the password as its verifier, so that the password itself never stands in a server's log."""
    if not password:
        return sql.SQL("")
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return sql.SQL(" PASSWORD {}").format(sql.Literal(verifier.decode()))


def _defaults(settings: Settings, connection: psycopg.Connection) -> Iterator[sql.Composed]:
    """What a connection of each login starts with, here and behind a pooler too."""
    limits = {
        "search_path": "",
        "statement_timeout": f"{settings.db_statement_timeout}ms",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
    }
    for login, values in {Login.APP: limits, Login.JOBS: {"search_path": "jobs"}}.items():
        for name, value in values.items():
            yield sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                sql.Identifier(login_name(settings.role_prefix, login)),
                sql.Identifier(connection.info.dbname),
                sql.Identifier(name),
                sql.Literal(value),
            )


def _place_function(settings: Settings) -> sql.Composed:
    """``platform.place()``: the schema whose tenant this transaction serves, ``*`` for the platform, NULL for nobody.

    With roles it follows from the role; without, from the transaction-local setting that is sent with BEGIN.
    """
    prefix = f"{settings.role_prefix}_"
    platform_wide = [f"{prefix}platform", *(keeper_role(settings, keeper) for keeper in KEEPERS)]
    by_role = sql.SQL(
        "CASE WHEN current_setting('role') IN ({}) THEN '*'"
        " WHEN starts_with(current_setting('role'), {}) THEN substr(current_setting('role'), {}) END"
    ).format(
        sql.SQL(", ").join(sql.Literal(role) for role in platform_wide),
        sql.Literal(f"{prefix}t_"),
        sql.Literal(len(prefix) + 1),
    )
    by_setting = sql.SQL(_BY_SETTING)
    return sql.SQL(
        "CREATE OR REPLACE FUNCTION platform.place() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {} $$"
    ).format(by_role if settings.tenant_roles else by_setting)


def _queue_grants(settings: Settings) -> Iterator[sql.Composed]:
    app, jobs = (sql.Identifier(login_name(settings.role_prefix, login)) for login in (Login.APP, Login.JOBS))
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA jobs FROM PUBLIC, {}").format(sql.SQL(kind), app)
        yield sql.SQL("GRANT ALL ON ALL {} IN SCHEMA jobs TO {}").format(sql.SQL(kind), jobs)
    for function in ("enqueue(text,jsonb,text,text,timestamptz,integer)", "enqueue_each(text,interval)", "health()"):
        yield sql.SQL("GRANT EXECUTE ON FUNCTION jobs.{} TO {}").format(sql.SQL(function), _scopes(settings))
