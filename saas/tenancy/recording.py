"""Recording what is done to tenants: in the operators' log, and in the tenant's own where it was done from outside."""

from typing import Any

import structlog
from sqlalchemy import text

from saas.core.actor import Actor
from saas.core.audit import AuditEntry, Changes, Target, record
from saas.core.database import db
from saas.core.module import AuditEvent
from saas.core.scope import current_scope
from saas.tenancy.models import Tenant
from saas.tenancy.scope import inside, tenant_place

log = structlog.get_logger()

_HAS_LOG = text(
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relname = :log)"
    " AND (CAST(:role AS text) IS NULL OR EXISTS (SELECT FROM pg_roles WHERE rolname = :role))"
)


def target_of(tenant: Tenant) -> Target:
    """A tenant as the logs name it."""
    return Target("organisation", tenant.id, tenant.name)


def record_about(
    tenant: Tenant, event: AuditEvent, *, actor: Actor, changes: Changes | None = None, **facts: Any
) -> None:
    """Add an entry about a tenant to the log of the place where the session stands.

    From outside, which is the platform's scope, the tenant's own log is told as well; one that has no log yet, or none any
    more, does not keep operators from their work. What a tenant does to itself with the platform's rights it records itself.
    """
    target = target_of(tenant)
    record(event, actor=actor, target=target, changes=changes, tenant_id=tenant.id, **facts)
    if not _is_outside(tenant):
        return
    if _has_log(tenant):
        with inside(tenant):
            record(event, actor=actor, target=target, changes=changes, **facts)
    else:
        log.warning("tenant_has_no_log", tenant=tenant.key, event_name=event.name)


def _is_outside(tenant: Tenant) -> bool:
    scope = current_scope()
    if scope.place.schema is not None:
        return False
    return scope.outer is None or scope.outer.place.tenant_id != tenant.id


def _has_log(tenant: Tenant) -> bool:
    """Whether schema, table and role are there: the tenant may be broken, or its schema of an older release."""
    place = tenant_place(tenant)
    asked = {"schema": place.schema, "role": place.role, "log": AuditEntry.__tablename__}
    return bool(db.session.scalar(_HAS_LOG, asked))
