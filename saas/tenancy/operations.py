"""Writes about tenants."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.errors import Busy, Conflict, Invalid
from saas.core.jobs import enqueue
from saas.core.runtime import settings
from saas.tenancy.directory import directory
from saas.tenancy.history import tenant_history
from saas.tenancy.keys import give_key
from saas.tenancy.models import SpareSchema, Status, Tenant, TenantEvent, TenantName
from saas.tenancy.names import check_key, check_slug, clean_name
from saas.tenancy.queries import is_name_free

SPARES_JOB = "tenancy.keep_spares"

ALLOWED = {
    Status.TRIALING: {Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.ACTIVE: {Status.TRIALING, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.PAST_DUE: {Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.SUSPENDED: {Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.CANCELLED, Status.DELETING},
    Status.CANCELLED: {Status.ACTIVE, Status.SUSPENDED, Status.DELETING},
    Status.DELETING: set(),
}
"""Where a tenant may go from each station; nothing leads back from deletion."""


class NoSpare(Busy):
    """No schema is ready; the worker has been asked for more."""


def create_tenant(*, name: str, slug: str, actor: Actor, key: str | None = None, billing_email: str = "", plan: str = "trial") -> Tenant:
    """Make a tenant of a spare schema, in the platform's scope; ready with the commit.

    Raises Invalid for an unusable name or slug, Conflict when a name is taken, NoSpare when no schema is ready.
    """
    name, slug = clean_name(name, field="name"), check_slug(slug)
    key = check_key(key or slug)
    for field, wanted in {"slug": slug, "key": key}.items():
        if not is_name_free(wanted):
            raise Invalid("This address is taken. Please choose another.", field=field)
    tenant = Tenant(
        key=key,
        slug=slug,
        name=name,
        schema_name=_claim_spare(),
        revision=tenant_history().head,
        plan=plan,
        billing_email=billing_email,
        trial_ends_at=now() + timedelta(days=settings().default_trial_days),
    )
    db.session.add(tenant)
    _flush_names(tenant, {slug, key})
    give_key(tenant.id)
    db.session.add(TenantEvent(tenant_id=tenant.id, status=Status.TRIALING, reason="created", actor=actor.name))
    directory.forget_with_commit(tenant.id)
    return tenant


def _claim_spare() -> str:
    oldest = (
        select(SpareSchema.schema_name)
        .where(SpareSchema.revision == tenant_history().head)
        .order_by(SpareSchema.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claim = delete(SpareSchema).where(SpareSchema.schema_name == oldest).returning(SpareSchema.schema_name)
    schema = db.session.scalar(claim.execution_options(synchronize_session=False))
    if schema is None:
        raise NoSpare("We are preparing space for you. Please try again in a moment.")
    return schema


def _flush_names(tenant: Tenant, names: set[str]) -> None:
    try:
        db.session.flush()
        db.session.add_all(TenantName(name=name, tenant_id=tenant.id) for name in sorted(names))
        db.session.flush()
    except IntegrityError as error:
        if "tenant_names" in constraint_of(error) or "tenants" in constraint_of(error):
            raise Invalid("This address is taken. Please choose another.", field="slug") from None
        raise


def request_spares() -> None:
    """Ask the worker for more spare schemas; belongs into a unit of work of its own."""
    enqueue(SPARES_JOB, once="spares")


def change_status(tenant: Tenant, status: Status, *, reason: str, actor: Actor) -> None:
    """Move a tenant to another station of its life; raises Conflict when no way leads there."""
    before = Status(tenant.status)
    if status == before:
        return
    if status not in ALLOWED[before]:
        raise Conflict(f"A tenant that is {before} cannot become {status}.")
    tenant.status, tenant.status_reason, tenant.status_at = status, reason, now()
    db.session.add(TenantEvent(tenant_id=tenant.id, status=status, reason=reason, actor=actor.name))


def rename_tenant(tenant: Tenant, name: str, *, actor: Actor) -> None:
    """Change what the organisation is called; raises Invalid."""
    tenant.name = clean_name(name, field="name")
    directory.forget_with_commit(tenant.id)


def change_slug(tenant: Tenant, slug: str, *, actor: Actor) -> None:
    """Move a tenant to another subdomain; the former one stays its own and redirects. Raises Invalid when it is taken."""
    slug = check_slug(slug)
    if slug == tenant.slug:
        return
    held = db.session.scalar(select(TenantName.tenant_id).where(TenantName.name == slug))
    with db.session.begin_nested():
        tenant.slug = slug
        _flush_names(tenant, set() if held == tenant.id else {slug})
    directory.forget_with_commit(tenant.id)
