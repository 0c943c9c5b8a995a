"""What every page of somebody who may invite shows of people: one statement, however many parts of the page ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import db
from saas.members.models import Invitation, JoinRequest

_KEY = "members.glance"


@dataclass(frozen=True, slots=True)
class Glance:
    """How many requests to join wait for a decision, how many people are active, and whether somebody was ever invited."""

    waiting: int
    people: int
    invited: bool


def _glance() -> "Select[int, int, bool]":
    """Made once, of tables: every page asks."""
    request, user = JoinRequest.__table__.c, User.__table__.c
    open_ones = (request.decision == "", request.verified_at.is_not(None), request.expires_at > bindparam("moment"))
    waiting: Any = select(func.count()).select_from(JoinRequest.__table__).where(*open_ones).scalar_subquery()
    people: Any = select(func.count()).select_from(User.__table__).where(user.is_active).scalar_subquery()
    return select(waiting, people, select(Invitation.__table__.c.id).exists())


_GLANCE = _glance()


def get_glance() -> Glance:
    """The figures, read once in a scope."""
    known = db.session().info
    if _KEY not in known:
        moment: datetime = now()
        known[_KEY] = Glance(*db.session.execute(_GLANCE, {"moment": moment}).one())
    glance: Glance = known[_KEY]
    return glance
