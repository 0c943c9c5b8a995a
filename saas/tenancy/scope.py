"""Opening scopes: one tenant's, or the platform's."""

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from saas.core.database import joined, opened, unit_of_work
from saas.core.runtime import settings
from saas.core.scope import Place


class HasSchema(Protocol):
    """A tenant, or what the resolver remembers of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def schema_name(self) -> str: ...


def role_of(schema: str) -> str:
    """The database role of a tenant's schema."""
    return f"{settings().role_prefix}_{schema}"


def platform_role() -> str:
    """The database role of the platform's scope."""
    return f"{settings().role_prefix}_platform"


def tenant_place(tenant: HasSchema) -> Place:
    """Where a tenant's work stands."""
    role = role_of(tenant.schema_name) if settings().tenant_roles else None
    return Place(schema=tenant.schema_name, role=role, tenant_id=tenant.id)


def platform_place() -> Place:
    """Where the platform's own work stands."""
    return Place(schema=None, role=platform_role() if settings().tenant_roles else None)


def tenant_scope(tenant: HasSchema, *, alone: bool = False) -> AbstractContextManager[Session]:
    """A tenant's scope for a block; what the block does not commit is rolled back. ``alone``: no other opens inside it."""
    return opened(tenant_place(tenant), alone=alone)


def tenant_work(tenant: HasSchema) -> AbstractContextManager[Session]:
    """A unit of work in a tenant's scope: committed when the block ends well."""
    return unit_of_work(tenant_place(tenant))


def platform_scope(*, alone: bool = False) -> AbstractContextManager[Session]:
    """The platform's scope for a block; what the block does not commit is rolled back. ``alone``: no other opens inside it."""
    return opened(platform_place(), alone=alone)


def platform_work() -> AbstractContextManager[Session]:
    """A unit of work in the platform's scope."""
    return unit_of_work(platform_place())


def platform_rights() -> AbstractContextManager[Session]:
    """The platform's rights for a block, inside the transaction of a tenant's scope."""
    return joined(platform_place())


def inside(tenant: HasSchema) -> AbstractContextManager[Session]:
    """A tenant's scope for a block, inside the platform's transaction: both commit together."""
    return joined(tenant_place(tenant))
