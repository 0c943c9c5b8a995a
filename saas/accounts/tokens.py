"""One-time tokens: issued, looked at, spent. Only their hashes are stored, and spending one is a single statement."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from saas.accounts.models import OneTimeToken, Purpose, User
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.ids import new_token

LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.HAND_OVER: timedelta(seconds=60),
}


class DeadLink(NotFound):
    """A token that is unknown, used, too old, of another organisation or for another purpose: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("This link no longer works. It was used already, is too old, or is incomplete.")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a good token proves: that this person can read mail to this address."""

    user: User
    email: str


def issue_token(user: User, purpose: Purpose, *, email: str = "") -> str:
    """A new token for a person, sent to ``email`` (their own address by default)."""
    token, expires_at = new_token(), now() + LIFETIMES[purpose]
    db.session.add(
        OneTimeToken(
            token_hash=token_hash(token),
            purpose=purpose,
            user_id=user.id,
            email=email or user.email,
            expires_at=expires_at,
        )
    )
    return token


def look_at_token(token: str, purpose: Purpose) -> Proof:
    """What a token would prove, without spending it; raises DeadLink."""
    found = db.session.execute(select(OneTimeToken.user_id, OneTimeToken.email).where(*_alive(token, purpose))).first()
    return _proof(found and (found[0], found[1]))


def spend_token(token: str, purpose: Purpose) -> Proof:
    """Use a token up, with the commit; of many who try at once one succeeds. Raises DeadLink."""
    spent = delete(OneTimeToken).where(*_alive(token, purpose)).returning(OneTimeToken.user_id, OneTimeToken.email)
    found = db.session.execute(spent.execution_options(synchronize_session=False)).first()
    return _proof(found and (found[0], found[1]))


def revoke_tokens(user: User, *purposes: Purpose) -> None:
    """Make a person's unused tokens worthless: those for these purposes."""
    doomed = delete(OneTimeToken).where(OneTimeToken.user_id == user.id, OneTimeToken.purpose.in_(purposes))
    db.session.execute(doomed.execution_options(synchronize_session=False))


def _alive(token: str, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeToken.token_hash == token_hash(token),
        OneTimeToken.purpose == purpose,
        OneTimeToken.expires_at > now(),
    )


def _proof(found: tuple[UUID, str] | None) -> Proof:
    user = db.session.get(User, found[0]) if found else None
    if found is None or user is None or not user.is_active:
        raise DeadLink
    return Proof(user, found[1])
