"""Seats: how many people an organisation may have, how many it has, how many are asked in."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, select

from saas.accounts.models import User
from saas.catalogue.current import catalogue
from saas.catalogue.words import people_of
from saas.core.clock import now
from saas.core.database import db
from saas.members.models import Invitation
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import plans_with_limit

PEOPLE = "users"
"""The meter that counts people; a catalogue without it bounds them nowhere."""


def takes_seat(role: str) -> bool:
    """Whether somebody of a role takes a seat in the plan that the organisation has."""
    return role not in free_roles()


def free_roles() -> tuple[str, ...]:
    """The roles whose people take no seat."""
    return entitlements().terms.free_roles


@dataclass(frozen=True, slots=True)
class Seats:
    """``used`` by active people, ``pending`` for open invitations that have not expired; ``limit`` None: as many as they like.
    People of the roles in ``free`` take none."""

    used: int
    pending: int
    limit: int | None
    free: tuple[str, ...] = ()

    @property
    def left(self) -> int | None:
        """How many more people can be added or invited; None when there is no limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.pending)

    @property
    def free_people(self) -> str:
        """Who takes none, as it stands in a sentence; empty where everybody does."""
        return people_of(self.free)


def is_open() -> ColumnElement[bool]:
    """Of an invitation: that it can be accepted now, and so holds a seat."""
    return Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None) & (Invitation.expires_at > now())


def get_seats() -> Seats:
    """The seats of the organisation in scope, in one query. Removed and deactivated people take none, nor do free roles."""
    used = _people(free_roles()).scalar_subquery()
    seated = Invitation.role.not_in(free_roles())
    pending = select(func.count()).select_from(Invitation).where(is_open(), seated).scalar_subquery()
    row = db.session.execute(select(used, pending)).one()
    return Seats(row[0], row[1], entitlements().limit(PEOPLE), free_roles())


def seats_for(role: str) -> Seats:
    """The seats as they matter to somebody of a role: without a limit where it takes none."""
    seats = get_seats()
    return seats if takes_seat(role) else replace(seats, limit=None)


def plans_with_more(seats: Seats) -> list[str]:
    """What the plans are called that anybody can have and that have room for one person more than these seats."""
    if seats.limit is None:
        return []
    wanted = max(seats.limit, seats.used + seats.pending) + 1
    return [catalogue().plans[name].label for name in plans_with_limit(PEOPLE, Decimal(wanted))]


def count_seated(free: Collection[str] | None = None) -> int:
    """Active people who take a seat; with ``free`` as it would be if the people of these roles took none."""
    return db.session.scalar(_people(free_roles() if free is None else free)) or 0


def _people(free: Collection[str]) -> Select[int]:
    return select(func.count()).select_from(User).where(User.is_active, User.role.not_in(free))
