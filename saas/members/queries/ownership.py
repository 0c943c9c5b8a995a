"""Reads about the ownership: who owns the organisation, and to whom it is offered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import db
from saas.core.module import Role
from saas.members.models import OwnershipTransfer


def get_open_offer(*, to_change: bool = False) -> OwnershipTransfer | None:
    """The offer that can be accepted now, if there is one; locked when it is about to change."""
    query = select(OwnershipTransfer).where(OwnershipTransfer.ended_at.is_(None), OwnershipTransfer.expires_at > now())
    query = query.execution_options(populate_existing=True)
    if to_change:
        return db.session.scalars(query.with_for_update()).one_or_none()
    with_people = joinedload(OwnershipTransfer.offered_by), joinedload(OwnershipTransfer.offered_to)
    return db.session.scalars(query.options(*with_people)).one_or_none()


def offer_to(user_id: UUID) -> OwnershipTransfer | None:
    """The offer that this person can accept now."""
    offer = get_open_offer()
    return offer if offer is not None and offer.to_id == user_id else None


def list_owners() -> Sequence[User]:
    """The active owners, in the order in which they came."""
    query = select(User).where(User.role == Role.OWNER, User.is_active).order_by(User.created_at, User.id)
    return db.session.scalars(query).all()
