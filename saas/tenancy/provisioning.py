"""Making and dropping tenant schemas, under the owner's login: one transaction each, so that nothing is ever half there."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateIndex, CreateTable

from saas.core.database import Base
from saas.core.ids import short_id
from saas.core.logins import Login, login_name
from saas.core.runtime import settings
from saas.tenancy.history import tenant_history
from saas.tenancy.prepare import KEEPERS, SCHEMA_PATTERN, keeper_role
from saas.tenancy.scope import platform_place, role_of

TABLES_PER_DROP = 10
_SPARES_LOCK = 7_310_004


def owner_connection() -> psycopg.Connection:
    """A connection of the owner's login: a transaction only where one is opened, no prepared statements."""
    return psycopg.connect(settings().login(Login.OWNER), prepare_threshold=None, autocommit=True)


def tenant_tables() -> list[Table]:
    """The tables of a tenant's schema, each after those it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.schema is None]


@cache
def baseline() -> tuple[str, ...]:
    """The statements that make all tables and indexes of a tenant, as the models describe them."""
    make_dialect: Any = PGDialect_psycopg
    dialect = make_dialect(paramstyle="named")
    statements = []
    for table in tenant_tables():
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        ordered = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in ordered]
    return tuple(statements)


def build_spare(connection: psycopg.Connection) -> str:
    """Make one tenant schema that belongs to nobody yet, all or nothing; returns its name."""
    schema = f"t_{short_id()}"
    with connection.transaction(), connection.pipeline():
        for shell in _shell(schema):
            connection.execute(shell)
        for statement in baseline():
            connection.execute(statement.encode())
        for right in exact_rights(schema):
            connection.execute(right)
        connection.execute(
            "INSERT INTO platform.spare_schemas (schema_name, revision, created_at) VALUES (%s, %s, now())",
            [schema, tenant_history().head],
        )
    return schema


def _shell(schema: str) -> Iterable[sql.Composed]:
    """The schema, its role, and the rights that its coming tables will grant."""
    name, app = sql.Identifier(schema), sql.Identifier(login_name(settings().role_prefix, Login.APP))
    grantee = app
    if settings().tenant_roles:
        grantee, group = sql.Identifier(role_of(schema)), sql.Identifier(f"{settings().role_prefix}_tenant")
        yield sql.SQL("CREATE ROLE {} NOLOGIN").format(grantee)
        yield sql.SQL("GRANT {} TO {}").format(group, grantee)
        yield sql.SQL("GRANT {} TO {}").format(grantee, app)
    yield sql.SQL("CREATE SCHEMA {}").format(name)
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, grantee)
    for keeper in KEEPERS:
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, sql.Identifier(keeper_role(settings(), keeper)))
    defaults = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {} TO {}")
    yield defaults.format(name, sql.SQL("SELECT, INSERT, UPDATE, DELETE ON TABLES"), grantee)
    yield defaults.format(name, sql.SQL("USAGE ON SEQUENCES"), grantee)
    yield sql.SQL("SET LOCAL search_path TO {}, pg_temp").format(name)


def exact_rights(schema: str) -> Iterable[sql.Composed]:
    """The rights on tables whose models name them (``info["rights"]``), in place of what a new table grants."""
    scope = role_of(schema) if settings().tenant_roles else login_name(settings().role_prefix, Login.APP)
    for table in tenant_tables():
        for who, rights in table.info.get("rights", {}).items():
            grantee = sql.Identifier(scope if who == "scope" else keeper_role(settings(), who))
            name = sql.Identifier(schema, table.name)
            yield sql.SQL("REVOKE ALL ON {} FROM {}").format(name, grantee)
            yield sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), name, grantee)


def top_up(connection: psycopg.Connection, wanted: int) -> int:
    """Build spares until ``wanted`` of the present revision are there; returns how many were built.

    One at a time in a deployment does so: whoever comes second waits and then finds enough.
    """
    built = 0
    connection.execute("SELECT pg_advisory_lock(%s)", [_SPARES_LOCK])
    try:
        while _spares(connection) < wanted:
            build_spare(connection)
            built += 1
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", [_SPARES_LOCK])
    return built


def _spares(connection: psycopg.Connection) -> int:
    query = "SELECT count(*) FROM platform.spare_schemas WHERE revision = %s"
    row = connection.execute(query, [tenant_history().head]).fetchone()
    return int(row[0]) if row else 0


def drop_schema(connection: psycopg.Connection, schema: str) -> None:
    """Drop a schema and its role, some tables at a time (a table costs up to 20 locks); may be interrupted and repeated.

    Waits ten seconds at most for transactions that still use a table; raises psycopg.errors.LockNotAvailable then.
    """
    if not schema.startswith("t_"):
        raise ValueError(f"{schema} is not the schema of a tenant")
    while tables := _some_tables(connection, schema):
        names = sql.SQL(", ").join(sql.Identifier(schema, table) for table in tables)
        _drop(connection, sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(names))
    _drop(connection, sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    _drop(connection, sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role_of(schema))))


def _drop(connection: psycopg.Connection, statement: sql.Composed) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout TO '10s'")
        connection.execute(statement)


def _some_tables(connection: psycopg.Connection, schema: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename LIMIT %s"
    return [row[0] for row in connection.execute(query, [schema, TABLES_PER_DROP])]


def act_for_platform(connection: psycopg.Connection) -> None:
    """Give the owner's transaction the platform's place until it ends: row-level security binds the owner too."""
    for setting in platform_place().settings:
        connection.execute(setting.encode())


def orphans(connection: psycopg.Connection) -> list[str]:
    """Tenant schemas, and roles of such, that belong neither to a tenant nor to the spares (there should be none)."""
    with connection.transaction():
        act_for_platform(connection)
        rows = connection.execute(
            "WITH known AS (SELECT schema_name FROM platform.tenants UNION SELECT schema_name FROM platform.spare_schemas)"
            " SELECT nspname::text FROM pg_namespace WHERE nspname ~ %(schema)s AND nspname NOT IN (SELECT * FROM known)"
            " UNION ALL SELECT rolname::text FROM pg_roles WHERE starts_with(rolname, %(prefix)s)"
            " AND substr(rolname, %(from)s) ~ %(schema)s AND substr(rolname, %(from)s) NOT IN (SELECT * FROM known) ORDER BY 1",
            {"schema": SCHEMA_PATTERN, "prefix": role_of("t_"), "from": len(role_of("")) + 1},
        ).fetchall()
    return [row[0] for row in rows]
