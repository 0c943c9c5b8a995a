"""Removing tenants for good: in steps that may be interrupted and repeated, the tenant's row last."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from blinker import Signal
from sqlalchemy import ColumnElement, delete, select

from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.runtime import runtime, settings
from saas.tenancy.directory import directory
from saas.tenancy.domains import keep_hosts_back
from saas.tenancy.models import Status, Tenant, TenantMigration
from saas.tenancy.module import PURGED
from saas.tenancy.operations import change_status
from saas.tenancy.provisioning import drop_schema
from saas.tenancy.queue import act_in_queue
from saas.tenancy.recording import target_of
from saas.tenancy.scope import platform_work

log = structlog.get_logger()

leaving = Signal()
"""Sent with a tenant's id before anything of it is deleted, outside every scope. Who raises keeps the tenant for now."""
EXPIRY = Actor("job", "Removal of organisations that are due")


def purge_tenant(connection: psycopg.Connection, tenant_id: UUID, *, actor: Actor) -> None:
    """Drop a tenant's schema, role, jobs, files and rows; it must be at ``deleting``. Repeat after an interruption.

    Raises Conflict when the tenant was not marked for deletion, psycopg.errors.LockNotAvailable while its tables are in use,
    OSError when a file cannot be removed; whatever a receiver of ``leaving`` raises. A tenant that is gone already is no error.
    """
    with platform_work() as session:
        tenant = session.get(Tenant, tenant_id)
        if tenant is None:
            return
        if tenant.status != Status.DELETING:
            raise Conflict(f"“{tenant.key}” is {tenant.status}; mark it for deletion first.")
        key, schema, reason, target = tenant.key, tenant.schema_name, tenant.status_reason, target_of(tenant)
    leaving.send(tenant_id)
    drop_schema(connection, schema)
    _drop_jobs(connection, schema)
    runtime().storage.delete_all(tenant_id)
    with platform_work() as session:
        session.execute(delete(TenantMigration).where(TenantMigration.schema_name == schema))
        keep_hosts_back(tenant_id)
        if session.scalar(delete(Tenant).where(Tenant.id == tenant_id).returning(Tenant.id)):
            record(PURGED, actor=actor, target=target, tenant_id=tenant_id, key=key, reason=reason)
    directory.forget(tenant_id)
    log.info("tenant_purged", tenant=key, id=str(tenant_id))


def _drop_jobs(connection: psycopg.Connection, schema: str) -> None:
    """Jobs that are being run right now stay; they find their tenant gone and end."""
    with connection.transaction():
        act_in_queue(connection)
        connection.execute("DELETE FROM procrastinate_jobs WHERE args ->> 'place' = %s AND status <> 'doing'", [schema])


def mark_expired() -> Sequence[UUID]:
    """Mark for deletion what is due, in the platform's scope; returns all marked ones, those marked earlier too.

    Due are trials of which no address was ever verified, and organisations cancelled long ago.
    """
    _mark(
        "no address was ever verified",
        Tenant.status == Status.TRIALING,
        Tenant.verified_at.is_(None),
        Tenant.created_at < now() - timedelta(days=settings().unverified_days),
    )
    cancelled = now() - timedelta(days=settings().purge_days)
    _mark("cancelled", Tenant.status == Status.CANCELLED, Tenant.status_at < cancelled)
    return db.session.scalars(select(Tenant.id).where(Tenant.status == Status.DELETING)).all()


def _mark(reason: str, *due: ColumnElement[bool]) -> None:
    for tenant in db.session.scalars(select(Tenant).where(*due).with_for_update(skip_locked=True)):
        change_status(tenant, Status.DELETING, reason=reason, actor=EXPIRY)
