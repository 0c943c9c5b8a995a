"""Reads about the subscription and the account, in the tenant's scope."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from saas.billing.models import LIVE, BillingAccount, BillingRequest, Subscription
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.scope import current_tenant_id


def get_account() -> BillingAccount | None:
    """The organisation's account at Stripe; None before it wanted to pay for something."""
    return db.session.get(BillingAccount, current_tenant_id(), populate_existing=True)


def get_subscription() -> Subscription | None:
    """The subscription that lives; None without one."""
    query = select(Subscription).where(
        Subscription.tenant_id == current_tenant_id(), Subscription.status.in_(LIVE), ~Subscription.duplicate
    )
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def had_subscription() -> bool:
    """Whether there ever was one."""
    query = select(Subscription.id).where(Subscription.tenant_id == current_tenant_id()).limit(1)
    return db.session.scalar(query) is not None


def find_request(id: UUID) -> BillingRequest | None:
    """Something that was wanted from Stripe, if there is such a thing."""
    return db.session.get(BillingRequest, id, populate_existing=True)


def newest_request(kind: str, *, since: datetime) -> BillingRequest | None:
    """What was wanted from Stripe last of a kind since a moment, and was not refused."""
    query = select(BillingRequest).where(
        BillingRequest.kind == kind, BillingRequest.created_at > since, BillingRequest.state.in_(("open", "done"))
    )
    return db.session.scalars(query.order_by(BillingRequest.created_at.desc()).limit(1)).one_or_none()


def last_request(*kinds: str, since: datetime) -> BillingRequest | None:
    """What was wanted from Stripe last of some kinds since a moment, whatever came of it."""
    query = select(BillingRequest).where(BillingRequest.kind.in_(kinds), BillingRequest.created_at > since)
    return db.session.scalars(query.order_by(BillingRequest.created_at.desc()).limit(1)).one_or_none()


def get_request(id: UUID, kind: str = "") -> BillingRequest:
    """Something that was wanted from Stripe; raises NotFound."""
    found = find_request(id)
    if found is None or (kind and found.kind != kind):
        raise NotFound
    return found
