"""E-mail addresses: proving one's own, and moving to another."""

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from saas.accounts import emails
from saas.accounts.models import Purpose, User
from saas.accounts.module import ADDRESS_CHANGE_ASKED, ADDRESS_CHANGED, ADDRESS_VERIFIED, VERIFICATION_SENT
from saas.accounts.operations.proofs import spend_on_own_address, take_as_proven
from saas.accounts.operations.users import TAKEN
from saas.accounts.persons import by_link, target_of
from saas.accounts.queries import find_user
from saas.accounts.tokens import issue_token, revoke_tokens, spend_token
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.scope import current_tenant_id
from saas.tenancy.models import AccountIndex
from saas.tenancy.queries import email_hash, email_hashes


def send_verification(user: User, *, actor: Actor) -> None:
    """Send the link that proves a person's address, unless it is proven."""
    if user.verified_at is None:
        emails.send_verify_address(user, issue_token(user, Purpose.VERIFY_EMAIL))
        record(VERIFICATION_SENT, actor=actor, target=target_of(user), email=user.email)


def verify_email(token: str, *, actor: Actor) -> User:
    """Take an address as proven; the first one proves the organisation. Raises DeadLink."""
    user = spend_on_own_address(token, Purpose.VERIFY_EMAIL)
    take_as_proven(user)
    revoke_tokens(user, Purpose.VERIFY_EMAIL)
    record(ADDRESS_VERIFIED, actor=by_link(user, actor), target=target_of(user), email=user.email)
    return user


def change_email(user: User, address: str, *, actor: Actor) -> str:
    """Send a link to an address that the person wants to have; it takes effect when the link is followed.

    Returns the address in canonical form. Raises Invalid, also for an address that has an account here.
    """
    address = canonical_email(address)
    if address == user.email:
        raise Invalid("This is your address already.", field="email")
    if find_user(address) is not None:
        raise Invalid(TAKEN, field="email")
    revoke_tokens(user, Purpose.CHANGE_EMAIL)
    emails.send_confirm_new_address(user, address, issue_token(user, Purpose.CHANGE_EMAIL, email=address))
    record(ADDRESS_CHANGE_ASKED, actor=actor, target=target_of(user), email=user.email, wanted=address)
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
        raise Conflict(TAKEN) from None
    take_as_proven(user)
    revoke_tokens(user, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.VERIFY_EMAIL)
    emails.send_address_changed(user, former)
    changes = {"email": (former, user.email)}
    record(ADDRESS_CHANGED, actor=by_link(user, actor), target=target_of(user), changes=changes)
    return user


def _move_in_index(former: str, present: str) -> None:
    own = AccountIndex.tenant_id == current_tenant_id()
    db.session.execute(delete(AccountIndex).where(own, AccountIndex.email_hash.in_(email_hashes(former))))
    db.session.add(AccountIndex(email_hash=email_hash(present), tenant_id=current_tenant_id()))
