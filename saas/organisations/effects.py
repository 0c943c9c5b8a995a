"""Whom a security policy touches: told before it is saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import User, UserSession
from saas.accounts.queries import STILL_HOLDS, session_limits
from saas.core.clock import now
from saas.core.database import db
from saas.keys.models import ApiKey
from saas.tenancy.policy import SecurityPolicy


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is touched, by name and id, with as many of their sign-ins as are."""

    id: UUID
    name: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Effects:
    """Whom a change of policy touches. ``ended`` are signed out at once; ``kept_out`` were last seen at an address that is no
    longer let in, ``keys`` are the names of API keys of which the same holds."""

    ended: tuple[Person, ...]
    kept_out: tuple[Person, ...]
    keys: tuple[str, ...]

    @property
    def nobody(self) -> bool:
        """Whether everybody goes on as before."""
        return not (self.ended or self.kept_out or self.keys)


@dataclass(frozen=True, slots=True)
class _Session:
    id: UUID
    user_id: UUID
    name: str
    opened_at: datetime
    seen_at: datetime
    address: str


def effects_of(old: SecurityPolicy, new: SecurityPolicy, *, present: UUID | None) -> Effects:
    """Whom the change from one policy to another touches. ``present`` is the session of whoever changes it, who is where they are.

    Who is not touched by the new policy, or was by the old one already, is left out.
    """
    sessions, moment = _sessions(old), now()
    ended = [s for s in sessions if new.ends(opened_at=s.opened_at, seen_at=s.seen_at, moment=moment)]
    gone = {session.id for session in ended} | {present}
    apart = _newly_out(old, new)
    kept_out = [s for s in sessions if s.id not in gone and apart(s.address)]
    return Effects(_people(ended), _people(kept_out), _keys(apart))


def _newly_out(old: SecurityPolicy, new: SecurityPolicy) -> Callable[[str], bool]:
    """Whether an address was let in and is no longer; never for one that is not known."""
    return lambda address: bool(address) and old.lets_in(address) and not new.lets_in(address)


def _sessions(policy: SecurityPolicy) -> list[_Session]:
    query = (
        select(
            UserSession.id, User.id, User.name, UserSession.created_at, UserSession.last_seen_at, UserSession.address
        )
        .join(User, User.id == UserSession.user_id)
        .where(User.is_active, STILL_HOLDS)
        .order_by(User.name, User.id)
    )
    return [_Session(*row) for row in db.session.execute(query, session_limits(policy))]


def _people(sessions: Sequence[_Session]) -> tuple[Person, ...]:
    counts: dict[tuple[UUID, str], int] = {}
    for session in sessions:
        who = (session.user_id, session.name)
        counts[who] = counts.get(who, 0) + 1
    return tuple(Person(*who, number) for who, number in counts.items())


def _keys(apart: Callable[[str], bool]) -> tuple[str, ...]:
    good = ApiKey.revoked_at.is_(None) & (ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now()))
    query = select(ApiKey.name, ApiKey.last_used_address).where(good, ApiKey.last_used_address != "")
    return tuple(name for name, address in db.session.execute(query.order_by(ApiKey.name)) if apart(address))
