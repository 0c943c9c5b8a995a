"""Reads about the e-mail domains whose people may join without an invitation."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.core.database import db
from saas.core.errors import NotFound
from saas.members.models import EmailDomain


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


def find_domain(email: str) -> EmailDomain | None:
    """The domain by which somebody with this address may join; None when only an invitation lets them in."""
    return db.session.get(EmailDomain, domain_of(email))


def is_joinable() -> bool:
    """Whether anybody can join without an invitation."""
    return db.session.execute(select(EmailDomain.domain).limit(1)).first() is not None
