"""Having a host, and having it no longer: claims, what stands against them, the days for which a host is kept."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.domains.hosts import FIELD, display, host_of, skeleton
from saas.domains.module import ALLOWED, CLAIMED, DISALLOWED, FORGOTTEN, FREED, MANAGE, RELEASED, WHITE_LABEL
from saas.domains.queries import (
    Quarantine,
    find_holder,
    find_quarantine,
    find_verified,
    get_domain,
    list_domains,
    list_stale_claims,
    status_of,
)
from saas.domains.statuses import HostStatus
from saas.domains.twins import passes_for_anothers
from saas.tenancy.directory import directory
from saas.tenancy.limits import require_feature
from saas.tenancy.models import AllowedDomain, Domain, ReleasedDomain, Tenant
from saas.tenancy.scope import inside, platform_rights

MOST_DOMAINS = 10
"""Domains and claims of one organisation."""


class NotFree(Invalid):
    """A host cannot be had because of what other organisations have, or had until a short time ago."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field=FIELD)


def target_of(domain: Domain) -> Target:
    """A domain as the log names it."""
    return Target("domain", domain.id, display(domain.host))


def claim_domain(typed: str, *, actor: Actor) -> Domain:
    """Begin to connect a domain. Before its records are found, nobody else is kept from it. Who had it until a short time ago gets
    the same token as then.

    Raises NotAllowed, FeatureLocked, NotFree for what others have, had or would be taken for, and Invalid with the reason for
    what else cannot be a host of the organisation's own.
    """
    actor.require(MANAGE)
    require_feature(WHITE_LABEL)
    host, own = host_of(typed), current_tenant_id()
    # of two claims at once the second counts the first
    db.session.execute(select(Tenant.id).with_for_update(key_share=True))
    known = list_domains()
    if any(one.host == host for one in known):
        raise Invalid("This domain is on your list already.", field=FIELD)
    if len(known) >= MOST_DOMAINS:
        raise Invalid(f"An organisation connects {MOST_DOMAINS} domains at most. Release one first.", field=FIELD)
    domain = Domain(host=host, skeleton=skeleton(host), tenant_id=own)
    with platform_rights() as session:
        kept = require_free(host, own=own)
        if kept and kept.token:
            domain.token = kept.token
        session.add(domain)
        session.flush()
        session.expunge(domain)
    record(CLAIMED, actor=actor, target=target_of(domain))
    return domain


def held() -> NotFree:
    """The refusal of a host that another organisation has."""
    return NotFree(
        f"This domain is in use by another organisation. If it is yours, write to {settings().support_address}."
    )


def require_free(host: str, *, own: UUID, was_own: bool = False) -> Quarantine | None:
    """Raise NotFree for a host that cannot be that of the tenant ``own``; else how it is kept for it, if it is. Needs the
    platform's rights.

    Who holds it is asked before who gave it up, so that a release in between is seen by the second question. One that ``was_own``,
    or is kept for the tenant, may look like whatever it does.
    """
    if find_holder(host) not in (None, own):
        raise held()
    kept = find_quarantine(host)
    if kept and kept.tenant_id != own:
        until = f"{kept.until:%-d %B %Y, %H:%M} UTC"
        raise NotFree(f"Another organisation gave this domain up a short time ago. You can connect it from {until}.")
    if not (was_own or kept) and passes_for_anothers(host, own=own):
        raise NotFree(
            "This name looks like the domain of another organisation and could deceive people."
            f" Choose another, or write to {settings().support_address} if it is yours."
        )
    return kept


def release_domain(domain: Domain, *, typed: str = "", actor: Actor) -> None:
    """Give a domain up: it no longer answers after the commit, and is kept for this organisation for the days of quarantine.

    ``typed`` is the host, as the assurance that it is meant; a claim that was never proven needs none. Raises NotAllowed,
    Invalid.
    """
    actor.require(MANAGE)
    is_meant = typed.strip().lower().removesuffix(".") in (domain.host, display(domain.host))
    if not is_meant and status_of(domain) is not HostStatus.PENDING:
        raise Invalid(f"Type “{display(domain.host)}” to show that you mean it.", field="confirm")
    _give_up(domain, actor, token=domain.token)


def free_host(host: str, *, at_once: bool, actor: Actor) -> None:
    """Take a host away from whoever has it, in the platform's scope; ``at_once`` ends its quarantine, too. The logs of both tell.
    Its former holder has to prove it anew.

    Raises NotFound where there is nothing to end.
    """
    domain = find_verified(host)
    if domain is not None:
        record(RELEASED, actor=actor, target=target_of(domain), tenant_id=domain.tenant_id)
        with inside(db.session.get_one(Tenant, domain.tenant_id)):
            _give_up(get_domain(domain.id, to_change=True), actor, token="")
    kept = find_quarantine(host) if at_once else None
    if kept is not None:
        db.session.execute(delete(ReleasedDomain).where(ReleasedDomain.host == host))
        record(FREED, actor=actor, target=Target("domain", host, display(host)), tenant_id=kept.tenant_id)
    elif domain is None:
        raise NotFound(f"No organisation has {display(host)}" + (", and it is kept for none." if at_once else "."))


def allow_host(host: str, *, tenant: Tenant, actor: Actor) -> bool:
    """Let an organisation have a host although it looks like another's domain, in the platform's scope; False when that is allowed
    already."""
    allowed = insert(AllowedDomain).values(host=host, tenant_id=tenant.id, at=now()).on_conflict_do_nothing()
    if db.session.scalar(allowed.returning(AllowedDomain.host)) is None:
        return False
    record(ALLOWED, actor=actor, target=Target("domain", host, display(host)), tenant_id=tenant.id)
    return True


def disallow_host(host: str, *, tenant: Tenant, actor: Actor) -> None:
    """Take back what `allow_host` allowed, in the platform's scope; a domain that is connected stays.

    Raises NotFound where it is not allowed.
    """
    own = (AllowedDomain.host == host) & (AllowedDomain.tenant_id == tenant.id)
    if db.session.scalar(delete(AllowedDomain).where(own).returning(AllowedDomain.host)) is None:
        raise NotFound(f"{display(host)} is not allowed to “{tenant.name}”.")
    record(DISALLOWED, actor=actor, target=Target("domain", host, display(host)), tenant_id=tenant.id)


def forget_stale_claims(*, actor: Actor) -> int:
    """Forget claims whose records never came; how many."""
    stale = list_stale_claims()
    for domain in stale:
        record(FORGOTTEN, actor=actor, target=target_of(domain), since=domain.created_at)
        _remove(domain)
    return len(stale)


def keep_back(domain: Domain, *, token: str) -> None:
    """Keep a host for the organisation in scope, for the days of quarantine; with the token that proves it again, or none."""
    values = {
        "skeleton": skeleton(domain.host),
        "tenant_id": current_tenant_id(),
        "token": token,
        "at": now(),
    }
    kept = insert(ReleasedDomain).values(host=domain.host, **values)
    with platform_rights() as session:
        session.execute(kept.on_conflict_do_update(index_elements=[ReleasedDomain.host], set_=values))


def _give_up(domain: Domain, actor: Actor, *, token: str) -> None:
    record(RELEASED, actor=actor, target=target_of(domain), was=status_of(domain), primary=domain.is_primary)
    if domain.verified_at is not None:
        keep_back(domain, token=token)
    _remove(domain)


def _remove(domain: Domain) -> None:
    db.session.delete(domain)
    directory.forget_with_commit(domain.tenant_id)
