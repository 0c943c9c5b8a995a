"""Ending offers of the ownership that have lost their ground."""

from uuid import UUID

from sqlalchemy import ColumnElement, update

from saas.core.clock import now
from saas.core.database import db
from saas.members.models import OwnershipTransfer


def withdraw_offers(user_id: UUID) -> None:
    """End an open offer of or to somebody who is no longer an owner, or no longer there."""
    _end((OwnershipTransfer.from_id == user_id) | (OwnershipTransfer.to_id == user_id), "withdrawn")


def end_expired_offers() -> None:
    """End an offer whose time is over, so that another one can be made."""
    _end(OwnershipTransfer.expires_at <= now(), "expired")


def _end(condition: ColumnElement[bool], outcome: str) -> None:
    ended = update(OwnershipTransfer).where(OwnershipTransfer.ended_at.is_(None), condition)
    values = ended.values(ended_at=now(), outcome=outcome)
    db.session.execute(values.execution_options(synchronize_session=False))
