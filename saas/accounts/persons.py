"""People as the audit log names them: those who act, and those to whom something is done."""

from dataclasses import replace

from saas.accounts.models import User
from saas.core.actor import Actor
from saas.core.audit import Target


def target_of(user: User) -> Target:
    """A person to whom something is done."""
    return Target("member", user.id, user.name)


def target_of_address(email: str, user: User | None) -> Target:
    """Whom somebody means who typed an address (canonical form): the person, or the address when nobody has it."""
    return target_of(user) if user is not None else Target("address", email, email)


def as_person(user: User, actor: Actor) -> Actor:
    """Whoever has just shown to be this person, in the browser of the actor."""
    return replace(actor, kind="member", id=user.id, name=user.name, email=user.email)


def by_link(user: User, actor: Actor) -> Actor:
    """Whoever followed a link that was sent to this person: the person, unless somebody is signed in in that browser."""
    return actor if actor.kind == "member" else as_person(user, actor)
