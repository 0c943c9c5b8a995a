"""Recording what is done to tenants: in the operators' log, and in the tenant's own where it was done from outside."""

from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from saas.core.actor import Actor
from saas.core.audit import Changes, Target, record
from saas.core.module import AuditEvent
from saas.core.scope import current_scope
from saas.tenancy.models import Tenant
from saas.tenancy.scope import inside

log = structlog.get_logger()

_NO_LOG = ("22023", "42704", "42P01", "3F000")
"""PostgreSQL's codes for a role, schema or table that is not there: the tenant is broken, or its schema of an older release."""


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
    try:
        with inside(tenant):
            record(event, actor=actor, target=target, changes=changes, **facts)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NO_LOG:
            raise
        log.warning("tenant_has_no_log", tenant=tenant.key, event_name=event.name)


def _is_outside(tenant: Tenant) -> bool:
    scope = current_scope()
    if scope.place.schema is not None:
        return False
    return scope.outer is None or scope.outer.place.tenant_id != tenant.id
