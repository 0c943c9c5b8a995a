"""Reads about tenants, in the platform's scope unless said otherwise."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from saas.core.crypto import keyed_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.runtime import settings
from saas.tenancy.history import tenant_history
from saas.tenancy.models import AccountIndex, SpareSchema, Tenant, TenantEvent, TenantMigration, TenantName
from saas.tenancy.names import is_name, is_uuid


def get_tenant(name: str) -> Tenant:
    """The tenant that holds a key, slug, former slug or id; raises NotFound."""
    held = select(TenantName.tenant_id).where(TenantName.name == (name if is_name(name) else ""))
    matches = Tenant.id == UUID(name) if is_uuid(name) else Tenant.id.in_(held)
    tenant = db.session.scalars(select(Tenant).where(matches)).one_or_none()
    if tenant is None:
        raise NotFound(f"No organisation is called “{name}”.")
    return tenant


def list_tenants(*, status: str | None = None, limit: int = 1000) -> Sequence[Tenant]:
    """Tenants by age, newest first."""
    query = select(Tenant).order_by(Tenant.created_at.desc()).limit(limit)
    return db.session.scalars(query.where(Tenant.status == status) if status else query).all()


def own_tenant() -> Tenant:
    """The tenant in scope, as row-level security shows it to itself."""
    return db.session.scalars(select(Tenant)).one()


def list_events(tenant_id: UUID) -> Sequence[TenantEvent]:
    """The history of a tenant's status, oldest first."""
    return db.session.scalars(
        select(TenantEvent).where(TenantEvent.tenant_id == tenant_id).order_by(TenantEvent.id)
    ).all()


def list_failed_migrations() -> Sequence[TenantMigration]:
    """Schemas whose last migration failed."""
    return db.session.scalars(
        select(TenantMigration).where(TenantMigration.error != "").order_by(TenantMigration.at)
    ).all()


def count_by_status() -> dict[str, int]:
    """How many tenants there are at each station."""
    return {row[0]: row[1] for row in db.session.execute(select(Tenant.status, func.count()).group_by(Tenant.status))}


def count_by_revision() -> dict[str, int]:
    """How many tenants stand at each revision."""
    return {
        row[0]: row[1] for row in db.session.execute(select(Tenant.revision, func.count()).group_by(Tenant.revision))
    }


def count_spares() -> int:
    """Schemas of the present revision that wait for a tenant."""
    ready = SpareSchema.revision == tenant_history().head
    return db.session.scalar(select(func.count()).select_from(SpareSchema).where(ready)) or 0


def is_name_free(name: str) -> bool:
    """Whether nobody holds this key or slug."""
    return db.session.get(TenantName, name) is None


def tenants_of_email(email: str) -> Sequence[Tenant]:
    """Tenants in which an address (canonical form) has an account."""
    ids = select(AccountIndex.tenant_id).where(AccountIndex.email_hash.in_(email_hashes(email)))
    return db.session.scalars(select(Tenant).where(Tenant.id.in_(ids)).order_by(Tenant.name)).all()


def email_hash(email: str) -> bytes:
    """The keyed hash under which the account index learns of an address."""
    return email_hashes(email)[0]


def email_hashes(email: str) -> list[bytes]:
    """The hashes under which the account index may know an address: of SECRET_KEY and of the former ones."""
    return [keyed_hash(secret, "account index", email) for secret in settings().secrets]
