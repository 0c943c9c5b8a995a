"""Reads about the domains of the organisation in scope."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.domains.doctor import Report
from saas.domains.records import Claim
from saas.domains.statuses import HostStatus
from saas.tenancy.models import IN_SERVICE, AllowedDomain, Domain, ReleasedDomain, Tenant
from saas.tenancy.scope import platform_rights

PATIENCE = timedelta(seconds=45)
"""How long an examination that was asked for is waited for; then something is wrong with the worker."""
CLAIM_KEPT = timedelta(days=30)
"""How long a claim waits for its records before it is forgotten."""


HURRY = timedelta(days=2)
"""How long after a claim its records are looked for every hour instead of every day."""


def status_of(domain: Domain) -> HostStatus:
    """Where a host stands."""
    if domain.verified_at is not None:
        return HostStatus.FAILING if domain.failing_since else HostStatus.ACTIVE
    return HostStatus.DISABLED if domain.failing_since else HostStatus.PENDING


def disabled_at(domain: Domain) -> datetime | None:
    """When a failing domain is switched off if its records stay as they are; None for another one."""
    if status_of(domain) is not HostStatus.FAILING or domain.failing_since is None:
        return None
    return domain.failing_since + timedelta(days=settings().domain_grace_days)


def is_being_examined(domain: Domain) -> bool:
    """Whether an examination was asked for that has not answered yet."""
    if domain.asked_at is None or (domain.checked_at is not None and domain.checked_at >= domain.asked_at):
        return False
    return domain.asked_at + PATIENCE > now()


def claim_of(domain: Domain) -> Claim:
    """What the doctor is asked: whether the world's DNS says of this host what it should."""
    known = settings()
    return Claim(domain.host, domain.token, known.domain_target, known.domain_addresses, domain.spared)


def report_of(domain: Domain) -> Report | None:
    """What the last examination said; None before the first."""
    return Report.read(domain.report) if domain.report else None


def list_domains() -> Sequence[Domain]:
    """All domains and claims: the primary one first, then those that answer, then the others by name."""
    query = select(Domain).where(Domain.tenant_id == current_tenant_id())
    return db.session.scalars(query.order_by(Domain.is_primary.desc(), Domain.verified_at.is_(None), Domain.host)).all()


def get_domain(domain_id: UUID, *, to_change: bool = False) -> Domain:
    """A domain or claim of this organisation; ``to_change`` locks it. Raises NotFound."""
    return _own(Domain.id == domain_id, to_change=to_change)


def get_shared(token: str) -> Domain:
    """The domain that a link for whoever keeps the records is about. Raises NotFound for one that is over, ended or never was."""
    return _own((Domain.share_hash == token_hash(token)) & (Domain.share_expires_at > now()))


def _own(where: ColumnElement[bool], *, to_change: bool = False) -> Domain:
    query = select(Domain).where(Domain.tenant_id == current_tenant_id(), where)
    found = db.session.scalar(query.with_for_update() if to_change else query)
    if found is None:
        raise NotFound
    return found


def find_holder(host: str) -> UUID | None:
    """The tenant that a host belongs to; needs the platform's rights."""
    return db.session.scalar(select(Domain.tenant_id).where(Domain.host == host, Domain.verified_at.is_not(None)))


def find_verified(host: str) -> Domain | None:
    """The domain to which a host belongs, locked, in the platform's scope."""
    return db.session.scalar(
        select(Domain).where(Domain.host == host, Domain.verified_at.is_not(None)).with_for_update()
    )


def list_all(tenant_id: UUID | None = None) -> Sequence[tuple[Domain, Tenant]]:
    """Domains and claims of everybody, or of one tenant, with whose they are, by host; in the platform's scope."""
    query = select(Domain, Tenant).join(Tenant, Tenant.id == Domain.tenant_id).order_by(Domain.host, Domain.created_at)
    rows = db.session.execute(query.where(Domain.tenant_id == tenant_id) if tenant_id else query)
    return [(domain, tenant) for domain, tenant in rows]


