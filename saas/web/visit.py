"""The visit: what this request knows of where it arrived and who came."""

from dataclasses import dataclass, field
from typing import cast

from flask import g

from saas.core.actor import Account, Actor, SignIn
from saas.core.look import PLAIN, Look
from saas.tenancy.directory import Entry
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.resolver import Arrival
from saas.tenancy.standing import Standing


@dataclass(slots=True)
class Visit:
    """One request's findings; ``token`` is the session cookie's secret, if it opened a session."""

    arrival: Arrival
    request_id: str
    actor: Actor
    standing: Standing | None = None
    look: Look = PLAIN
    sign_in: SignIn | None = None
    token: str = field(default="", repr=False)

    @property
    def account(self) -> Account | None:
        """The person signed in."""
        return self.sign_in.account if self.sign_in else None


def visit() -> Visit:
    """This request's visit."""
    return cast(Visit, g.visit)


def current_actor() -> Actor:
    """Who acts in this request."""
    return visit().actor


def current_account() -> Account:
    """The person signed in; only for views that nobody else can reach."""
    account = visit().account
    assert account is not None
    return account


def current_policy() -> SecurityPolicy:
    """The organisation's security policy; only for views of the tenant's site."""
    standing = visit().standing
    assert standing is not None
    return standing.policy


def current_entry() -> Entry:
    """The tenant whose site this is; only for views of the tenant's site."""
    entry = visit().arrival.tenant
    assert entry is not None
    return entry


def tenant_key() -> str:
    """What begins the key of every limit on this organisation or on its people: its id."""
    return str(current_entry().id)
