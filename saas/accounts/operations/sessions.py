"""Signing in and out: opening, using and ending sessions."""

from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.accounts import emails
from saas.accounts.devices import device_of, digests_of
from saas.accounts.methods import PASSWORD, Method
from saas.accounts.models import KnownDevice, Purpose, User, UserSession
from saas.accounts.module import (
    LET_OVER,
    SESSION_ENDED,
    SIGNED_IN,
    SIGNED_IN_ON_NEW_DEVICE,
    SIGNED_OUT,
    SIGNED_OUT_ELSEWHERE,
)
from saas.accounts.operations.refusals import WrongPassword
from saas.accounts.passwords import verify_password
from saas.accounts.persons import as_person, by_link, target_of
from saas.accounts.queries import find_user
from saas.accounts.tokens import issue_token, spend_token
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.core.ids import new_id, new_token
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.queries import own_tenant


def open_session(user: User, *, actor: Actor, method: str = "") -> str:
    """Sign a person in from the actor's browser; returns the token for the cookie, which is stored nowhere.

    They are told by mail when this browser and network were not seen before, except at the very first time. ``method`` is
    for the log: in which way they came.
    """
    token = new_token()
    address, agent = actor.address or "", actor.agent or ""
    session = UserSession(id=new_id(), token_hash=token_hash(token), user_id=user.id, address=address, agent=agent)
    db.session.add(session)
    _note_presence(user.id)
    strange = bool(address or agent) and _is_strange(user, agent, address)
    if strange:
        emails.send_new_device(user, agent=agent, address=address)
    event = SIGNED_IN_ON_NEW_DEVICE if strange else SIGNED_IN
    record(event, actor=as_person(user, actor), target=_target(session), method=method)
    return token


def _target(session: UserSession) -> Target:
    """Sessions are no part of the history of a person, of which they would be the most."""
    return Target("session", session.id, device_of(session.agent).label)


def _is_strange(user: User, agent: str, address: str) -> bool:
    """Note the device; whether it is new to a person who has others."""
    digests, moment = digests_of(user.id, agent, address), now()
    known = set(db.session.scalars(select(KnownDevice.digest).where(KnownDevice.user_id == user.id)))
    noted = insert(KnownDevice).values(user_id=user.id, digest=digests[0], first_seen_at=moment, last_seen_at=moment)
    again = noted.on_conflict_do_update(index_elements=["user_id", "digest"], set_={"last_seen_at": moment})
    db.session.execute(again)
    return bool(known) and known.isdisjoint(digests)


def sign_in(email: str, password: str, *, actor: Actor, replaces: str = "") -> str:
    """Open a session for whoever knows the password; returns its token. ``replaces`` is the browser's former token.

    Raises WrongPassword with the same words, after the same work, for a wrong password, an unknown address and an
    account that is switched off; Invalid for what is no address, and where nobody signs in with a password.
    """
    check_method(PASSWORD)
    user = find_user(canonical_email(email))
    if user is not None and not user.is_active:
        user = None
    right, better = verify_password(password, user.password_hash if user else "")
    if user is None or not right:
        raise WrongPassword("The e-mail address or the password is not right.", field="")
    if better:
        user.password_hash = better
    _forget_token(replaces)
    return open_session(user, actor=actor, method=PASSWORD.name)


def check_method(method: Method) -> None:
    """Raise Invalid unless the organisation lets its people sign in in this way."""
    if not SecurityPolicy.read(own_tenant().policy).allows(method.name):
        raise Invalid(f"Your organisation does not let people sign in with a {method.label.lower()}.", field="")


def _forget_token(token: str) -> None:
    if token:
        db.session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def issue_hand_over(user: User, *, actor: Actor) -> str:
    """A token that signs a person in once, within a minute: for ``/hand-over/<token>`` on the organisation's host."""
    record(LET_OVER, actor=by_link(user, actor), target=target_of(user))
    return issue_token(user, Purpose.HAND_OVER)


def redeem_hand_over(token: str, *, actor: Actor, replaces: str = "") -> str:
    """Open a session for whom a hand-over token was issued; returns the session's token. Raises DeadLink."""
    user = spend_token(token, Purpose.HAND_OVER).user
    _forget_token(replaces)
    return open_session(user, actor=actor, method="hand-over")


def note_use(session_id: UUID, *, address: str) -> None:
    """Remember that a session is in use, and from where."""
    moment = now()
    used = update(UserSession).where(UserSession.id == session_id).values(last_seen_at=moment, address=address)
    whose = db.session.scalar(used.returning(UserSession.user_id).execution_options(synchronize_session=False))
    if whose is not None:
        _note_presence(whose)


def _note_presence(user_id: UUID) -> None:
    """Remember that a person is here now; their account counts as unchanged."""
    seen = update(User).where(User.id == user_id).values(last_seen_at=now(), updated_at=User.updated_at)
    db.session.execute(seen.execution_options(synchronize_session=False))


def sign_out(user: User, session_id: UUID, *, actor: Actor) -> None:
    """End the session that a person sits at; raises NotFound when it has ended."""
    ended = _end(user, session_id)
    record(SIGNED_OUT, actor=actor, target=_target(ended))


def end_session(user: User, session_id: UUID, *, actor: Actor) -> None:
    """Sign one of a person's browsers out; raises NotFound for a session that has ended or is somebody else's."""
    ended = _end(user, session_id)
    record(SESSION_ENDED, actor=actor, target=_target(ended), session_address=ended.address)


def _end(user: User, session_id: UUID) -> UserSession:
    """The session, which is gone; of two who end it at once the second gets NotFound."""
    doomed = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id)
    ended = db.session.scalars(doomed.returning(UserSession).execution_options(synchronize_session=False)).one_or_none()
    if ended is None:
        raise NotFound("This sign-in has ended already.")
    db.session.expunge(ended)
    return ended


def end_other_sessions(user: User, *, keep: UUID | None, actor: Actor) -> int:
    """Sign a person out everywhere but in one session (None: everywhere); returns how many sessions ended."""
    ended = end_sessions(user, keep=keep)
    if ended:
        record(SIGNED_OUT_ELSEWHERE, actor=actor, target=target_of(user), sessions=ended)
    return ended


def end_sessions(user: User, *, keep: UUID | None) -> int:
    """The same as a part of an operation that records more than that."""
    doomed = delete(UserSession).where(UserSession.user_id == user.id)
    if keep is not None:
        doomed = doomed.where(UserSession.id != keep)
    result: object = db.session.execute(doomed.execution_options(synchronize_session=False))
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
