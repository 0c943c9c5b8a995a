"""The directory: which tenant answers to a name or host, remembered for some seconds in each process."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from saas.core.database import after_commit
from saas.core.runtime import settings
from saas.core.scope import scope_or_none
from saas.tenancy.domains import primary_domain
from saas.tenancy.models import Domain, Tenant, TenantName
from saas.tenancy.scope import platform_rights, platform_scope

Question = tuple[str, str]
Value = TypeVar("Value")

CAPACITY = 20_000
UNKNOWN_SECONDS = 1.0
"""How long a name that nobody holds is remembered: strangers ask for many, but a new organisation wants to be found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory remembers of a tenant: its names and where its data lives, never what it may do now.

    ``domain`` is the primary domain, as long as it can be relied on (``saas.tenancy.domains``).
    """

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
        return self.domain or settings().tenant_host(self.slug)


class Directory:
    """A bounded cache over two look-ups. Names that nobody holds have a space of their own, so they crowd out no tenant."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[Question, tuple[float, Entry]] = OrderedDict()
        self._questions: dict[UUID, set[Question]] = {}
        self._unknown: OrderedDict[Question, float] = OrderedDict()
        self._lock = Lock()
        self._forgotten = 0

    def by_name(self, name: str) -> Entry | None:
        """The tenant that holds a key, slug or former slug."""
        return self._remembered(("name", name), lambda: _entries().join(TenantName).where(TenantName.name == name))

    def by_domain(self, host: str) -> Entry | None:
        """The tenant whose verified domain this is."""
        owned = (Domain.host == host) & Domain.verified_at.is_not(None) & (Domain.tenant_id == Tenant.id)
        return self._remembered(("host", host), lambda: _entries().where(select(Domain.host).where(owned).exists()))

    def by_id(self, tenant_id: UUID) -> Entry | None:
        """The tenant with this id."""
        return self._remembered(("id", str(tenant_id)), lambda: _entries().where(Tenant.id == tenant_id))

    def forget(self, tenant_id: UUID | None = None) -> None:
        """Drop what is remembered of a tenant and of all unknown names; of everything without an id."""
        with self._lock:
            self._forgotten += 1
            self._unknown.clear()
            if tenant_id is None:
                self._tenants.clear()
                self._questions.clear()
            else:
                self._drop(tenant_id)

    def reread(self, tenant_id: UUID) -> Entry | None:
        """The tenant with this id as it stands now. Nothing else is forgotten."""
        with self._lock:
            self._drop(tenant_id)
        return self.by_id(tenant_id)

    def forget_with_commit(self, tenant_id: UUID) -> None:
        """Forget a tenant in this process as soon as the present transaction is committed."""
        after_commit(lambda: self.forget(tenant_id))

    def _drop(self, tenant_id: UUID) -> None:
        for question in self._questions.pop(tenant_id, ()):
            del self._tenants[question]

    def _remembered(self, question: Question, query: "Callable[[], Select[Tenant, str | None]]") -> Entry | None:
        with self._lock:
            found, unknown_until, before = (
                self._tenants.get(question),
                self._unknown.get(question, 0.0),
                self._forgotten,
            )
        if found and found[0] > monotonic():
            return found[1]
        if unknown_until > monotonic():
            return None
        if scope_or_none() is not None:
            return _read(query(), platform_rights())  # not remembered: it may show changes that are never committed
        entry = _read(query(), platform_scope())
        with self._lock:
            if before == self._forgotten:  # else the answer may be older than the change that made us forget
                self._remember(question, entry)
        return entry

    def _remember(self, question: Question, entry: Entry | None) -> None:
        seconds = settings().tenant_cache_seconds
        if entry is None:
            _put(self._unknown, question, monotonic() + min(UNKNOWN_SECONDS, seconds))
        else:
            self._unknown.pop(question, None)
            for former in _put(self._tenants, question, (monotonic() + seconds, entry)):
                self._unlink(*former)
            self._questions.setdefault(entry.id, set()).add(question)

    def _unlink(self, question: Question, remembered: tuple[float, Entry]) -> None:
        tenant_id = remembered[1].id
        asked = self._questions[tenant_id]
        asked.discard(question)
        if not asked:
            del self._questions[tenant_id]


def _put(memory: "OrderedDict[Question, Value]", question: Question, value: Value) -> list[tuple[Question, Value]]:
    """Remember something as the newest; returns what had to go for it."""
    gone = [(question, memory.pop(question))] if question in memory else []
    memory[question] = value
    while len(memory) > CAPACITY:
        gone.append(memory.popitem(last=False))
    return gone


def _entries() -> "Select[Tenant, str | None]":
    return select(Tenant, primary_domain())


def _read(query: "Select[Tenant, str | None]", place: AbstractContextManager[Session]) -> Entry | None:
    with place as session:
        row = session.execute(query).first()
        if row is None:
            return None
        tenant, domain = row
        copied = {name: getattr(tenant, name) for name in Entry.__slots__ if name != "domain"}
    return Entry(**copied, domain=domain)


directory = Directory()
