"""Removing tenants for good: in steps that may be interrupted and repeated, the tenant's row last."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy import delete, or_, select

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.runtime import runtime, settings
from saas.tenancy.directory import directory
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.provisioning import drop_schema
from saas.tenancy.scope import platform_work


def purge_tenant(connection: psycopg.Connection, tenant_id: UUID) -> None:
    """Drop a tenant's schema, role, jobs, files and rows; it must be at ``deleting``. Repeat after an interruption.

    Raises Conflict when the tenant was not marked for deletion.
    """
    with platform_work() as session:
        tenant = session.get(Tenant, tenant_id)
        if tenant is None:
            return
        if tenant.status != Status.DELETING:
            raise Conflict(f"“{tenant.key}” is {tenant.status}; mark it for deletion first.")
        schema = tenant.schema_name
    drop_schema(connection, schema)
    with connection.transaction():
        connection.execute("DELETE FROM jobs.procrastinate_jobs WHERE args ->> 'place' = %s AND status = 'todo'", [schema])
    runtime().storage.delete_all(tenant_id)
    with platform_work() as session:
        session.execute(delete(Tenant).where(Tenant.id == tenant_id))
    directory.forget(tenant_id)


def mark_expired() -> Sequence[UUID]:
    """Mark for deletion what is due, in the platform's scope: never verified, or cancelled long ago. Returns all marked ones."""
    unverified = now() - timedelta(days=settings().unverified_days)
    cancelled = now() - timedelta(days=settings().purge_days)
    due = or_(
        Tenant.verified_at.is_(None) & (Tenant.created_at < unverified),
        (Tenant.status == Status.CANCELLED) & (Tenant.status_at < cancelled),
    )
    for tenant in db.session.scalars(select(Tenant).where(due, Tenant.status != Status.DELETING)):
        reason = "cancelled" if tenant.status == Status.CANCELLED else "no address was ever verified"
        change_status(tenant, Status.DELETING, reason=reason, actor=SYSTEM)
    return db.session.scalars(select(Tenant.id).where(Tenant.status == Status.DELETING)).all()
