"""Writes about accounts, in the tenant's scope."""

from sqlalchemy.exc import IntegrityError

from saas.accounts.addresses import canonical_email
from saas.accounts.models import User, UserSession
from saas.accounts.passwords import check_password, hash_password
from saas.core.actor import Actor
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.ids import new_token
from saas.core.module import Role
from saas.core.scope import current_tenant_id
from saas.tenancy.models import AccountIndex
from saas.tenancy.names import clean_name
from saas.tenancy.queries import email_hash


def create_user(*, email: str, name: str, password: str, role: Role, actor: Actor, about: tuple[str, ...] = ()) -> User:
    """Make an account; ``about`` are words that its password must not be made of. Raises Invalid, also when the address is taken."""
    email, name = canonical_email(email), clean_name(name, field="name")
    check_password(password, about=(name, email.partition("@")[0], *about))
    user = User(email=email, name=name, role=role, password_hash=hash_password(password))
    try:
        with db.session.begin_nested():
            db.session.add(user)
            db.session.add(AccountIndex(email_hash=email_hash(email), tenant_id=current_tenant_id()))
    except IntegrityError:
        raise Invalid("There is an account with this address already.", field="email") from None
    return user


def open_session(user: User, *, actor: Actor) -> str:
    """Sign a person in from the actor's browser; returns the token for the cookie, which is stored nowhere."""
    token = new_token()
    db.session.add(
        UserSession(token_hash=token_hash(token), user_id=user.id, address=actor.address or "", agent=actor.agent or "")
    )
    return token
