"""Reads about accounts, in the tenant's scope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select

from saas.accounts.devices import digests_of
from saas.accounts.models import CUSTOM, CustomRole, KnownDevice, User, UserSession
from saas.core.access import NOTHING, Rights, Source
from saas.core.actor import Account, SignIn
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.module import Role, label_of
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import directory
from saas.tenancy.domains import primary_domain
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import Domain, Tenant
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.resolver import Arrival
from saas.tenancy.standing import STANDING_COLUMNS, Standing, keep_standing

_session, _user, _role = UserSession.__table__.c, User.__table__.c, CustomRole.__table__.c
_PERSON: tuple[ColumnElement[Any], ...] = (
    *(_user.id, _user.email, _user.name, _user.role, _user.verified_at.is_not(None), _user.theme),
    *(_role.name, _role.permissions),
)
STILL_HOLDS = (_session.created_at > bindparam("opened_after")) & (_session.last_seen_at > bindparam("seen_after"))
"""Of a session: that it holds. Its parameters are ``session_limits()``."""


def session_limits(policy: SecurityPolicy = SecurityPolicy()) -> dict[str, datetime]:
    """The moments after which a session must have been opened and last seen, under the names in STILL_HOLDS.

    They are the platform's, or those of the plan or of an organisation's policy where these demand more.
    """
    hours, minutes = longest_session()
    return _ended_by(min(hours, policy.absolute_hours or hours), min(minutes, policy.idle_minutes or minutes))


def longest_session() -> tuple[int, int]:
    """Hours after signing in and minutes without a page that end a session, whatever the organisation's policy: what the
    platform and the plan allow."""
    plan = entitlements().terms.session
    hours = min(settings().session_absolute_hours, plan.absolute_hours)
    return hours, min(settings().session_idle_minutes, plan.idle_minutes)


def _ended_by(hours: int, minutes: int) -> dict[str, datetime]:
    moment = now()
    return {"opened_after": moment - timedelta(hours=hours), "seen_after": moment - timedelta(minutes=minutes)}


def _longest() -> dict[str, datetime]:
    """The moments as the platform has them, for the query that learns what the organisation demands."""
    return _ended_by(settings().session_absolute_hours, settings().session_idle_minutes)


@dataclass(frozen=True, slots=True)
class Extra:
    """What a floor above adds to the query of every request: columns about ``users``, and the rights that follow from them."""

    columns: tuple[ColumnElement[Any], ...] = ()
    sources: Callable[[str, Sequence[Any]], tuple[Source, ...]] = lambda _role, _values: ()


class Identification:
    """The query of every request: the tenant's standing and whoever came with a session. Tables, not classes: half the work."""

    def __init__(self, extra: Extra = Extra()) -> None:
        session, user, domain, role = (model.__table__.c for model in (UserSession, User, Domain, CustomRole))
        standing = STANDING_COLUMNS
        owned = select(domain.host).where(domain.host == bindparam("host"), domain.verified_at.is_not(None)).exists()
        valid = (session.token_hash == bindparam("hash")) & STILL_HOLDS
        people = UserSession.__table__.join(User.__table__, (user.id == session.user_id) & user.is_active).join(
            CustomRole.__table__, role.id == user.role_id, isouter=True
        )
        self._extra = extra
        self._standing = slice(0, len(standing))
        self._session = slice(len(standing) + 1, len(standing) + 5)
        self._person = slice(len(standing) + 5, len(standing) + 5 + len(_PERSON) + len(extra.columns))
        self._query = select(
            *standing,
            owned,
            session.id,
            session.created_at,
            session.last_seen_at,
            session.confirmed_at,
            *_PERSON,
            *extra.columns,
        ).select_from(Tenant.__table__.join(people, valid, isouter=True))
        self._by_id = (
            select(*_PERSON, *extra.columns)
            .select_from(User.__table__.join(CustomRole.__table__, role.id == user.role_id, isouter=True))
            .where(user.is_active, user.id == bindparam("user"))
        )

    def __call__(self, arrival: Arrival, token: str) -> tuple[Standing, SignIn | None]:
        """The tenant's standing and, for a valid session token, who signed in: one query. Also for the account of a bearer token.

        Raises NotFound when the tenant, or the domain it was reached by, is no longer there.
        """
        values = {"hash": token_hash(token) if token else b"", "host": arrival.host, **_longest()}
        row = db.session.execute(self._query, values).first()
        entry = arrival.tenant
        if entry is None or row is None or (arrival.by_domain and not row[self._standing.stop]):
            if entry is not None:
                directory.forget(entry.id)
            raise NotFound
        standing = Standing.read(row[self._standing])
        keep_standing(standing)
        number, opened_at, seen_at, confirmed_at = row[self._session]
        if number is not None:
            limits = session_limits(standing.policy)
            if opened_at <= limits["opened_after"] or seen_at <= limits["seen_after"]:
                return standing, None
            account, rights = self._read(row[self._person])
            return standing, SignIn(number, account, opened_at, seen_at, confirmed_at, rights)
        if arrival.claims is not None:
            return standing, self._by_claim(arrival.claims.subject)
        return standing, None

    def rights_of(self, user_id: UUID) -> Rights:
        """What an active account may do; nothing for another one."""
        row = db.session.execute(self._by_id, {"user": user_id}).first()
        return self._read(row)[1] if row else NOTHING

    def _read(self, row: Sequence[Any]) -> tuple[Account, Rights]:
        number, email, name, role, verified, theme, custom, permissions, *extra = row
        source = role_source(role, custom, permissions)
        account = Account(number, email, name, role, verified, theme, source.label)
        return account, Rights((source, *self._extra.sources(role, extra)))

    def _by_claim(self, subject: str) -> SignIn | None:
        try:
            row = db.session.execute(self._by_id, {"user": UUID(subject)}).first()
        except ValueError:
            return None
        if row is None:
            return None
        account, rights = self._read(row)
        moment = now()
        return SignIn(account.id, account, moment, moment, moment - timedelta(days=1), rights)