def list_kept(tenant_id: UUID | None = None) -> Sequence[tuple[str, str, datetime]]:
    """Hosts in quarantine: the key of whom for, or the id of one who is gone, and until when; in the platform's scope."""
    quarantine = timedelta(days=settings().domain_quarantine_days)
    query = select(ReleasedDomain, Tenant.key).outerjoin(Tenant, Tenant.id == ReleasedDomain.tenant_id)
    kept = query.where(ReleasedDomain.at > now() - quarantine).order_by(ReleasedDomain.host)
    rows = db.session.execute(kept.where(ReleasedDomain.tenant_id == tenant_id) if tenant_id else kept)
    return [(row.host, key or str(row.tenant_id), row.at + quarantine) for row, key in rows]


def list_given_up() -> Sequence[tuple[str, datetime]]:
    """Hosts that this organisation gave up, and until when nobody else can have them; those back on its list are left out."""
    quarantine = timedelta(days=settings().domain_quarantine_days)
    back = exists().where(Domain.host == ReleasedDomain.host, Domain.tenant_id == current_tenant_id())
    own = (ReleasedDomain.tenant_id == current_tenant_id()) & (ReleasedDomain.at > now() - quarantine) & ~back
    with platform_rights() as session:
        released = session.scalars(select(ReleasedDomain).where(own).order_by(ReleasedDomain.at, ReleasedDomain.host))
        return [(row.host, row.at + quarantine) for row in released]


def list_allowed(tenant_id: UUID | None = None) -> Sequence[tuple[str, str]]:
    """Hosts that look like another's domain, and the key of whom an operator let have each; in the platform's scope."""
    query = select(AllowedDomain.host, Tenant.key).join(Tenant, Tenant.id == AllowedDomain.tenant_id)
    allowed = query.order_by(AllowedDomain.host, Tenant.key)
    rows = db.session.execute(allowed.where(Tenant.id == tenant_id) if tenant_id else allowed)
    return [(host, key) for host, key in rows]


class Quarantine(NamedTuple):
    """For whom a host is kept, until when, and the token by which it was proven."""

    tenant_id: UUID
    until: datetime
    token: str


def find_quarantine(host: str) -> Quarantine | None:
    """How a host is kept; None when it is free. Needs the platform's rights."""
    released = db.session.get(ReleasedDomain, host)
    if released is None:
        return None
    until = released.at + timedelta(days=settings().domain_quarantine_days)
    return Quarantine(released.tenant_id, until, released.token) if until > now() else None


def list_hurried() -> Sequence[Domain]:
    """Domains that fail, and claims made lately: people wait for those."""
    return db.session.scalars(select(Domain).where(Domain.tenant_id == current_tenant_id(), _hurried())).all()


def list_tenants_in_hurry() -> Sequence[Tenant]:
    """Tenants in service that have such domains, in the platform's scope."""
    theirs = select(Domain.id).where(Domain.tenant_id == Tenant.id, _hurried()).exists()
    return db.session.scalars(select(Tenant).where(Tenant.status.in_(IN_SERVICE), theirs)).all()


def _hurried() -> ColumnElement[bool]:
    failing = Domain.verified_at.is_not(None) & Domain.failing_since.is_not(None)
    return failing | (Domain.verified_at.is_(None) & (Domain.created_at > now() - HURRY))


def list_stale_claims() -> Sequence[Domain]:
    """Claims without a verified host that nobody has followed up for long; locked."""
    since = func.greatest(Domain.created_at, Domain.failing_since)
    stale = (Domain.tenant_id == current_tenant_id()) & Domain.verified_at.is_(None) & (since < now() - CLAIM_KEPT)
    return db.session.scalars(select(Domain).where(stale).with_for_update(skip_locked=True)).all()
