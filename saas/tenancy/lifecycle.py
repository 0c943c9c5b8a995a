"""What the command line does with tenants: operations together with their scopes, and the sentence that tells the outcome."""

import getpass

from sqlalchemy import select

from saas.core.actor import Actor
from saas.core.database import db
from saas.tenancy.models import IN_SERVICE, Status, Tenant, TenantEvent
from saas.tenancy.operations import NoSpare, change_status, create_tenant, request_spares, verify_tenant
from saas.tenancy.provisioning import build_spare, owner_connection
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work

_TRIES = 5


def _who() -> str:
    try:
        return f"command line ({getpass.getuser()})"
    except (OSError, KeyError):
        return "command line"


COMMAND_LINE = Actor(kind="system", name=_who())


def found_tenant(*, name: str, slug: str, key: str | None, plan: str, billing_email: str) -> Tenant:
    """Make a tenant, building its schema when none is ready; an operator vouches for it, so it counts as verified."""
    for _ in range(_TRIES):
        try:
            with platform_work():
                tenant = create_tenant(
                    name=name, slug=slug, key=key, plan=plan, billing_email=billing_email, actor=COMMAND_LINE
                )
                verify_tenant(tenant.id)
                request_spares()
            return tenant
        except NoSpare:
            with owner_connection() as connection:
                build_spare(connection)
    raise NoSpare("Others claim schemas faster than they can be built. Please try again.")


def move_tenant(name: str, status: Status, *, reason: str) -> str:
    """Move a tenant to a station; says what happened. One that stands there already keeps its reason and time, unless it was
    suspended by a job: then the operator's reason counts from now on.

    Raises NotFound, Conflict.
    """
    with platform_work():
        tenant = get_tenant(name)
        moved = change_status(tenant, status, reason=reason, actor=COMMAND_LINE)
        if not moved and status == Status.SUSPENDED and not _by_operator(tenant):
            tenant.status_reason = reason
    return f"“{tenant.name}” is {status}." if moved else _already(tenant)


def restore_tenant(name: str, *, reason: str) -> str:
    """Bring a tenant back to the station in service where it was last, unless it is in service; says what happened.

    Raises NotFound, Conflict.
    """
    with platform_work():
        tenant = get_tenant(name)
        if tenant.status in IN_SERVICE:
            return _already(tenant)
        before = _last_in_service(tenant)
        change_status(tenant, before, reason=reason, actor=COMMAND_LINE)
    return f"“{tenant.name}” is {before} again."


def _by_operator(tenant: Tenant) -> bool:
    """Whether a person brought the tenant where it stands."""
    newest = select(TenantEvent.actor).where(TenantEvent.tenant_id == tenant.id).order_by(TenantEvent.id.desc())
    return db.session.scalar(newest.limit(1)) == COMMAND_LINE.name


def _already(tenant: Tenant) -> str:
    why = f" ({tenant.status_reason})" if tenant.status_reason else ""
    return f"“{tenant.name}” is {tenant.status} already, since {tenant.status_at:%Y-%m-%d %H:%M} UTC{why}."


def _last_in_service(tenant: Tenant) -> Status:
    events = select(TenantEvent.status).where(TenantEvent.tenant_id == tenant.id, TenantEvent.status.in_(IN_SERVICE))
    return Status(db.session.scalar(events.order_by(TenantEvent.id.desc()).limit(1)) or Status.ACTIVE)
