"""What tests about coming in share: invitations with a link that is known, seats, requests, and what became of them."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from saas.accounts.models import User
from saas.accounts.passwords import hash_password
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.ids import new_token
from saas.members.models import EmailDomain, Invitation, JoinRequest
from saas.tenancy.models import Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation
from tests.support import Browser

NEWCOMER = {"name": "Nina", "password": PASSWORD}


def asked_in(organisation: Organisation, email: str, *, by: str | None = "Alice", **values: Any) -> str:
    """An invitation written down without a mail; returns its link's token."""
    token = new_token()
    with tenant_work(organisation) as session:
        given = {"role": "member", "expires_at": now() + timedelta(days=7), **values}
        inviter = organisation.people[by].id if by else None
        session.add(Invitation(email=email, token_hash=token_hash(token), invited_by_id=inviter, **given))
    return token


def invitation_of(organisation: Organisation, email: str) -> Invitation:
    """The newest invitation of an address."""
    with tenant_scope(organisation) as session:
        newest = select(Invitation).where(Invitation.email == email).order_by(Invitation.created_at.desc()).limit(1)
        return session.scalars(newest).one()


def invitations(organisation: Organisation) -> list[str]:
    """The addresses of all invitations, sorted."""
    with tenant_scope(organisation) as session:
        return sorted(session.scalars(select(Invitation.email)))


def limit_seats(organisation: Organisation, seats: int | None) -> None:
    """Bound how many people an organisation may have."""
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, organisation.id), limits={"users": seats}, actor=SYSTEM)


def user_with(organisation: Organisation, email: str) -> User | None:
    """The account of an address."""
    with tenant_scope(organisation) as session:
        return session.scalars(select(User).where(User.email == email)).one_or_none()


def count_active(organisation: Organisation) -> int:
    """How many people have an active account."""
    with tenant_scope(organisation) as session:
        return session.scalar(select(func.count()).select_from(User).where(User.is_active)) or 0


def put(organisation: Organisation, person: str, **values: Any) -> None:
    """Change columns of somebody behind the operations' back."""
    with tenant_work(organisation):
        user = db.session.get_one(User, organisation.people[person].id)
        for name, value in values.items():
            setattr(user, name, value)


def domain(organisation: Organisation, name: str, mode: str = "request", role: str = "member") -> str:
    """A domain by which people join; returns it."""
    with tenant_work(organisation) as session:
        session.add(EmailDomain(domain=name, mode=mode, role=role))
    return name


def request_of(organisation: Organisation, email: str, **values: Any) -> str:
    """A request whose address is proven, unless said otherwise; returns its link's token."""
    token = new_token()
    with tenant_work(organisation) as session:
        given = {"name": "Nina", "expires_at": now() + timedelta(days=30), "verified_at": now(), **values}
        made = JoinRequest(email=email, token_hash=token_hash(token), password_hash=hash_password(PASSWORD), **given)
        session.add(made)
    return token


def stored_request(organisation: Organisation, email: str) -> JoinRequest | None:
    """The newest request of an address."""
    with tenant_scope(organisation) as session:
        newest = select(JoinRequest).where(JoinRequest.email == email).order_by(JoinRequest.created_at.desc()).limit(1)
        return session.scalars(newest).one_or_none()


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Do things in threads that begin together; their results, in the same order."""
    barrier, results = Barrier(len(works)), [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        results[number] = work()

    threads = [Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def accept(browser: Browser, token: str, **fields: Any) -> TestResponse:
    """Fill in the page of an invitation and send it, even where the page shows no form."""
    for page in ("/sign-in", "/account"):
        browser.get(page)
    browser.get(f"/invitation/{token}")
    return browser.post(f"/invitation/{token}", {**NEWCOMER, **fields})
