"""Seats: how many people an organisation may have, how many it has, how many are asked in."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import db
from saas.members.models import Invitation
from saas.tenancy.entitlements import entitlements

PEOPLE = "users"
"""The meter that counts people; a catalogue without it bounds them nowhere."""


@dataclass(frozen=True, slots=True)
class Seats:
    """``used`` by active people, ``pending`` for open invitations that have not expired; ``limit`` None: as many as they like."""

    used: int
    pending: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """How many more people can be added or invited; None when there is no limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.pending)


def is_open() -> ColumnElement[bool]:
    """Of an invitation: that it can be accepted now, and so holds a seat."""
    return Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None) & (Invitation.expires_at > now())


def get_seats() -> Seats:
    """The seats of the organisation in scope, in one query. Removed and deactivated people take none."""
    used = select(func.count()).select_from(User).where(User.is_active).scalar_subquery()
    pending = select(func.count()).select_from(Invitation).where(is_open()).scalar_subquery()
    row = db.session.execute(select(used, pending)).one()
    return Seats(row[0], row[1], entitlements().limit(PEOPLE))
