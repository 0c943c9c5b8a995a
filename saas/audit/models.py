"""Tables of the log's seals, checkpoints, saved filters and exports. The entries themselves are in ``saas.core.audit``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import Moment, PlatformModel, TenantModel
from saas.core.ids import new_id
from saas.tenancy.models import Tenant

_SEALS = {"rights": {"scope": "SELECT", "sealer": "SELECT, INSERT", "archivist": "SELECT, DELETE, UPDATE (personal)"}}
_CHECKPOINTS = {"rights": {"scope": "SELECT", "sealer": "SELECT", "archivist": "SELECT, INSERT"}}


class AuditSeal(TenantModel):
    """One link of the chain: the seal of one entry, made of the entry and the seal before. Only the sealer adds them.

    ``personal`` keeps the seal of a personal part that was redacted, with which the chain still holds.
    """

    __tablename__ = "audit_seals"
    __table_args__ = ({"info": _SEALS},)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditCheckpoint(TenantModel):
    """Where the chain begins since older entries were taken out: the last seal taken out, signed by the platform."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = ({"info": _CHECKPOINTS},)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    removed: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
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
    """An export that a job writes: what was searched, how far it is, and the file in the tenant's folder when it is ready."""

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
    file: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)


class AuditHead(PlatformModel):
    """The newest seal of each tenant's chain, kept outside its schema so that a chain cut short is noticed.

    Every entry up to ``settled_id`` is sealed; later ones are looked for at each sealing.
    """

    __tablename__ = "audit_heads"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    settled_id: Mapped[UUID | None]
    sealed_at: Mapped[datetime] = mapped_column(Moment, default=now)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    fault: Mapped[str] = mapped_column(Text, default="")
