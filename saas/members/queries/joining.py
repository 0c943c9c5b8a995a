"""Reads about requests to join."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from saas.accounts.models import User
from saas.accounts.tokens import DeadLink
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.members.models import JoinRequest

SORTABLE = {"name": func.lower(JoinRequest.name), "email": JoinRequest.email, "asked": JoinRequest.verified_at}
"""What the queue can be ordered by, under the names that addresses use."""
STATES = {"waiting": "Waiting", "approved": "Approved", "declined": "Declined"}


def is_waiting() -> ColumnElement[bool]:
    """Of a request: that its address is proven and nobody has decided yet."""
    return (JoinRequest.decision == "") & JoinRequest.verified_at.is_not(None) & (JoinRequest.expires_at > now())


def find_requests(*, q: str = "", state: str = "waiting") -> Select[JoinRequest]:
    """Requests with a proven address whose name or address holds a text; an unknown state counts as none."""
    query = select(JoinRequest).where(JoinRequest.verified_at.is_not(None))
    query = query.options(joinedload(JoinRequest.decided_by))
    if q:
        query = query.where(
            JoinRequest.name.icontains(q, autoescape=True) | JoinRequest.email.icontains(q, autoescape=True)
        )
    if state == "waiting":
        return query.where(is_waiting())
    return query.where(JoinRequest.decision == state) if state in STATES else query


def count_waiting() -> int:
    """How many requests wait for a decision."""
    return db.session.scalar(select(func.count()).select_from(JoinRequest).where(is_waiting())) or 0


def get_request(request_id: UUID, *, to_change: bool = False) -> JoinRequest:
    """A request with a proven address, as it stands now; raises NotFound."""
    proven = (JoinRequest.id == request_id) & JoinRequest.verified_at.is_not(None)
    return _one(proven, NotFound("There is no such request, or it has expired."), to_change)


def get_by_token(token: str, *, to_change: bool = False) -> JoinRequest:
    """The request of a link; raises DeadLink for one that was replaced, never made or left too long."""
    found = _one(JoinRequest.token_hash == token_hash(token), DeadLink(), to_change)
    if not found.decision and found.expires_at <= now():
        raise DeadLink
    return found


def find_open(email: str) -> JoinRequest | None:
    """The request of an address (canonical form) that nobody has decided about, locked."""
    query = select(JoinRequest).where(JoinRequest.email == email, JoinRequest.decision == "").with_for_update()
    return db.session.scalars(query).one_or_none()


def _one(which: ColumnElement[bool], missing: NotFound, to_change: bool) -> JoinRequest:
    query = select(JoinRequest).where(which).execution_options(populate_existing=True)
    found = db.session.scalars(query.with_for_update() if to_change else query).one_or_none()
    if found is None:
        raise missing
    return found


def last_announced() -> datetime | None:
    """When admins were last told of requests."""
    return db.session.scalar(select(func.max(JoinRequest.announced_at)))


def former_people(emails: Collection[str]) -> Mapping[str, User]:
    """People with these addresses who were here before: removed or deactivated."""
    query = select(User).where(User.email.in_(emails), User.is_active.is_(False))
    return {user.email: user for user in db.session.scalars(query)}
