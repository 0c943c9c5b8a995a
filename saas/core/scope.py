"""Scope: where the database session stands.

A scope is one immutable value. The Session takes it when made and hands it to the engine as an execution option; the
engine's begin event (``saas.core.database``) sends what the scope says together with BEGIN. There is no default: work
outside a scope is an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from uuid import UUID

_numbers = count(1)


class NoScope(RuntimeError):
    """The database was asked something outside every scope."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a scope stands: its search path, its role and the tenant it serves.

    ``schema`` is a tenant's schema or None for the platform; ``role`` is None when roles per tenant are switched off.
    """

    schema: str | None
    role: str | None
    tenant_id: UUID | None = None

    @property
    def settings_sql(self) -> str:
        """The transaction-local settings of this place, as SQL statements."""
        return _settings_sql(self.schema, self.role)

    @property
    def begin(self) -> bytes:
        """What begins a transaction here, in one round trip."""
        return _begin(self.schema, self.role)


@lru_cache(maxsize=4096)
def _settings_sql(schema: str | None, role: str | None) -> str:
    path = f'"{schema}", pg_temp' if schema else "pg_temp"
    who = f'ROLE "{role}"' if role else f"saas.schema TO '{schema or '*'}'"
    return f"SET LOCAL search_path TO {path}; SET LOCAL {who}"


@lru_cache(maxsize=4096)
def _begin(schema: str | None, role: str | None) -> bytes:
    return f"BEGIN; {_settings_sql(schema, role)}".encode()


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One stay at a place; ``key`` is never used twice in a process, so no session survives its scope."""

    place: Place
    key: int = field(default_factory=lambda: next(_numbers))


_current: ContextVar[Scope | None] = ContextVar("saas.scope", default=None)


def current_scope() -> Scope:
    """The scope in force; raises NoScope outside every scope."""
    scope = _current.get()
    if scope is None:
        raise NoScope("Open a tenant or platform scope before using the database.")
    return scope


def scope_or_none() -> Scope | None:
    """The scope in force, or None."""
    return _current.get()


def current_tenant_id() -> UUID:
    """The id of the tenant whose scope is in force; raises NoScope in the platform's scope or outside all."""
    tenant_id = current_scope().place.tenant_id
    if tenant_id is None:
        raise NoScope("This needs the scope of a tenant.")
    return tenant_id


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Make the scope current for a block; the sessions belong to ``saas.core.database``."""
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)
