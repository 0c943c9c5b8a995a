"""Accounts themselves: making them, and what people say of themselves."""

from sqlalchemy.exc import IntegrityError

from saas.accounts.models import User
from saas.accounts.module import PROFILE_CHANGED, USER_CREATED
from saas.accounts.passwords import check_password, hash_password
from saas.accounts.persons import target_of
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import changes_of, record
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.module import Role
from saas.core.scope import current_tenant_id
from saas.core.themes import THEMES
from saas.tenancy.models import AccountIndex
from saas.tenancy.names import clean_public_name
from saas.tenancy.queries import email_hash

TAKEN = "There is an account with this address already."


def create_user(*, email: str, name: str, password: str, role: Role, actor: Actor, about: tuple[str, ...] = ()) -> User:
    """Make an account; ``about`` are words that its password must not be made of.

    Raises Invalid, also when the address is taken.
    """
    user = make_user(email=email, name=name, password=password, role=role, about=about)
    record_created(user, actor=actor)
    return user


def record_created(user: User, *, actor: Actor) -> None:
    """Record that an account was made, under the id that it got with being stored."""
    changes = changes_of({}, {"email": user.email, "role": user.role})
    record(USER_CREATED, actor=actor, target=target_of(user), changes=changes)


def make_user(*, email: str, name: str, password: str, role: Role, about: tuple[str, ...] = ()) -> User:
    """The account alone, as a part of an operation that records more than that; else as ``create_user``."""
    user, index = new_user(email=email, name=name, password=password, role=role, about=about)
    try:
        with db.session.begin_nested():
            db.session.add_all([user, index])
    except IntegrityError:
        raise Invalid(TAKEN, field="email") from None
    return user


def new_user(
    *, email: str, name: str, password: str, role: Role, about: tuple[str, ...] = ()
) -> tuple[User, AccountIndex]:
    """An account that is not stored yet, and how it will be found by its address; raises Invalid.

    For who stores many at once and answers for addresses that are taken.
    """
    email, name = canonical_email(email), clean_public_name(name, field="name")
    check_password(password, about=(name, email, email.partition("@")[0], *about))
    user = User(email=email, name=name, role=role, password_hash=hash_password(password))
    return user, AccountIndex(email_hash=email_hash(email), tenant_id=current_tenant_id())


def update_profile(user: User, *, name: str, theme: str, actor: Actor) -> None:
    """Change how a person is called and how pages look to them; raises Invalid."""
    if theme not in THEMES:
        raise Invalid("Choose one of the three.", field="theme")
    wanted = {"name": clean_public_name(name, field="name"), "theme": theme}
    changes = changes_of({"name": user.name, "theme": user.theme}, wanted)
    if changes:
        user.name, user.theme = wanted["name"], theme
        record(PROFILE_CHANGED, actor=actor, target=target_of(user), changes=changes)
