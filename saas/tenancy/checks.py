"""What the doctor asks the database through the owner's connection."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from saas.core.jobs import BACKLOG_SECONDS
from saas.core.logins import Login, login_name
from saas.core.runtime import settings
from saas.tenancy import platform
from saas.tenancy.findings import Finding, failure, warning, well
from saas.tenancy.history import tenant_history
from saas.tenancy.prepare import OLDEST_SERVER, SCHEMA_PATTERN
from saas.tenancy.provisioning import act_for_platform, orphans
from saas.tenancy.scope import role_of

Check = Callable[[psycopg.Connection], Iterator[Finding]]

MANY_ROLES = 1000
WORKER_CONNECTIONS = 12


def server(connection: psycopg.Connection) -> Iterator[Finding]:
    """Version and encoding."""
    number, name = connection.info.server_version, connection.info.parameter_status("server_version") or ""
    if number < OLDEST_SERVER:
        yield failure(f"PostgreSQL {name} is too old", "Move to version 15 or newer, best 18")
    else:
        yield well(f"PostgreSQL {name}")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        yield failure(f"The database's encoding is {encoding}", "Make the database anew with ENCODING 'UTF8'")


def owner(connection: psycopg.Connection) -> Iterator[Finding]:
    """The owner's login: strong enough, and not stronger than it must be."""
    row = _one(connection, "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if row[0] or row[1]:
        yield warning(
            "The owner's login is a superuser or may bypass row-level security",
            "Let a login own the database that has CREATEROLE and nothing more",
        )
    elif not row[2]:
        yield failure("The owner's login cannot create roles", "ALTER ROLE … CREATEROLE")
    else:
        yield well("The owner's login has CREATEROLE and nothing more")


def web_login(connection: psycopg.Connection) -> Iterator[Finding]:
    """The web processes' login: no rights of its own on any tenant, nothing that steps over walls."""
    name = login_name(settings().role_prefix, Login.APP)
    rights = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = %s"
    if _one(connection, rights, name)[0]:
        yield failure(
            f"The web login {name} has rights of an administrator", f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS …"
        )
    if settings().tenant_roles:
        yield from _own_rights(connection, name)
    temporary = "SELECT has_database_privilege(%s, current_database(), 'TEMP')"
    if _one(connection, temporary, name)[0]:
        database = connection.info.dbname
        yield failure(
            "The web login may make temporary tables, which can stand before a tenant's",
            f'As the database\'s owner: REVOKE TEMP ON DATABASE "{database}" FROM PUBLIC',
        )


def _own_rights(connection: psycopg.Connection, name: str) -> Iterator[Finding]:
    query = "SELECT count(*) FROM pg_namespace WHERE nspname ~ %s AND has_schema_privilege(%s, oid, 'USAGE')"
    open_schemas = _one(connection, query, SCHEMA_PATTERN, name)[0]
    if open_schemas:
        yield failure(
            f"The web login reaches {open_schemas} tenant schemas without taking a tenant's role",
            f"ALTER ROLE {name} NOINHERIT, and REVOKE what it was granted on these schemas",
        )
    else:
        yield well("The web login has no rights of its own on any tenant's schema")


def tenant_roles(connection: psycopg.Connection) -> Iterator[Finding]:
    """Roles of tenants fit the setting and the server."""
    number = _platform_number(connection, "SELECT count(*) FROM platform.tenants")
    query = "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, %s)"
    roles = _one(connection, query, role_of("t_"))[0]
    if not settings().tenant_roles:
        if roles:
            mend = "Set TENANT_ROLES=on, or move to a new database: the setting cannot change under tenants"
            yield failure(f"TENANT_ROLES is off, but {roles} tenants were made with roles", mend)
        else:
            yield well(
                "No role for each tenant (TENANT_ROLES=off); scopes, the empty path and row-level security stand"
            )
    elif connection.info.server_version < 170000 and number > MANY_ROLES:
        mend = "Move to PostgreSQL 17 or newer, where membership is looked up quickly"
        yield warning(f"{number} tenants with a role each make this server slow whenever a role is made", mend)
    else:
        yield well(f"A role for each of {number} tenants")


def row_level_security(connection: psycopg.Connection) -> Iterator[Finding]:
    """Every platform table with ``tenant_id`` shows a tenant its own rows only."""
    query = """
        SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'platform'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    """
    open_tables = _one(connection, query)[0]
    if open_tables:
        mend = "ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, with the policy own_rows"
        yield failure(f"Without forced row-level security: {open_tables}", mend)
    else:
        yield well("Row-level security is forced on every shared table of tenants")


def connections(connection: psycopg.Connection) -> Iterator[Finding]:
    """The server has room for what the pools may open."""
    limits = settings()
    room = _one(
        connection,
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " - coalesce(current_setting('reserved_connections', true)::int, 0)",
    )[0]
    each = max(1, -(-limits.db_pool_size // limits.web_processes)) + limits.db_max_overflow // limits.web_processes + 2
    needed = each * limits.web_processes + WORKER_CONNECTIONS
    text = f"The pools of web processes ({limits.web_processes}) and worker may open {needed} connections; the server takes {room}"
    if needed > room:
        yield warning(
            text, "Lower DB_POOL_SIZE and DB_MAX_OVERFLOW, raise max_connections, or put PgBouncer in between"
        )
    else:
        yield well(text)


def revisions(connection: psycopg.Connection) -> Iterator[Finding]:
    """Platform and tenants are migrated to this release."""
    if platform.revision() != platform.head():
        yield failure("The platform's tables are not at this release", "saas migrate")
    known = [step.revision for step in tenant_history().steps[:-1]]
    where = "FROM platform.tenants WHERE revision = ANY(%s) AND status <> 'deleting'"
    behind = _platform_number(connection, f"SELECT count(*) {where}", known)
    failed = _platform_number(connection, "SELECT count(*) FROM platform.tenant_migrations WHERE error <> ''")
    if behind or failed:
        yield failure(
            f"{behind} tenants wait for a migration, {failed} schemas failed at theirs", "saas tenants migrate"
        )
    else:
        yield well(f"Every tenant is at revision {tenant_history().head}, or newer than this release")


def strays(connection: psycopg.Connection) -> Iterator[Finding]:
    """No schema or role belongs to nobody."""
    if found := orphans(connection):
        shown = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        yield warning(
            f"{len(found)} schemas or roles belong to no tenant: {shown}", "Look into them, then drop them by hand"
        )
    else:
        yield well("Every tenant schema and role belongs to a tenant or is a spare")


def spares(connection: psycopg.Connection) -> Iterator[Finding]:
    """Sign-ups find a schema ready."""
    ready = _one(connection, "SELECT count(*) FROM platform.spare_schemas WHERE revision = %s", tenant_history().head)[
        0
    ]
    if ready or not settings().spare_schemas:
        yield well(f"{ready} spare schemas are ready")
    else:
        yield warning(
            "No spare schema is ready: a sign-up must wait for one", "Start `saas worker`, or run `saas tenants spares`"
        )


def queue(connection: psycopg.Connection) -> Iterator[Finding]:
    """The queue moves."""
    waiting, oldest, workers = _one(connection, "SELECT waiting, oldest_seconds, workers FROM jobs.health()")
    failed = _one(connection, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed'")[0]
    if not workers:
        yield warning(f"No worker is alive; {waiting} jobs wait", "Start `saas worker`: mail and purges depend on it")
    elif waiting and oldest > BACKLOG_SECONDS:
        yield warning(
            f"{waiting} jobs wait, the oldest for {oldest / 60:.0f} minutes",
            "Start more workers, or look for a job that hangs",
        )
    else:
        yield well(f"{workers} workers are alive, {waiting} jobs wait")
    if failed:
        yield warning(
            f"{failed} jobs failed for good", "Their errors stand in the worker's log; they are kept for 30 days"
        )


CHECKS: tuple[Check, ...] = (
    server,
    owner,
    web_login,
    tenant_roles,
    row_level_security,
    connections,
    revisions,
    strays,
    spares,
    queue,
)


def _one(connection: psycopg.Connection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None
    return row


def _platform_number(connection: psycopg.Connection, query: str, *values: object) -> int:
    with connection.transaction():
        act_for_platform(connection)
        return int(_one(connection, query, *values)[0])
