"""Writes about accounts, in the tenant's scope."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from saas.accounts import emails
from saas.accounts.devices import digests_of
from saas.accounts.models import KnownDevice, OneTimeToken, Purpose, User, UserSession
from saas.accounts.passwords import check_password, hash_password, verify_password
from saas.accounts.queries import find_user, get_letterhead, get_session
from saas.accounts.tokens import DeadLink, issue_token, revoke_tokens, spend_token
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_token
from saas.core.jobs import enqueue
from saas.core.module import Role
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.core.themes import THEMES
from saas.tenancy.models import AccountIndex
from saas.tenancy.names import clean_public_name
from saas.tenancy.operations import verify_tenant
from saas.tenancy.queries import email_hash, email_hashes

RESET_JOB = "accounts.send_reset"
DEVICES_KEPT = timedelta(days=180)
_TAKEN = "There is an account with this address already."


class WrongPassword(Invalid):
    """Somebody tried a password that is not the account's; whoever asks has to count it."""


def create_user(*, email: str, name: str, password: str, role: Role, actor: Actor, about: tuple[str, ...] = ()) -> User:
    """Make an account; ``about`` are words that its password must not be made of.

    Raises Invalid, also when the address is taken.
    """
    email, name = canonical_email(email), clean_public_name(name, field="name")
    check_password(password, about=(name, email, email.partition("@")[0], *about))
    user = User(email=email, name=name, role=role, password_hash=hash_password(password))
    try:
        with db.session.begin_nested():
            db.session.add(user)
            db.session.add(AccountIndex(email_hash=email_hash(email), tenant_id=current_tenant_id()))
    except IntegrityError:
        raise Invalid(_TAKEN, field="email") from None
    return user


def open_session(user: User, *, actor: Actor) -> str:
    """Sign a person in from the actor's browser; returns the token for the cookie, which is stored nowhere.

    They are told by mail when this browser and network were not seen before, except at the very first time.
    """
    token = new_token()
    address, agent = actor.address or "", actor.agent or ""
    db.session.add(UserSession(token_hash=token_hash(token), user_id=user.id, address=address, agent=agent))
    if (address or agent) and _is_strange(user, agent, address):
        emails.send_new_device(user, agent=agent, address=address)
    return token


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
    account that is switched off; Invalid for what is no address.
    """
    user = find_user(canonical_email(email))
    if user is not None and not user.is_active:
        user = None
    right, better = verify_password(password, user.password_hash if user else "")
    if user is None or not right:
        raise WrongPassword("The e-mail address or the password is not right.", field="")
    if better:
        user.password_hash = better
    _forget_token(replaces)
    return open_session(user, actor=actor)


def _forget_token(token: str) -> None:
    if token:
        db.session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def issue_hand_over(user: User, *, actor: Actor) -> str:
    """A token that signs a person in once, within a minute: for ``/hand-over/<token>`` on the organisation's host."""
    return issue_token(user, Purpose.HAND_OVER)


def redeem_hand_over(token: str, *, actor: Actor, replaces: str = "") -> str:
    """Open a session for whom a hand-over token was issued; returns the session's token. Raises DeadLink."""
    user = spend_token(token, Purpose.HAND_OVER).user
    _forget_token(replaces)
    return open_session(user, actor=actor)


def confirm_password(user: User, password: str, *, session_id: UUID, actor: Actor) -> None:
    """Note that the person at this session knows the password; raises WrongPassword."""
    _check_present(user, password, field="password")
    get_session(session_id, of=user.id).confirmed_at = now()


def note_use(session_id: UUID, *, address: str) -> None:
    """Remember that a session is in use, and from where."""
    moment = now()
    used = update(UserSession).where(UserSession.id == session_id).values(last_seen_at=moment, address=address)
    whose = db.session.scalar(used.returning(UserSession.user_id).execution_options(synchronize_session=False))
    seen = update(User).where(User.id == whose).values(last_seen_at=moment, updated_at=User.updated_at)
    db.session.execute(seen.execution_options(synchronize_session=False))


def end_session(user: User, session_id: UUID, *, actor: Actor) -> None:
    """Sign one of a person's browsers out; raises NotFound for a session that has ended or is somebody else's."""
    db.session.delete(get_session(session_id, of=user.id))


def end_other_sessions(user: User, *, keep: UUID | None, actor: Actor) -> int:
    """Sign a person out everywhere but in one session (None: everywhere); returns how many sessions ended."""
    doomed = delete(UserSession).where(UserSession.user_id == user.id)
    if keep is not None:
        doomed = doomed.where(UserSession.id != keep)
    return _rows(db.session.execute(doomed.execution_options(synchronize_session=False)))


def request_reset(email: str, *, actor: Actor) -> None:
    """Have a link for a new password sent, if there is such an account: the same work either way. Raises Invalid."""
    enqueue(RESET_JOB, sealed=runtime().keys.seal_text(canonical_email(email), purpose=RESET_JOB))


def send_reset(sealed: str) -> None:
    """Send the link that was asked for, to the address stored; nothing for an unknown or switched-off account."""
    user = find_user(runtime().keys.unseal_text(sealed, purpose=RESET_JOB))
    if user is not None and user.is_active:
        emails.send_reset_password(user, issue_token(user, Purpose.RESET_PASSWORD))


