"""Reads about the e-mail domains whose people may join without an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from saas.accounts.models import User
from saas.core.database import db
from saas.core.errors import NotFound
from saas.members.models import EmailDomain, Invitation, JoinRequest
from saas.members.queries.joining import is_waiting
from saas.members.queries.seats import is_open


def domain_of(email: str) -> str:
    """The domain of an address in canonical form."""
    return email.rpartition("@")[2]


def list_domains() -> Sequence[EmailDomain]:
    """All of them with whoever proved them, by name."""
    query = select(EmailDomain).options(joinedload(EmailDomain.proven_by)).order_by(EmailDomain.domain)
    return db.session.scalars(query).all()


def get_domain(domain: str, *, to_change: bool = False) -> EmailDomain:
    """A domain of the organisation, locked when it is about to change; raises NotFound."""
    found = db.session.get(EmailDomain, domain, with_for_update={"of": EmailDomain} if to_change else None)
    if found is None:
        raise NotFound("This domain is not on the list, or was removed.")
    return found


@dataclass(frozen=True, slots=True)
class Touched:
    """How many there are with an address at a domain: people who can sign in, open invitations, requests that wait."""

    people: int
    invited: int
    waiting: int


def count_touched(domain: str) -> Touched:
    """Whom it concerns how people with an address at a domain come in; one query."""
    there = f"@{domain}"
    people = select(func.count()).select_from(User).where(User.is_active, User.email.endswith(there, autoescape=True))
    invited = (
        select(func.count()).select_from(Invitation).where(is_open(), Invitation.email.endswith(there, autoescape=True))
    )
    waiting = select(func.count()).select_from(JoinRequest)
    waiting = waiting.where(is_waiting(), JoinRequest.email.endswith(there, autoescape=True))
    counts = (one.scalar_subquery() for one in (people, invited, waiting))
    return Touched(*db.session.execute(select(*counts)).one())


def find_domain(email: str) -> EmailDomain | None:
    """The domain by which somebody with this address may join; None when only an invitation lets them in."""
    return db.session.get(EmailDomain, domain_of(email))


def is_joinable() -> bool:
    """Whether anybody can join without an invitation."""
    return db.session.execute(select(EmailDomain.domain).limit(1)).first() is not None
