"""Audit: every operation records what it did, in the transaction that does it.

Recording lives here, so that every floor can; reading, sealing and verifying is ``saas.audit``. An entry is added where the
session stands: to a tenant's own log, or to the operators' log of the platform. Nobody but the database's owner can change
or remove entries: the roles of scopes may read them and add to them.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, Moment, PlatformModel, TenantModel, db
from saas.core.ids import new_id
from saas.core.module import AuditEvent
from saas.core.scope import current_scope

_PERSONAL = "actor_name, actor_email, impersonator, address, agent, target_label, changes, facts, salt"
APPEND_ONLY = {
    "rights": {"scope": "SELECT, INSERT", "sealer": "SELECT", "archivist": f"SELECT, DELETE, UPDATE ({_PERSONAL})"}
}
"""Who may do what with a table of entries: scopes add, the archivist takes out old ones and redacts what is personal."""

_SEARCHED = (
    "actor_name",
    "actor_email",
    "impersonator",
    "address",
    "target_label",
    "event",
    "changes::text",
    "facts::text",
)
_WORDS = " || ' ' || ".join(_SEARCHED)


class EntryColumns:
    """One entry. Its id tells the order and the millisecond; what is personal can be redacted, the rest never changes.

    ``changes`` maps each field to what it was and what it became; ``facts`` holds what else matters. ``salt`` goes into
    the seal of the personal part, so that a redacted part cannot be guessed from its seal.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    event: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(Text)
    actor_email: Mapped[str] = mapped_column(Text, default="")
    impersonator: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(Text, default="")
    target_kind: Mapped[str] = mapped_column(Text, default="")
    target_id: Mapped[str] = mapped_column(Text, default="")
    target_label: Mapped[str] = mapped_column(Text, default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary, default=lambda: secrets.token_bytes(16))

    @declared_attr
    @classmethod
    def words(cls) -> Mapped[str]:
        """The words of an entry that can be searched, in no language."""
        words = f"to_tsvector('simple'::regconfig, regexp_replace({_WORDS}, '[^[:alnum:]]+', ' ', 'g'))"
        return mapped_column(TSVECTOR, Computed(words, persisted=True), deferred=True)


def _indexes(table: str) -> tuple[Index, ...]:
    return (
        Index(f"ix_{table}_actor_id_id", "actor_id", "id"),
        Index(f"ix_{table}_event_id", "event", "id"),
        Index(f"ix_{table}_target", "target_kind", "target_id", "id"),
        Index(f"ix_{table}_address_id", "address", "id"),
        Index(f"ix_{table}_impersonated", "id", postgresql_where=text("impersonator <> ''")),
        Index(f"ix_{table}_words", "words", postgresql_using="gin"),
    )


class AuditEntry(EntryColumns, TenantModel):
    """An entry of a tenant's log."""

    __tablename__ = "audit_entries"
    __table_args__ = (*_indexes("audit_entries"), {"info": APPEND_ONLY})


class OperatorEntry(EntryColumns, PlatformModel):
    """An entry of the operators' log: what was done to the platform, or to the tenant ``tenant_id`` from outside."""

    __tablename__ = "operator_entries"
    __table_args__ = (*_indexes("operator_entries"), {"schema": PLATFORM_SCHEMA, "info": APPEND_ONLY})

    tenant_id: Mapped[UUID | None] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Target:
    """What something was done to: a kind such as ``member``, its id, and what people call it."""

    kind: str
    id: UUID | str
    label: str


Changes = Mapping[str, tuple[Any, Any]]
"""Each field that changed: what it was, what it became."""


def record(
    event: AuditEvent,
    *,
    actor: Actor,
    target: Target | None = None,
    changes: Changes | None = None,
    tenant_id: UUID | None = None,
    **facts: Any,
) -> None:
    """Add an entry to the log of the place where the session stands; it is kept if and only if the transaction is.

    Several entries of one transaction are written in one statement. ``tenant_id`` says which tenant an entry of the
    operators' log is about. Never give secrets: they would stay for years.
    """
    values: dict[str, Any] = {
        "event": event.name,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_email": actor.email,
        "impersonator": actor.impersonator,
        "address": actor.address or "",
        "agent": actor.agent or "",
        "request_id": actor.request_id or "",
        "changes": {field: [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()},
        "facts": {name: _plain(value) for name, value in facts.items()},
    }
    if target is not None:
        values |= {"target_kind": target.kind, "target_id": str(target.id), "target_label": target.label}
    if current_scope().place.schema is None:
        db.session.add(OperatorEntry(**values, tenant_id=tenant_id))
    else:
        db.session.add(AuditEntry(**values))


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """The fields whose values differ."""
    return {name: (before.get(name), new) for name, new in after.items() if before.get(name) != new}


def _plain(value: Any) -> Any:
    """A value as JSON holds it: moments in UTC, ids and other things as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return str(value)
