"""Tables of billing: what we know of Stripe's objects, and what was asked of Stripe. Amounts are minor units of a currency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, Moment, PlatformModel, TenantModel
from saas.core.ids import new_id
from saas.tenancy.models import Tenant

LIVE = ("trialing", "active", "past_due", "unpaid", "paused")
"""Stripe's words for subscriptions that somebody has: an ``incomplete`` one was never paid, and the others have ended."""
_IS_LIVE = "status IN ('" + "', '".join(LIVE) + "') AND NOT duplicate"


class StripeEvent(PlatformModel):
    """A message of Stripe: a hint that something about a customer changed. It stays until that has been looked at.

    ``state`` is “received”, “done”, “ignored” (not about a customer of ours) or “failed”: looked at in vain ``tries`` times.
    """

    __tablename__ = "stripe_events"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'done', 'ignored', 'failed')", name="state"),
        Index("ix_stripe_events_waiting", "customer_id", postgresql_where=text("state = 'received'")),
        {"schema": PLATFORM_SCHEMA},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[str] = mapped_column(Text, default="")
    object_id: Mapped[str] = mapped_column(Text, default="")
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(Text, default="received")
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class StripePrice(PlatformModel):
    """A price at Stripe, and what it sells: a plan in a version and cycle, or the use of a meter. A row never changes."""

    __tablename__ = "stripe_prices"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text, default="")
    cycle: Mapped[str] = mapped_column(Text, default="")
    currency: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class BillingAccount(PlatformModel):
    """A tenant's customer at Stripe. ``look`` numbers our looks at it: what an older look saw never replaces a newer one's.

    ``card`` is what may be shown of the payment method, ``balance`` what Stripe sets off against the next invoice.
    """

    __tablename__ = "billing_accounts"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(Text, unique=True)
    look: Mapped[int] = mapped_column(BigInteger, default=0)
    looked_at: Mapped[datetime | None] = mapped_column(Moment)
    card: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(Text, default="")


class Subscription(PlatformModel):
    """A subscription as Stripe told it last. A tenant has at most one that lives; a second one is marked ``duplicate``.

    ``amount`` is charged each cycle after discounts that recur, ``months`` is how long a cycle is. ``next`` is what follows at
    the end of the period, where a change waits for it; ``cancel_at`` when it ends, where somebody has cancelled. ``item_id`` is
    the plan's item, ``items`` has all by their prices.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index("uq_subscriptions_live", "tenant_id", unique=True, postgresql_where=text(_IS_LIVE)),
        Index("ix_subscriptions_tenant_id", "tenant_id"),
        {"schema": PLATFORM_SCHEMA},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(Text)
    duplicate: Mapped[bool] = mapped_column(default=False)
    plan: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    cycle: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    months: Mapped[int]
    period_start: Mapped[datetime | None] = mapped_column(Moment)
    period_end: Mapped[datetime | None] = mapped_column(Moment)
    trial_ends_at: Mapped[datetime | None] = mapped_column(Moment)
    cancel_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    next: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    item_id: Mapped[str] = mapped_column(Text)
    items: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def price(self) -> str:
        """The id of the price under which the plan is paid."""
        return next((price for price, item in self.items.items() if item == self.item_id), "")


class SubscriptionState(PlatformModel):
    """What a subscription was worth from a moment on: the ledger of revenue is read from these rows and from nothing else.

    ``source`` is the message of Stripe that told it, or our look that found it. ``paying`` says whether it counts. Rows stay when
    their tenant is gone: last year's revenue does not change by that.
    """

    __tablename__ = "subscription_states"
    __table_args__ = (
        Index(
            "ix_subscription_states_ledger",
            *("currency", "subscription_id", "at", "source"),
            postgresql_include=["tenant_id", "status", "paying", "plan", "cycle", "amount", "months", "reason"],
        ),
        {"schema": PLATFORM_SCHEMA},
    )

    subscription_id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(Text)
    paying: Mapped[bool]
    plan: Mapped[str] = mapped_column(Text)
    cycle: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    months: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")


class Invoice(TenantModel):
    """An invoice as Stripe told it last; ``facts`` holds lines, payments, taxes, discounts and credit notes.

    ``failed_at`` is when a payment first failed, for as long as it is not paid; ``told`` the day of dunning that people were
    written to about last.
    """

    __tablename__ = "invoices"
    __table_args__ = (Index("ix_invoices_created_at", "created_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text, default="", index=True)
    status: Mapped[str] = mapped_column(Text, index=True)
    currency: Mapped[str] = mapped_column(Text)
    total: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    due: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    failed_at: Mapped[datetime | None] = mapped_column(Moment)
    told: Mapped[int | None]
    look: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class BillingRequest(TenantModel):
    """Something that somebody wants from Stripe, written down before Stripe is asked: its id makes the idempotency key, so that
    asking again cannot do it twice. ``kind`` is “checkout”, “change”, “cancel” …; ``facts`` what exactly is wanted, and what
    came of it. ``state`` is “open”, “done”, “refused” or “dropped”."""

    __tablename__ = "billing_requests"
    __table_args__ = (CheckConstraint("state IN ('open', 'done', 'refused', 'dropped')", name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="open", index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    stripe_id: Mapped[str] = mapped_column(Text, default="", index=True)
    asked_by_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class UsageReport(TenantModel):
    """A sum of use that Stripe is told to charge: ``amount`` in millionths of the currency's unit, of one meter, up to a moment.
    Its id is the identifier of Stripe's meter event."""

    __tablename__ = "usage_reports"
    __table_args__ = (Index("ix_usage_reports_waiting", "id", postgresql_where=text("sent_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    meter: Mapped[str] = mapped_column(Text, index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