def reset_password(token: str, password: str, *, actor: Actor) -> User:
    """Set a new password by a link from the mailbox, which proves the address too; every session ends.

    Raises DeadLink, and Invalid for an unusable password.
    """
    user = _spend_on_own_address(token, Purpose.RESET_PASSWORD)
    _set_password(user, password)
    _verify(user)
    end_other_sessions(user, keep=None, actor=actor)
    return user


def change_password(user: User, *, current: str, password: str, session_id: UUID, actor: Actor) -> str:
    """Change a password; other sessions end and this one goes on under the token returned.

    Raises WrongPassword, and Invalid for an unusable new one.
    """
    _check_present(user, current, field="current_password")
    _set_password(user, password)
    end_other_sessions(user, keep=session_id, actor=actor)
    session, token = get_session(session_id, of=user.id), new_token()
    session.token_hash, session.confirmed_at = token_hash(token), now()
    return token


def _check_present(user: User, password: str, *, field: str) -> None:
    right, better = verify_password(password, user.password_hash)
    if not right:
        raise WrongPassword("This is not your password.", field=field)
    if better:
        user.password_hash = better


def _set_password(user: User, password: str) -> None:
    """Links sent before are worth nothing afterwards, except the one that proves the address."""
    check_password(password, about=(user.name, user.email, user.email.partition("@")[0], get_letterhead().name))
    if verify_password(password, user.password_hash)[0]:
        raise Invalid("This is the password you have already. Please choose another.", field="password")
    user.password_hash = hash_password(password)
    revoke_tokens(user, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.HAND_OVER)
    emails.send_password_changed(user)


def send_verification(user: User, *, actor: Actor) -> None:
    """Send the link that proves a person's address, unless it is proven."""
    if user.verified_at is None:
        emails.send_verify_address(user, issue_token(user, Purpose.VERIFY_EMAIL))


def verify_email(token: str, *, actor: Actor) -> User:
    """Take an address as proven; the first one proves the organisation. Raises DeadLink."""
    user = _spend_on_own_address(token, Purpose.VERIFY_EMAIL)
    _verify(user)
    revoke_tokens(user, Purpose.VERIFY_EMAIL)
    return user


def _spend_on_own_address(token: str, purpose: Purpose) -> User:
    proof = spend_token(token, purpose)
    if proof.email != proof.user.email:
        raise DeadLink
    return proof.user


def _verify(user: User) -> None:
    user.verified_at = user.verified_at or now()
    verify_tenant(current_tenant_id())


def change_email(user: User, address: str, *, actor: Actor) -> str:
    """Send a link to an address that the person wants to have; it takes effect when the link is followed.

    Returns the address in canonical form. Raises Invalid, also for an address that has an account here.
    """
    address = canonical_email(address)
    if address == user.email:
        raise Invalid("This is your address already.", field="email")
    if find_user(address) is not None:
        raise Invalid(_TAKEN, field="email")
    revoke_tokens(user, Purpose.CHANGE_EMAIL)
    emails.send_confirm_new_address(user, address, issue_token(user, Purpose.CHANGE_EMAIL, email=address))
    return address


def confirm_email(token: str, *, actor: Actor) -> User:
    """Make the address that a link was sent to the person's own, and tell the former one.

    Raises DeadLink, and Conflict when somebody took the address meanwhile.
    """
    proof = spend_token(token, Purpose.CHANGE_EMAIL)
    user, former = proof.user, proof.user.email
    try:
        with db.session.begin_nested():
            user.email = proof.email
            _move_in_index(former, proof.email)
    except IntegrityError:
        raise Conflict(_TAKEN) from None
    _verify(user)
    revoke_tokens(user, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.VERIFY_EMAIL)
    emails.send_address_changed(user, former)
    return user


def _move_in_index(former: str, present: str) -> None:
    own = AccountIndex.tenant_id == current_tenant_id()
    db.session.execute(delete(AccountIndex).where(own, AccountIndex.email_hash.in_(email_hashes(former))))
    db.session.add(AccountIndex(email_hash=email_hash(present), tenant_id=current_tenant_id()))


def update_profile(user: User, *, name: str, theme: str, actor: Actor) -> None:
    """Change how a person is called and how pages look to them; raises Invalid."""
    if theme not in THEMES:
        raise Invalid("Choose one of the three.", field="theme")
    user.name, user.theme = clean_public_name(name, field="name"), theme


def clean_up() -> dict[str, int]:
    """Delete what has no use any more: dead tokens and sessions, devices not seen for long. Returns how many of each."""
    moment, limits = now(), settings()
    idle = UserSession.last_seen_at < moment - timedelta(minutes=limits.session_idle_minutes)
    old = UserSession.created_at < moment - timedelta(hours=limits.session_absolute_hours)
    doomed = {
        "tokens": delete(OneTimeToken).where(OneTimeToken.expires_at < moment),
        "sessions": delete(UserSession).where(idle | old),
        "devices": delete(KnownDevice).where(KnownDevice.last_seen_at < moment - DEVICES_KEPT),
    }
    return {name: _rows(db.session.execute(query)) for name, query in doomed.items()}


def _rows(result: object) -> int:
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
