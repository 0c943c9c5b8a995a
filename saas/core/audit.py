"""Audit: every operation records what it did, in the transaction that does it.

Recording lives here, so that every floor can; reading, sealing and verifying is ``saas.audit``. An entry is added where the
session stands: to a tenant's own log, or to the operators' log of the platform. Nobody but the database's owner can change
or remove entries: the roles of scopes may read them and add to them.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, LargeBinary, Text, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

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

LONGEST = 500
"""Characters of a text that the log keeps; longer ones are cut."""
MOST = 200
"""Items of a list that it keeps."""
_LARGEST = 2**63

_BUCKET = "(left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc'))"
_SEARCHED = (
    *("actor_name", "actor_email", "impersonator", "address", "target_label", "event", "request_id"),
    *("changes::text", "facts::text"),
)


def _words(mark: str, texts: tuple[str, ...]) -> str:
    """SQL for the words of texts, each behind its bucket and a mark, parted by spaces."""
    before, joined = f"{_BUCKET} || '{mark}'" if mark else _BUCKET, " || ' ' || ".join(texts)
    return f"{before} || regexp_replace(lower({joined}), '(?:\\\\.|[^[:alnum:]])+', ' ' || {before}, 'g')"


WORDS = (
    f"array_to_tsvector(string_to_array({_words('', _SEARCHED)} || ' '"
    f" || {_words('@', ('actor_name', 'actor_email'))}, ' ') || ARRAY["
    f"{_BUCKET} || '@' || coalesce(actor_id::text, ''), {_BUCKET} || '&' || actor_kind, {_BUCKET} || '!' || event, "
    f"{_BUCKET} || '=' || target_id, {_BUCKET} || '~' || address, "
    f"{_BUCKET} || CASE WHEN impersonator = '' THEN '' ELSE '^' END])"
)
"""SQL for what an entry is found by: its words, and under marks of their own the actor (``@`` and the id, or a word of the
name or address), the actor's kind (``&``), the event (``!``), the target (``=``), the address (``~``) and an impersonator
(``^``). Each stands behind its bucket of time, the first 22 bits of the id (18.6 hours), so that the newest that fit
are found without looking at all that do (``saas.audit.search``)."""


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


def _found_by(table: str) -> Index:
    """What is new waits in a short list, which every search reads: it must not grow."""
    words: ColumnElement[Any] = literal_column(f"({WORDS})")
    return Index(f"ix_{table}_words", words, postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 64})


class AuditEntry(EntryColumns, TenantModel):
    """An entry of a tenant's log."""

    __tablename__ = "audit_entries"
    __table_args__ = (_found_by("audit_entries"), {"info": APPEND_ONLY})


class OperatorEntry(EntryColumns, PlatformModel):
    """An entry of the operators' log: what was done to the platform, or to the tenant ``tenant_id`` from outside."""

    __tablename__ = "operator_entries"
    __table_args__ = (_found_by("operator_entries"), {"schema": PLATFORM_SCHEMA, "info": APPEND_ONLY})

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
    values = values_of(event, actor=actor, target=target, changes=changes, facts=facts)
    if current_scope().place.schema is None:
        db.session.add(OperatorEntry(**values, tenant_id=tenant_id))
    else:
        db.session.add(AuditEntry(**values))


def values_of(
    event: AuditEvent, *, actor: Actor, target: Target | None, changes: Changes | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns of an entry by name, but for id, time and salt; texts are cut to LONGEST characters."""
    target = target or Target("", "", "")
    return {
        "event": event.name,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": _text(actor.name),
        "actor_email": _text(actor.email),
        "impersonator": _text(actor.impersonator),
        "address": _text(actor.address or ""),
        "agent": _text(actor.agent or ""),
        "request_id": _text(actor.request_id or ""),
        "target_kind": _text(target.kind),
        "target_id": _text(str(target.id)),
        "target_label": _text(target.label),
        "changes": {_text(field): [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()},
        "facts": {_text(name): _plain(value) for name, value in facts.items()},
    }


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """The fields whose values differ."""
    return {name: (before.get(name), new) for name, new in after.items() if before.get(name) != new}


def _text(text: str) -> str:
    """A text as the log keeps it: cut, and without what no database can store."""
    kept = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"


def _plain(value: Any) -> Any:
    """A value as JSON holds it: moments in UTC, ids and other things as text."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < _LARGEST:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item) for key, item in islice(value.items(), MOST)}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        cut = [f"… {len(items) - MOST} more"] if len(items) > MOST else []
        return [*(_plain(item) for item in items[:MOST]), *cut]
    return _text(str(value))
