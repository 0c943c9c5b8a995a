"""Passwords: confirming, changing, and choosing a new one by a link from the mailbox."""

from uuid import UUID

from saas.accounts import emails
from saas.accounts.models import Purpose, User
from saas.accounts.module import PASSWORD_CHANGED, PASSWORD_CONFIRMED, PASSWORD_RESET, RESET_ASKED
from saas.accounts.operations.proofs import spend_on_own_address, take_as_proven
from saas.accounts.operations.refusals import check_present
from saas.accounts.operations.sessions import end_sessions
from saas.accounts.passwords import check_password, hash_password, verify_password
from saas.accounts.persons import by_link, target_of, target_of_address
from saas.accounts.queries import find_user, get_letterhead, get_session
from saas.accounts.tokens import issue_token, revoke_tokens
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.errors import Invalid
from saas.core.ids import new_token
from saas.core.jobs import enqueue
from saas.core.runtime import runtime

RESET_JOB = "accounts.send_reset"


def confirm_password(user: User, password: str, *, session_id: UUID, actor: Actor) -> None:
    """Note that the person at this session knows the password; raises WrongPassword."""
    user.password_hash = check_present(user, password, field="password") or user.password_hash
    get_session(session_id, of=user.id).confirmed_at = now()
    record(PASSWORD_CONFIRMED, actor=actor, target=target_of(user))


def request_reset(email: str, *, actor: Actor) -> None:
    """Have a link for a new password sent, if there is such an account: the same work either way. Raises Invalid."""
    email = canonical_email(email)
    record(RESET_ASKED, actor=actor, target=target_of_address(email, find_user(email)), email=email)
    enqueue(RESET_JOB, sealed=runtime().keys.seal_text(email, purpose=RESET_JOB))


def send_reset(sealed: str) -> None:
    """Send the link that was asked for, to the address stored; nothing for an unknown or switched-off account."""
    user = find_user(runtime().keys.unseal_text(sealed, purpose=RESET_JOB))
    if user is not None and user.is_active:
        emails.send_reset_password(user, issue_token(user, Purpose.RESET_PASSWORD))


def reset_password(token: str, password: str, *, actor: Actor) -> User:
    """Set a new password by a link from the mailbox, which proves the address too; every session ends.

    Raises DeadLink, and Invalid for an unusable password.
    """
    user = spend_on_own_address(token, Purpose.RESET_PASSWORD)
    _set_password(user, password)
    take_as_proven(user)
    ended = end_sessions(user, keep=None)
    record(PASSWORD_RESET, actor=by_link(user, actor), target=target_of(user), sessions_ended=ended)
    return user


def change_password(user: User, *, current: str, password: str, session_id: UUID, actor: Actor) -> str:
    """Change a password; other sessions end and this one goes on under the token returned.

    Raises WrongPassword, and Invalid for an unusable new one.
    """
    check_present(user, current, field="current_password")
    _set_password(user, password)
    ended = end_sessions(user, keep=session_id)
    session, token = get_session(session_id, of=user.id), new_token()
    session.token_hash, session.confirmed_at = token_hash(token), now()
    record(PASSWORD_CHANGED, actor=actor, target=target_of(user), sessions_ended=ended)
    return token


def _set_password(user: User, password: str) -> None:
    """Links sent before are worth nothing afterwards, except the one that proves the address."""
    check_password(password, about=(user.name, user.email, user.email.partition("@")[0], get_letterhead().name))
    if verify_password(password, user.password_hash)[0]:
        raise Invalid("This is the password you have already. Please choose another.", field="password")
    user.password_hash = hash_password(password)
    revoke_tokens(user, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.HAND_OVER)
    emails.send_password_changed(user)
