"""Writes about tenants."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import changes_of, record
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.errors import Busy, Conflict, Invalid
from saas.core.jobs import enqueue
from saas.tenancy.directory import directory
from saas.tenancy.history import tenant_history
from saas.tenancy.keys import give_key
from saas.tenancy.locales import LANGUAGES, time_zones
from saas.tenancy.models import SpareSchema, Status, Tenant, TenantEvent, TenantName
from saas.tenancy.module import CREATED, RENAMED, SETTINGS_CHANGED, SLUG_CHANGED, STATUS_CHANGED
from saas.tenancy.names import TAKEN, check_key, check_slug, clean_public_name
from saas.tenancy.plans import check_plan, keep_terms, trial_of
from saas.tenancy.queries import is_name_free
from saas.tenancy.recording import record_about, target_of

SPARES_JOB = "tenancy.keep_spares"

ALLOWED = {
    Status.TRIALING: {Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.ACTIVE: {Status.TRIALING, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.PAST_DUE: {Status.TRIALING, Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.DELETING},
    Status.SUSPENDED: {Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.CANCELLED, Status.DELETING},
    Status.CANCELLED: {Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.DELETING},
    Status.DELETING: set(),
}
"""Where a tenant may go from each station; nothing leads back from deletion."""

MOST_NAMES = 10
"""Names that a tenant can hold: its key, its slug and former slugs."""


class NoSpare(Busy):
    """No schema is ready; the worker has been asked for more."""


def create_tenant(
    *, name: str, slug: str, actor: Actor, key: str | None = None, billing_email: str = "", plan: str = ""
) -> Tenant:
    """Make a tenant of a spare schema, in the platform's scope; ready with the commit.

    ``plan`` is the catalogue's first one by default; a tenant whose plan has a trial begins with that.

    Raises Invalid for what cannot be taken, NoSpare when no schema is ready; then nothing has changed.
    """
    name, slug = clean_public_name(name, field="name"), check_slug(slug)
    key, terms = check_key(key or slug), catalogue().terms(check_plan(plan or catalogue().first_plan))
    trial = trial_of(terms)
    billing_email = canonical_email(billing_email, field="billing_email") if billing_email else ""
    for wanted, field in {key: "key", slug: "slug"}.items():
        if not is_name_free(wanted):
            raise Invalid(TAKEN, field=field)
    with db.session.begin_nested():
        tenant = Tenant(
            key=key,
            slug=slug,
            name=name,
            schema_name=_claim_spare(),
            revision=tenant_history().head,
            status=Status.TRIALING if trial else Status.ACTIVE,
            plan=terms.plan,
            plan_version=keep_terms(terms),
            billing_email=billing_email,
            trial_ends_at=now() + trial if trial else None,
        )
        db.session.add(tenant)
        _flush_names(tenant, {slug, key})
        give_key(tenant.id)
        _note_station(tenant, "created", actor)
        facts = {"key": key, "slug": slug, "plan": terms.plan}
        record(CREATED, actor=actor, target=target_of(tenant), changes=changes_of({}, facts), tenant_id=tenant.id)
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
        if constraint_of(error) in ("pk_tenant_names", "uq_tenants_slug", "uq_tenants_key"):
            raise Invalid(TAKEN, field="slug") from None
        raise


def _note_station(tenant: Tenant, reason: str, actor: Actor) -> None:
    db.session.add(TenantEvent(tenant_id=tenant.id, status=tenant.status, reason=reason, actor=actor.name))


def request_spares() -> None:
    """Ask the worker for more spare schemas, with the commit; nothing is done while there are enough."""
    enqueue(SPARES_JOB, once=SPARES_JOB)


def verify_tenant(tenant_id: UUID) -> bool:
    """Note that somebody vouches for a tenant; whether this is the first time, which counts.

    In the platform's scope or the tenant's own.
    """
    unproven = update(Tenant).where(Tenant.id == tenant_id, Tenant.verified_at.is_(None)).values(verified_at=now())
    proven = unproven.returning(Tenant.id).execution_options(synchronize_session=False)
    return db.session.scalar(proven) is not None


def change_status(tenant: Tenant, status: Status, *, reason: str, actor: Actor) -> bool:
    """Move a tenant to another station of its life, in the platform's scope; False when it stands there already.

    Raises Conflict when no way leads there. The row is locked first: of two changes at once the second sees what the
    first has done.
    """
    db.session.refresh(tenant, ["status"], with_for_update=True)
    before = Status(tenant.status)
    if status == before:
        return False
    if status not in ALLOWED[before]:
        raise Conflict(f"A tenant that is {before} cannot become {status}.")
    tenant.status, tenant.status_reason, tenant.status_at = status, reason, now()
    _note_station(tenant, reason, actor)
    record_about(tenant, STATUS_CHANGED, actor=actor, changes={"status": (before, status)}, reason=reason)
    return True


def rename_tenant(tenant: Tenant, name: str, *, actor: Actor) -> None:
    """Change what the organisation is called; raises Invalid."""
    former, tenant.name = tenant.name, clean_public_name(name, field="name")
    directory.forget_with_commit(tenant.id)
    if tenant.name != former:
        record_about(tenant, RENAMED, actor=actor, changes={"name": (former, tenant.name)})


def set_profile(tenant: Tenant, *, time_zone: str, language: str, support_address: str, actor: Actor) -> None:
    """Change how an organisation writes dates and where its people ask for help; raises Invalid.

    ``support_address`` is a checked e-mail address, or empty to use the platform's.
    """
    if time_zone not in time_zones() and time_zone != tenant.time_zone:
        raise Invalid("Choose one of the time zones.", field="time_zone")
    if language not in LANGUAGES:
        raise Invalid("Choose one of the languages.", field="language")
    wanted = {"time_zone": time_zone, "language": language, "support_address": support_address}
    changes = changes_of({name: getattr(tenant, name) for name in wanted}, wanted)
    tenant.time_zone, tenant.language, tenant.support_address = time_zone, language, support_address
    directory.forget_with_commit(tenant.id)
    if changes:
        record_about(tenant, SETTINGS_CHANGED, actor=actor, changes=changes)


def change_slug(tenant: Tenant, slug: str, *, actor: Actor) -> None:
    """Move a tenant to another subdomain; the former one stays its own and redirects.

    Raises Invalid when it is taken, and when the tenant would hold more than MOST_NAMES.
    """
    former, slug = tenant.slug, check_slug(slug)
    if slug == former:
        return
    with db.session.begin_nested():
        tenant.slug = slug
        _flush_names(tenant, set())  # locks the row: of two changes at once the second counts the name of the first
        names = db.session.scalars(select(TenantName.name).where(TenantName.tenant_id == tenant.id)).all()
        if slug not in names and len(names) >= MOST_NAMES:
            raise Invalid(
                f"An organisation keeps {MOST_NAMES} addresses at most. Choose one you had before.", field="slug"
            )
        _flush_names(tenant, {slug} - set(names))
    directory.forget_with_commit(tenant.id)
    record_about(tenant, SLUG_CHANGED, actor=actor, changes={"slug": (former, slug)})
