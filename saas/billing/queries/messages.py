"""Reads about Stripe's messages, in the platform's scope."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from saas.billing.models import StripeEvent
from saas.core.database import db


def list_messages(*, state: str = "", tenant_id: UUID | None = None, limit: int = 50) -> Sequence[StripeEvent]:
    """Messages of Stripe as they came, newest first; in the platform's scope."""
    query = select(StripeEvent).order_by(StripeEvent.received_at.desc(), StripeEvent.id).limit(limit)
    if state:
        query = query.where(StripeEvent.state == state)
    if tenant_id:
        query = query.where(StripeEvent.tenant_id == tenant_id)
    return db.session.scalars(query).all()
