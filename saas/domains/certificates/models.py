"""What is known of certificates: one row a host, the proofs that an authority may ask for now, our account there."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, Moment, PlatformModel
from saas.tenancy.models import Tenant


class CertificateStatus(StrEnum):
    """Stations of a certificate. One that works stays active while its renewal fails."""

    WAITING = "waiting"
    ACTIVE = "active"
    FAILED = "failed"


_STATUSES = ", ".join(f"'{status}'" for status in CertificateStatus)


class Certificate(PlatformModel):
    """The certificate of a host, had or wanted; certificate and key themselves stand in CERTIFICATES_DIR.

    ``next_try_at`` is when something has to be done next: the first try, another one, the renewal. ``attempts`` counts the
    failures since the last success, ``failed_at`` is the last of them, ``reason`` says in a sentence what stood in the way.
    While an order is under way its address at the authority and its sealed key are kept, so that whoever goes on can.
    """

    __tablename__ = "certificates"
    __table_args__ = (CheckConstraint(f"status IN ({_STATUSES})", name="status"), {"schema": PLATFORM_SCHEMA})

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(Text, default=CertificateStatus.WAITING)
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None] = mapped_column(Moment)
    next_try_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    order_url: Mapped[str] = mapped_column(Text, default="")
    order_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class AcmeChallenge(PlatformModel):
    """What a certificate authority finds under a token, on whatever host it asks; no tenant's, and no secret."""

    __tablename__ = "acme_challenges"

    token: Mapped[str] = mapped_column(Text, primary_key=True)
    key_authorisation: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class AcmeAccount(PlatformModel):
    """Our account with a certificate authority: its key, sealed, and once it is registered its address."""

    __tablename__ = "acme_accounts"

    directory: Mapped[str] = mapped_column(Text, primary_key=True)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    url: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
