"""What the audit logs hold, as tests read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select

from saas.core.audit import AuditEntry, OperatorEntry
from saas.tenancy.scope import HasSchema, platform_scope, tenant_scope


def log_of(tenant: HasSchema, *events: str) -> list[AuditEntry]:
    """A tenant's own log, oldest first; of some events only, if they are named."""
    with tenant_scope(tenant) as session:
        query = select(AuditEntry).order_by(AuditEntry.id)
        return list(session.scalars(query.where(AuditEntry.event.in_(events)) if events else query))


def operators_log(tenant_id: UUID | None, *events: str) -> list[OperatorEntry]:
    """What the operators' log says of a tenant, or (None) of none, oldest first."""
    with platform_scope() as session:
        query = select(OperatorEntry).where(OperatorEntry.tenant_id.is_not_distinct_from(tenant_id))
        query = query.order_by(OperatorEntry.id)
        return list(session.scalars(query.where(OperatorEntry.event.in_(events)) if events else query))


class News:
    """The entries that came in during a block."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    @property
    def events(self) -> list[str]:
        """What they tell of."""
        return [entry.event for entry in self.entries]

    @property
    def only(self) -> AuditEntry:
        """The one entry that came in; fails unless it is one."""
        (entry,) = self.entries
        return entry


@contextmanager
def news(tenant: HasSchema) -> Iterator[News]:
    """What a block adds to a tenant's own log: there after the block."""
    before, found = {entry.id for entry in log_of(tenant)}, News()
    yield found
    found.entries = [entry for entry in log_of(tenant) if entry.id not in before]