def role_source(role: str, custom: str | None, permissions: Sequence[str] | None) -> Source:
    """What a role gives: one of the five, or (``custom``) one of the organisation's own with its permissions."""
    registry = runtime().registry
    if role == CUSTOM:
        return Source("role", custom or "", frozenset(registry.permissions.keys() & set(permissions or ())))
    return Source("role", label_of(Role(role)), registry.grants[Role(role)])


def find_user(email: str) -> User | None:
    """The account with this address (canonical form), active or not."""
    return db.session.scalars(select(User).where(User.email == email)).one_or_none()


def is_active_address(email: str) -> bool:
    """Whether somebody signs in with this address (canonical form). Good in schemas of older releases too."""
    return bool(db.session.scalar(select(User.is_active).where(User.email == email)))


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


def list_sessions(user_id: UUID, policy: SecurityPolicy = SecurityPolicy()) -> Sequence[UserSession]:
    """A person's sessions that are valid under the organisation's policy, the one last seen first."""
    query = select(UserSession).where(UserSession.user_id == user_id, STILL_HOLDS)
    return db.session.scalars(query.order_by(UserSession.last_seen_at.desc()), session_limits(policy)).all()


def count_sessions(user_id: UUID, policy: SecurityPolicy) -> int:
    """In how many browsers a person is signed in, under the organisation's policy."""
    query = select(func.count()).select_from(UserSession).where(UserSession.user_id == user_id, STILL_HOLDS)
    return db.session.scalar(query, session_limits(policy)) or 0


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
    columns = (Tenant.name, Tenant.slug, Tenant.support_address, Tenant.time_zone, Tenant.language, primary_domain())
    return Letterhead(*db.session.execute(select(*columns).where(Tenant.id == current_tenant_id())).one())
