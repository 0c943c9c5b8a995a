"""Reads for the home, in the tenant's scope: few columns, no objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from saas.accounts.models import User, UserSession
from saas.accounts.queries import STILL_HOLDS, session_limits
from saas.core.database import db
from saas.tenancy.policy import SecurityPolicy


@dataclass(frozen=True, slots=True)
class RecentSignIn:
    """Somebody signed in: who, when (UTC) and with which browser."""

    name: str
    at: datetime
    agent: str


def _recent(of: bool) -> Select[Any]:
    session, user = UserSession.__table__.c, User.__table__.c
    query = select(user.name, session.created_at, session.agent).join_from(UserSession.__table__, User.__table__)
    query = query.where(STILL_HOLDS).order_by(session.created_at.desc()).limit(bindparam("most"))
    return query.where(session.user_id == bindparam("user")) if of else query


_OF_ONE, _OF_ALL = _recent(True), _recent(False)


def list_recent_sign_ins(
    policy: SecurityPolicy = SecurityPolicy(), *, of: UUID | None = None, limit: int = 5
) -> Sequence[RecentSignIn]:
    """The latest sign-ins that still hold under the organisation's policy, newest first; of one person or of everybody."""
    values: dict[str, Any] = {"most": limit, "user": of, **session_limits(policy)}
    return [RecentSignIn(*row) for row in db.session.execute(_OF_ONE if of else _OF_ALL, values)]
