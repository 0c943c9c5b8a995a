"""The health of tenants: what each should have is there, told by one query over the catalogue for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from saas.core.database import db
from saas.core.runtime import runtime, settings
from saas.tenancy.history import tenant_history
from saas.tenancy.keys import opens
from saas.tenancy.models import Status, TenantKey
from saas.tenancy.provisioning import act_for_platform, tenant_tables
from saas.tenancy.scope import platform_scope, role_of

_CATALOGUE = """
    SELECT t.id, t.key, t.schema_name, t.revision, n.oid IS NOT NULL AS has_schema, r.oid IS NOT NULL AS has_role,
           coalesce(array_agg(c.relname::text) FILTER (WHERE c.relname IS NOT NULL), '{}') AS tables
    FROM platform.tenants t
    LEFT JOIN pg_namespace n ON n.nspname = t.schema_name
    LEFT JOIN pg_roles r ON r.rolname = %(roles)s || t.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
    WHERE t.status <> %(leaving)s AND (%(only)s::uuid IS NULL OR t.id = %(only)s)
    GROUP BY t.id, t.key, t.schema_name, t.revision, n.oid, r.oid
    ORDER BY t.key
"""


@dataclass(frozen=True, slots=True)
class Health:
    """What was found of one tenant; healthy without faults."""

    key: str
    faults: tuple[str, ...]


def examine_tenants(connection: psycopg.Connection, only: UUID | None = None) -> list[Health]:
    """Look at every tenant that is not being deleted, or at one: schema, role, tables, revision, keys, folder."""
    expected = frozenset(table.name for table in tenant_tables())
    with connection.transaction():
        act_for_platform(connection)
        values = {"roles": role_of(""), "leaving": Status.DELETING, "only": only}
        rows = connection.execute(_CATALOGUE, values).fetchall()
    keys = _keys(only)
    return [Health(row[1], tuple(_faults(row, expected, keys.get(row[0], ())))) for row in rows]


def _keys(only: UUID | None) -> dict[UUID, list[TenantKey]]:
    query, found = select(TenantKey), dict[UUID, list[TenantKey]]()
    with platform_scope():
        for key in db.session.scalars(query.where(TenantKey.tenant_id == only) if only else query):
            found.setdefault(key.tenant_id, []).append(key)
    return found


def _faults(row: tuple[Any, ...], expected: frozenset[str], keys: Sequence[TenantKey]) -> list[str]:
    tenant_id, _, schema, revision, has_schema, has_role, tables = row
    faults = []
    if not has_schema:
        faults.append(f"schema {schema} is missing")
    if settings().tenant_roles and not has_role:
        faults.append(f"role {role_of(schema)} is missing")
    if has_schema and (fault := _revision_fault(revision) or _table_fault(expected, frozenset(tables))):
        faults.append(fault)
    if not keys or not all(opens(key) for key in keys):
        faults.append("no master key opens its encryption key" if keys else "it has no encryption key")
    if fault := runtime().storage.fault(tenant_id):
        faults.append(fault)
    return faults


def _revision_fault(revision: str) -> str:
    history = tenant_history()
    if revision == history.head:
        return ""
    return (
        f"waits at revision {revision} for {history.head}"
        if history.behind(revision)
        else f"revision {revision} is unknown"
    )


def _table_fault(expected: frozenset[str], found: frozenset[str]) -> str:
    missing, strange = sorted(expected - found), sorted(found - expected)
    parts = [f"table {name} is missing" for name in missing[:3]] + [f"table {name} is not ours" for name in strange[:3]]
    more = len(missing) + len(strange) - len(parts)
    return ", ".join([*parts, f"and {more} more"] if more else parts)
