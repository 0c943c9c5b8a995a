"""Tables of the log's seals, checkpoints, saved filters and exports. The entries themselves are in ``saas.core.audit``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import Moment, PlatformModel, TenantModel
from saas.core.ids import new_id

_SEALS = {"rights": {"scope": "SELECT", "sealer": "SELECT, INSERT", "archivist": "SELECT, DELETE, UPDATE (personal)"}}
_CHECKPOINTS = {"rights": {"scope": "SELECT", "sealer": "SELECT", "archivist": "SELECT, INSERT"}}
OPERATORS = UUID(int=0)
"""In place of a tenant's id: the operators' log, whose entries and seals are in ``platform``."""


class SealColumns:
    """One link of a chain: the seal of one entry, made of the entry and the seal before. Only the sealer adds them.

    ``personal`` keeps the seal of a personal part that was redacted, with which the chain still holds.
    """

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditSeal(SealColumns, TenantModel):
    """A link of a tenant's chain."""

    __tablename__ = "audit_seals"
    __table_args__ = ({"info": _SEALS},)


class OperatorSeal(SealColumns, PlatformModel):
    """A link of the chain of the operators' log."""

    __tablename__ = "operator_seals"


class AuditCheckpoint(TenantModel):
    """Where the chain begins since older entries were taken out: the last seal taken out, signed by the platform.

    One that was signed with a former master key is signed anew by a further row for the same position.
    """

    __tablename__ = "audit_checkpoints"
    __table_args__ = ({"info": _CHECKPOINTS},)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment, primary_key=True, default=now)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    removed: Mapped[int] = mapped_column(BigInteger)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class AuditFilter(TenantModel):
    """A search of the log that a person keeps."""

    __tablename__ = "audit_filters"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    search: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class AuditExport(TenantModel):
    """An export that a job writes, part by part, into the tenant's folder: what was searched and how far it is.

    ``reached`` says where the next part begins: behind a position of the chain, or behind an entry.
    """

    __tablename__ = "audit_exports"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'jsonl')", name="format"),
        CheckConstraint("status IN ('waiting', 'running', 'ready', 'failed', 'expired')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    format: Mapped[str] = mapped_column(Text)
    search: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    status: Mapped[str] = mapped_column(Text, default="waiting")
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    parts: Mapped[int] = mapped_column(default=0)
    percent: Mapped[int] = mapped_column(default=0)
    reached: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)


class AuditHead(PlatformModel):
    """The newest seal of each chain, signed and kept outside the tenant's schema so that a chain cut short is noticed.

    No entry with an id up to ``settled_id`` can still appear: what has one is sealed. The same will be true of
    ``settling_id`` when the transactions in ``waits_for`` have ended. ``inserted`` is the database's own count of
    insertions at the last look. ``checked`` says how far a check under way is, ``verified_to`` how far the last one came,
    ``fault`` what it found. There may be a head whose tenant is gone; it goes with the next night.
    """

    __tablename__ = "audit_heads"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(Moment, default=now)
    settled_id: Mapped[UUID | None]
    settling_id: Mapped[UUID | None]
    waits_for: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    inserted: Mapped[int] = mapped_column(BigInteger, default=-1)
    checked: Mapped[int | None] = mapped_column(BigInteger)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    verified_to: Mapped[int] = mapped_column(BigInteger, default=0)
    fault: Mapped[str] = mapped_column(Text, default="")
