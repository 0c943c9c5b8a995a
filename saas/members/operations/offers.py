"""Ending offers of the ownership that have lost their ground."""

from uuid import UUID

from sqlalchemy import ColumnElement, update

from saas.accounts.persons import target_of
from saas.accounts.queries import get_user
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.module import AuditEvent
from saas.members import emails
from saas.members.models import OwnershipTransfer
from saas.members.module import OWNERSHIP_EXPIRED, OWNERSHIP_WITHDRAWN


def withdraw_offers(user_id: UUID, *, actor: Actor) -> None:
    """End an open offer of or to somebody who is no longer an owner, or no longer there; somebody else it was made to is told."""
    whose = (OwnershipTransfer.from_id == user_id) | (OwnershipTransfer.to_id == user_id)
    for offered_to in _end(whose, "withdrawn", OWNERSHIP_WITHDRAWN, actor):
        if offered_to != user_id:
            emails.send_ownership_withdrawn(get_user(offered_to))


def end_expired_offers(*, actor: Actor) -> None:
    """End an offer whose time is over, so that another one can be made."""
    _end(OwnershipTransfer.expires_at <= now(), "expired", OWNERSHIP_EXPIRED, actor)


def _end(condition: ColumnElement[bool], outcome: str, event: AuditEvent, actor: Actor) -> list[UUID]:
    """Returns to whom they were made."""
    ended = update(OwnershipTransfer).where(OwnershipTransfer.ended_at.is_(None), condition)
    ended = ended.values(ended_at=now(), outcome=outcome)
    returned = ended.returning(OwnershipTransfer.from_id, OwnershipTransfer.to_id)
    found = db.session.execute(returned.execution_options(synchronize_session=False)).all()
    for offered_by, offered_to in found:
        record(event, actor=actor, target=target_of(get_user(offered_to)), offered_by=get_user(offered_by).name)
    return [offered_to for _, offered_to in found]
