"""Reads about accounts, in the tenant's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.sql import Select

from saas.accounts.devices import digests_of
from saas.accounts.models import KnownDevice, User, UserSession
from saas.core.actor import Account, SignIn
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain, Tenant
from saas.tenancy.resolver import Arrival
from saas.tenancy.standing import Standing

_session = UserSession.__table__.c
STILL_HOLDS = (_session.created_at > bindparam("opened_after")) & (_session.last_seen_at > bindparam("seen_after"))
"""Of a session: that it holds. Its parameters are ``session_limits()``."""


def session_limits() -> dict[str, datetime]:
    """The moments after which a session must have been opened and last seen, under the names in STILL_HOLDS."""
    moment, limits = now(), settings()
    return {
        "opened_after": moment - timedelta(hours=limits.session_absolute_hours),
        "seen_after": moment - timedelta(minutes=limits.session_idle_minutes),
    }


def _identify_query() -> tuple["Select[Any]", int]:
    """The query of every request, and how many of its columns tell the standing. Tables, not classes: half the work."""
    tenant, session, user, domain = (model.__table__.c for model in (Tenant, UserSession, User, Domain))
    standing: list[Any] = [tenant.status, tenant.status_reason, tenant.status_at, tenant.trial_ends_at]
    standing += [tenant.verified_at.is_not(None), tenant.revision]
    owned = select(domain.host).where(domain.host == bindparam("host"), domain.verified_at.is_not(None)).exists()
    found: list[Any] = [session.id, session.created_at, session.last_seen_at, session.confirmed_at]
    found += [user.id, user.email, user.name, user.role, user.verified_at.is_not(None), user.theme]
    valid = (session.token_hash == bindparam("hash")) & STILL_HOLDS
    people = UserSession.__table__.join(User.__table__, (user.id == session.user_id) & user.is_active)
    query = select(*standing, owned, *found).select_from(Tenant.__table__.join(people, valid, isouter=True))
    return query, len(standing)


_IDENTIFY, _WIDTH = _identify_query()


def identify(arrival: Arrival, token: str) -> tuple[Standing, SignIn | None]:
    """The tenant's standing and, for a valid session token, who signed in: one query. Also for the account of a bearer token.

    Raises NotFound when the tenant, or the domain it was reached by, is no longer there.
    """
    values = {"hash": token_hash(token) if token else b"", "host": arrival.host, **session_limits()}
    row = db.session.execute(_IDENTIFY, values).first()
    entry = arrival.tenant
    if entry is None or row is None or (arrival.by_domain and not row[_WIDTH]):
        if entry is not None:
            directory.forget(entry.id)
        raise NotFound
    standing, session, user = Standing(*row[:_WIDTH]), row[_WIDTH + 1 : _WIDTH + 5], row[_WIDTH + 5 : _WIDTH + 11]
    if session[0] is not None:
        return standing, SignIn(session[0], Account(*user), *session[1:])
    if arrival.claims is not None:
        return standing, _by_claim(arrival.claims.subject)
    return standing, None


def _by_claim(subject: str) -> SignIn | None:
    try:
        user = db.session.get(User, UUID(subject))
    except ValueError:
        return None
    if user is None or not user.is_active:
        return None
    account = Account(user.id, user.email, user.name, user.role, user.verified_at is not None, user.theme)
    moment = now()
    return SignIn(user.id, account, moment, moment, moment - timedelta(days=1))


def find_user(email: str) -> User | None:
    """The account with this address (canonical form), active or not."""
    return db.session.scalars(select(User).where(User.email == email)).one_or_none()


def find_known_device(email: str, *, agent: str, address: str) -> bytes | None:
    """The mark under which an account (canonical address) knows this browser and network; None for a stranger.

    The same work whether there is an account or not.
    """
    query = select(User.id, KnownDevice.digest).join_from(User, KnownDevice, isouter=True).where(User.email == email)
    rows = db.session.execute(query).all()
    marks = digests_of(rows[0].id if rows else UUID(int=0), agent, address)
    return next((digest for _, digest in rows if digest in marks), None)


def get_user(user_id: UUID) -> User:
    """An account; raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def get_session(session_id: UUID, *, of: UUID) -> UserSession:
    """A session of one person; raises NotFound, also when it is somebody else's."""
    session = db.session.get(UserSession, session_id)
    if session is None or session.user_id != of:
        raise NotFound("This sign-in has ended already.")
    return session


def list_sessions(user_id: UUID) -> Sequence[UserSession]:
    """A person's valid sessions, the one last seen first."""
    query = select(UserSession).where(UserSession.user_id == user_id, STILL_HOLDS)
    return db.session.scalars(query.order_by(UserSession.last_seen_at.desc()), session_limits()).all()


def count_users() -> int:
    """Active accounts of the organisation."""
    return db.session.scalar(select(func.count()).select_from(User).where(User.is_active)) or 0


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What mail of the organisation in scope says of it: ``host`` is where its pages live."""

    name: str
    slug: str
    support_address: str
    time_zone: str
    language: str
    domain: str | None

    @property
    def host(self) -> str:
        """The host that links in mail lead to."""
        return self.domain or settings().tenant_host(self.slug)


def get_letterhead() -> Letterhead:
    """The letterhead of the tenant in scope, read in its own transaction, so that a tenant being made has one too."""
    primary = select(Domain.host).where(Domain.is_primary, Domain.verified_at.is_not(None)).limit(1).scalar_subquery()
    columns = (Tenant.name, Tenant.slug, Tenant.support_address, Tenant.time_zone, Tenant.language, primary)
    return Letterhead(*db.session.execute(select(*columns).where(Tenant.id == current_tenant_id())).one())
