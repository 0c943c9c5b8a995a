"""Scope: where the database session stands.

A scope is one immutable value. The Session takes it when made and hands it to the engine as an execution option; the
engine's begin event (``saas.core.database``) sends what the scope says together with BEGIN. There is no default: work
outside a scope is an error.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from threading import get_ident
from uuid import UUID

_numbers = count(1)
_NAME = re.compile(r"[a-z0-9_]{1,63}")


class NoScope(RuntimeError):
    """The database was asked something outside every scope, or by a session whose connection stands elsewhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scope stands: its search path, its role and the tenant it serves. Raises ValueError for an unfit name.

    ``schema`` is a tenant's schema or None for the platform; ``role`` is None when roles per tenant are switched off.
    """

    schema: str | None
    role: str | None
    tenant_id: UUID | None = None

    def __post_init__(self) -> None:
        for name in (self.schema, self.role):
            if name is not None and not _NAME.fullmatch(name):
                raise ValueError(f"“{name}” is not the name of a schema or role of ours")

    @property
    def settings(self) -> tuple[str, str]:
        """The transaction-local settings of this place, as SQL statements."""
        return _settings(self.schema, self.role)

    @property
    def settings_sql(self) -> str:
        """The same in one string, for one round trip."""
        return "; ".join(self.settings)

    @property
    def begin(self) -> bytes:
        """What begins a transaction here, in one round trip."""
        return _begin(self.schema, self.role)


@lru_cache(maxsize=4096)
def _settings(schema: str | None, role: str | None) -> tuple[str, str]:
    path = f'"{schema}", pg_temp' if schema else "pg_temp"
    who = f'ROLE "{role}"' if role else f"saas.schema TO '{schema or '*'}'"
    return f"SET LOCAL search_path TO {path}", f"SET LOCAL {who}"


@lru_cache(maxsize=4096)
def _begin(schema: str | None, role: str | None) -> bytes:
    return "; ".join(("BEGIN", *_settings(schema, role))).encode()


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One stay at a place, by one thread; ``key`` is never used twice in a process, so no session survives its scope.

    An ``alone`` scope lets no other one with a connection of its own open inside it: so do requests, because requests
    that hold one connection and wait for a second starve each other. ``outer`` is the scope around this one.
    """

    place: Place
    alone: bool = False
    outer: "Scope | None" = field(default_factory=lambda: scope_or_none(), repr=False)
    key: int = field(default_factory=lambda: next(_numbers))
    thread: int = field(default_factory=get_ident)


_current: ContextVar[Scope | None] = ContextVar("saas.scope", default=None)
_open: set[int] = set()


def current_scope() -> Scope:
    """The scope in force; raises NoScope outside every scope."""
    scope = scope_or_none()
    if scope is None:
        raise NoScope("Open a tenant or platform scope before using the database.")
    return scope


def scope_or_none() -> Scope | None:
    """The scope in force, or None. One that has ended or that another thread opened is in force nowhere."""
    scope = _current.get()
    while scope is not None and scope.key not in _open:
        scope = scope.outer
    return scope if scope is not None and scope.thread == get_ident() else None


def current_tenant_id() -> UUID:
    """The id of the tenant whose scope is in force; raises NoScope in the platform's scope or outside all."""
    tenant_id = current_scope().place.tenant_id
    if tenant_id is None:
        raise NoScope("This needs the scope of a tenant.")
    return tenant_id


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Make the scope current for a block; the sessions belong to ``saas.core.database``.

    Generators may end out of order, or in another context: a scope that ended is never taken for the current one.
    """
    _open.add(scope.key)
    _current.set(scope)
    try:
        yield scope
    finally:
        _open.discard(scope.key)
        if _current.get() is scope:
            _current.set(scope.outer)
