"""The directory: which tenant answers to a name or host, remembered for some seconds in each process."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from uuid import UUID

from sqlalchemy import Select, event, select

from saas.core.database import db
from saas.core.runtime import settings
from saas.tenancy.models import Domain, Tenant, TenantName
from saas.tenancy.scope import platform_scope

_CAPACITY = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory remembers of a tenant: its names and where its data lives, never what it may do now."""

    id: UUID
    key: str
    slug: str
    name: str
    schema_name: str
    revision: str
    language: str
    time_zone: str
    support_address: str
    domain: str | None

    @property
    def host(self) -> str:
        """The host that the tenant's pages live on: its primary domain, else its subdomain."""
        return self.domain or f"{self.slug}.{settings().base_domain}"


class Directory:
    """A bounded cache over two look-ups; unknown names are remembered too, as they are asked for by strangers."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[float, Entry | None]] = OrderedDict()
        self._lock = Lock()

    def by_name(self, name: str) -> Entry | None:
        """The tenant that holds a key, slug or former slug."""
        return self._remembered(("name", name), _entries().join(TenantName).where(TenantName.name == name))

    def by_domain(self, host: str) -> Entry | None:
        """The tenant whose verified domain this is."""
        owner = select(Domain.tenant_id).where(Domain.host == host, Domain.verified_at.is_not(None)).scalar_subquery()
        return self._remembered(("host", host), _entries().where(Tenant.id == owner))

    def by_id(self, tenant_id: UUID) -> Entry | None:
        """The tenant with this id."""
        return self._remembered(("id", str(tenant_id)), _entries().where(Tenant.id == tenant_id))

    def forget(self, tenant_id: UUID | None = None) -> None:
        """Drop what is remembered of a tenant and of all unknown names; of everything without an id."""
        with self._lock:
            for question, (_, entry) in list(self._known.items()):
                if tenant_id is None or entry is None or entry.id == tenant_id:
                    del self._known[question]

    def forget_with_commit(self, tenant_id: UUID) -> None:
        """Forget a tenant in this process as soon as the present transaction is committed."""
        event.listen(db.session(), "after_commit", lambda _session: self.forget(tenant_id), once=True)

    def _remembered(self, question: tuple[str, str], query: "Select[tuple[Tenant, str | None]]") -> Entry | None:
        with self._lock:
            found = self._known.get(question)
        if found and found[0] > monotonic():
            return found[1]
        entry = _read(query)
        with self._lock:
            self._known[question] = (monotonic() + settings().tenant_cache_seconds, entry)
            while len(self._known) > _CAPACITY:
                self._known.popitem(last=False)
        return entry


def _entries() -> "Select[tuple[Tenant, str | None]]":
    primary = select(Domain.host).where(Domain.tenant_id == Tenant.id, Domain.is_primary, Domain.verified_at.is_not(None))
    return select(Tenant, primary.limit(1).scalar_subquery())


def _read(query: "Select[tuple[Tenant, str | None]]") -> Entry | None:
    with platform_scope() as session:
        row = session.execute(query).first()
    if row is None:
        return None
    tenant, domain = row
    copied = {name: getattr(tenant, name) for name in Entry.__slots__ if name != "domain"}
    return Entry(**copied, domain=domain)


directory = Directory()
