"""Platform tables: tenants, their names, domains, keys and history. Those with ``tenant_id`` stand under row-level security."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, Moment, PlatformModel, TenantModel
from saas.core.ids import new_id, new_token


class Status(StrEnum):
    """Stations of a tenant's life."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    DELETING = "deleting"


IN_SERVICE = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)
_STATUSES = ", ".join(f"'{status}'" for status in Status)


class Tenant(PlatformModel):
    """A customer organisation. ``key`` and ``schema_name`` never change; ``slug`` may.

    It has the terms ``plan_version`` of its plan (empty: those that the catalogue has now), with ``overrides`` of its own
    (``saas.tenancy.entitlements``): neither can its own scope write. ``policy`` is its security policy.
    """

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("key ~ '^[a-z0-9][a-z0-9_-]{0,49}$'", name="key"),
        {"schema": PLATFORM_SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(Text, unique=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    schema_name: Mapped[str] = mapped_column(Text, unique=True)
    revision: Mapped[str] = mapped_column(Text, index=True)
    status: Mapped[str] = mapped_column(Text, default=Status.TRIALING, index=True)
    status_reason: Mapped[str] = mapped_column(Text, default="")
    status_at: Mapped[datetime] = mapped_column(Moment, default=now)
    plan: Mapped[str] = mapped_column(Text)
    plan_version: Mapped[str] = mapped_column(Text, default="")
    overrides: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    trial_ends_at: Mapped[datetime | None] = mapped_column(Moment)
    billing_email: Mapped[str] = mapped_column(Text, default="")
    industry: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(Text, default="UTC")
    language: Mapped[str] = mapped_column(Text, default="en")
    support_address: Mapped[str] = mapped_column(Text, default="")
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    config: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now)


class PlanVersion(PlatformModel):
    """Terms of a plan that somebody has or had (``saas.catalogue.terms.Terms``); a row never changes."""

    __tablename__ = "plan_versions"

    version: Mapped[str] = mapped_column(Text, primary_key=True)
    plan: Mapped[str] = mapped_column(Text, index=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    first_sold_at: Mapped[datetime] = mapped_column(Moment, default=now)


class TenantName(PlatformModel):
    """A name held by a tenant: its key, its slug, and slugs it had before (they redirect). Nobody else can take it."""

    __tablename__ = "tenant_names"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Domain(PlatformModel):
    """A host that a tenant claims as its own, or has proven to be.

    Without ``verified_at`` it is a claim, of which several tenants may hold one for the same host; with it, it is the one row
    that the host belongs to, and answers. ``failing_since`` is when its records were no longer found: a claim that has it was
    verified once. ``warned_at`` is when mail told of that last. ``spared`` was verified before a proof was asked for: until its
    proof is found, it is enough that it points here. ``report`` is what the last examination of ``checked_at`` said; the next
    was asked for at ``asked_at``.
    ``share_hash`` is that of the link for whoever keeps the records, good until ``share_expires_at``; empty when there is none.
    ``skeleton`` is what the host looks like at a glance; empty where a release wrote the row that knew of none.
    """

    __tablename__ = "domains"
    __table_args__ = (
        UniqueConstraint("tenant_id", "host"),
        CheckConstraint("verified_at IS NOT NULL OR NOT is_primary", name="primary"),
        Index("uq_domains_verified", "host", unique=True, postgresql_where=text("verified_at IS NOT NULL")),
        Index("uq_domains_primary", "tenant_id", unique=True, postgresql_where=text("is_primary")),
        {"schema": PLATFORM_SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    host: Mapped[str] = mapped_column(Text)
    skeleton: Mapped[str] = mapped_column(Text, default="", server_default="", index=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(Text, default=new_token)
    is_primary: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    warned_at: Mapped[datetime | None] = mapped_column(Moment)
    spared: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    share_hash: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    share_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class ReleasedDomain(PlatformModel):
    """A host that was verified until ``at``: for some days nobody but its former holder can have it, by the same ``token`` (empty
    where it is to be proven anew). It outlives its holder."""

    __tablename__ = "released_domains"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    skeleton: Mapped[str] = mapped_column(Text, default="", server_default="", index=True)
    tenant_id: Mapped[UUID]
    token: Mapped[str] = mapped_column(Text, default="", server_default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class AllowedDomain(PlatformModel):
    """A host that a tenant may have although it looks like another's domain, as an operator decided."""

    __tablename__ = "allowed_domains"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class TenantKey(PlatformModel):
    """A tenant's own encryption key, wrapped by a master key; the highest number is in use, older ones still open."""

    __tablename__ = "tenant_keys"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class TenantEvent(PlatformModel):
    """One change of a tenant's status, with who, why and when."""

    __tablename__ = "tenant_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class AccountIndex(PlatformModel):
    """Keyed hash of an e-mail address and a tenant where it has an account: serves “find my organisations”."""

    __tablename__ = "account_index"

    email_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True, index=True)


class SpareSchema(PlatformModel):
    """A tenant schema that is ready and belongs to nobody yet."""

    __tablename__ = "spare_schemas"

    schema_name: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class TenantMigration(PlatformModel):
    """The last attempt to migrate one schema: when, how long (milliseconds), and the error if it failed."""

    __tablename__ = "tenant_migrations"
    __table_args__ = (
        Index("ix_tenant_migrations_failed", "error", postgresql_where=text("error <> ''")),
        {"schema": PLATFORM_SCHEMA},
    )

    schema_name: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    from_revision: Mapped[str] = mapped_column(Text)
    to_revision: Mapped[str] = mapped_column(Text)
    milliseconds: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class PlatformReceipt(PlatformModel):
    """A job of the platform that has had its effect."""

    __tablename__ = "job_receipts"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class JobReceipt(TenantModel):
    """A job of this tenant that has had its effect; written in the job's own transaction."""

    __tablename__ = "job_receipts"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class RateLimit(PlatformModel):
    """One counter of a fixed window (``saas.web.limits``); unlogged, so that a crash forgets it."""

    __tablename__ = "rate_limits"
    __table_args__ = {"schema": PLATFORM_SCHEMA, "prefixes": ["UNLOGGED"]}

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)
