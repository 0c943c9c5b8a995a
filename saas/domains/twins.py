"""Names that pass for another organisation's domain, and who may have such a one all the same."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import settings
from saas.domains.hosts import deceives, is_plain, skeleton
from saas.domains.zones import estate_of
from saas.tenancy.models import AllowedDomain, Domain, ReleasedDomain


def passes_for_anothers(host: str, *, own: UUID) -> bool:
    """Whether a host of the tenant ``own`` would be taken for one that another has, or had until a short time ago; needs the
    platform's rights.

    It is no deceit among neighbours of an estate in which the tenant has proven a host, nor what an operator has allowed.
    """
    if is_plain(host):
        return False
    twins = [known for known in _list_others(host, own) if deceives(host, known)]
    if not twins or db.session.get(AllowedDomain, (host, own)) is not None:
        return False
    estate = estate_of(host)
    return any(estate_of(twin) != estate for twin in twins) or estate not in _estates_of(own, besides=host)


def _list_others(host: str, own: UUID) -> Sequence[str]:
    """Hosts of others with the same skeleton, verified or in quarantine."""
    looks = skeleton(host)
    verified = select(Domain.host).where(
        Domain.skeleton == looks, Domain.verified_at.is_not(None), Domain.tenant_id != own, Domain.host != host
    )
    fresh = ReleasedDomain.at > now() - timedelta(days=settings().domain_quarantine_days)
    kept = select(ReleasedDomain.host).where(
        ReleasedDomain.skeleton == looks, fresh, ReleasedDomain.tenant_id != own, ReleasedDomain.host != host
    )
    return db.session.scalars(verified.union(kept)).all()


def _estates_of(own: UUID, *, besides: str) -> set[str]:
    """The estates in which a tenant has verified other hosts."""
    proven = select(Domain.host).where(Domain.tenant_id == own, Domain.verified_at.is_not(None), Domain.host != besides)
    return {estate_of(host) for host in db.session.scalars(proven)}
