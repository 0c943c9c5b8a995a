"""Writes about the organisation in scope."""

from dataclasses import asdict

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from saas.accounts.models import UserSession
from saas.accounts.queries import session_limits
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import changes_of, record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.scope import current_tenant_id
from saas.organisations.emails import send_closed
from saas.organisations.module import CLOSED, CONFIGURE, DELETE, POLICY_CHANGED, SECURITY
from saas.organisations.policy import faults_of, normal, version_of
from saas.organisations.queries import forget_profile, get_profile, list_owner_addresses
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_slug, change_status, rename_tenant, set_profile
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.queries import get_tenant, own_tenant
from saas.tenancy.recording import target_of
from saas.tenancy.scope import platform_rights

DETAILS = "details"
"""The key in an organisation's config that says that somebody looked through its details and saved them."""


def change_profile(
    *, name: str, time_zone: str, language: str, support_address: str, version: str | None = None, actor: Actor
) -> None:
    """Change the organisation's name and ways; an empty support address means the platform's. Raises Invalid, NotAllowed.

    ``version`` is that of the profile which was looked at: Conflict when somebody changed it since.
    """
    actor.require(CONFIGURE)
    tenant = own_tenant()
    if version not in (None, get_profile().version):
        raise Conflict("Somebody changed the settings while you edited them. Save again to replace theirs with yours.")
    address = canonical_email(support_address, field="support_address") if support_address else ""
    rename_tenant(tenant, name, actor=actor)
    set_profile(tenant, time_zone=time_zone, language=language, support_address=address, actor=actor)
    note(DETAILS, True)


def note(key: str, value: bool) -> None:
    """Write one key into the organisation's config and leave the others alone."""
    merged = Tenant.config.op("||", return_type=JSONB)(func.jsonb_build_object(key, value))
    change = update(Tenant).where(Tenant.id == current_tenant_id()).values(config=merged)
    db.session.execute(change.execution_options(synchronize_session=False))
    forget_profile()


def change_address(*, slug: str, actor: Actor) -> Tenant:
    """Move the organisation to another subdomain; the former one redirects. Raises Invalid, NotAllowed."""
    actor.require(CONFIGURE)
    tenant = own_tenant()
    if slug.strip().lower() == tenant.slug:
        raise Invalid("This is the present address.", field="slug")
    change_slug(tenant, slug, actor=actor)
    forget_profile()
    return tenant


def change_policy(policy: SecurityPolicy, *, version: str, actor: Actor) -> bool:
    """Set the organisation's security policy, which holds from the next request on; False when it was so already.

    ``version`` is that of the policy which the actor saw: Conflict when it was changed since. Sessions that the policy before
    or this one ends are over for good, so that a later change brings none of them back. Raises Invalid, NotAllowed.
    """
    actor.require(SECURITY)
    for fault in faults_of(policy, actor=actor):
        raise fault
    tenant = db.session.scalars(select(Tenant).with_for_update()).one()
    if version != version_of(tenant.policy):
        raise Conflict("Somebody changed the policy while you looked at it. Look at it again, then repeat your change.")
    before, after = SecurityPolicy.read(tenant.policy), normal(policy)
    if before == after:
        return False
    tenant.policy = after.stored_beside(tenant.policy)
    for each in (before, after):
        limits = session_limits(each)
        over = (UserSession.created_at <= limits["opened_after"]) | (UserSession.last_seen_at <= limits["seen_after"])
        db.session.execute(delete(UserSession).where(over).execution_options(synchronize_session=False))
    changes = changes_of(asdict(before), asdict(after))
    record(POLICY_CHANGED, actor=actor, target=target_of(tenant), changes=changes)
    return True


def close_organisation(*, typed: str, actor: Actor) -> None:
    """Close the organisation: everybody is signed out, and it is purged when its days of grace are over.

    ``typed`` must be its slug. Raises Invalid, NotAllowed; Conflict when it is closed already.
    """
    actor.require(DELETE)
    tenant = own_tenant()
    if typed.strip().lower() != tenant.slug:
        raise Invalid(f"Type “{tenant.slug}” to confirm.", field="confirm")
    owners = list_owner_addresses()
    with platform_rights():
        closing = get_tenant(str(tenant.id))
        if not change_status(closing, Status.CANCELLED, reason="closed by an owner", actor=actor):
            raise Conflict("This organisation is closed already.")
        send_closed(owners, tenant=closing, closed_by=actor.name)
    db.session.execute(delete(UserSession))
    changes = {"status": (tenant.status, Status.CANCELLED)}
    record(CLOSED, actor=actor, target=target_of(tenant), changes=changes)
