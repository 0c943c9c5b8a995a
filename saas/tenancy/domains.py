"""What domains mean to the floors above: which host the pages of a tenant live on."""

from uuid import UUID

from sqlalchemy import ScalarSelect, column, literal, select, table
from sqlalchemy.dialects.postgresql import insert

from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, db
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.tenancy.models import Domain, ReleasedDomain, Tenant

_certificate = table("certificates", column("host"), column("status"), column("expires_at"), schema=PLATFORM_SCHEMA).c
"""The table of a floor above, of which this one needs to know no more."""


def primary_domain() -> "ScalarSelect[str | None]":
    """For a query of ``Tenant``: the tenant's primary domain, if it can be relied on. One whose records are no longer found, or
    whose certificate is not there, leads nobody astray: the organisation's subdomain works again."""
    relied_on = Domain.verified_at.is_not(None) & Domain.failing_since.is_(None)
    if settings().public_scheme == "https" and settings().certificates == "acme":
        good = (
            (_certificate.host == Domain.host) & (_certificate.status == "active") & (_certificate.expires_at > now())
        )
        relied_on &= select(_certificate.host).where(good).exists()
    query = select(Domain.host).where(Domain.tenant_id == Tenant.id, Domain.is_primary, relied_on)
    return query.limit(1).scalar_subquery()


def pages_host(slug: str) -> str:
    """Where the pages of the tenant in scope live as the present transaction has it; ``slug`` is the tenant's."""
    primary = db.session.scalar(select(primary_domain()).select_from(Tenant).where(Tenant.id == current_tenant_id()))
    return primary or settings().tenant_host(slug)


def keep_hosts_back(tenant_id: UUID) -> None:
    """Let nobody else have a tenant's verified hosts for the days of quarantine, as it is about to go; in the platform's scope."""
    held = select(Domain.host, Domain.skeleton, Domain.tenant_id, literal(""), literal(now())).where(
        Domain.tenant_id == tenant_id, Domain.verified_at.is_not(None)
    )
    kept = insert(ReleasedDomain).from_select(["host", "skeleton", "tenant_id", "token", "at"], held)
    latest = {name: kept.excluded[name] for name in ("skeleton", "tenant_id", "token", "at")}
    db.session.execute(kept.on_conflict_do_update(index_elements=[ReleasedDomain.host], set_=latest))
