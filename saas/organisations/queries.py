"""Reads about the organisation in scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select

from saas.accounts.models import User
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.marks import mark_of
from saas.core.module import Role
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.tenancy.models import Tenant, TenantName
from saas.tenancy.names import TAKEN, check_slug

_PROFILE = "organisations.profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organisation says of itself, and how many people have an active account."""

    name: str
    slug: str
    plan: str
    time_zone: str
    language: str
    support_address: str
    config: dict[str, Any]
    created_at: datetime
    people: int

    @property
    def version(self) -> str:
        """What differs after each change of what the settings page shows."""
        return mark_of(self.name, self.time_zone, self.language, self.support_address)


def _profile_query() -> Select[Any]:
    """The columns of Profile. Of tables, not classes: half the work."""
    tenant, user = Tenant.__table__.c, User.__table__.c
    people = select(func.count()).select_from(User.__table__).where(user.is_active).scalar_subquery()
    columns = [tenant[name] for name in Profile.__slots__ if name != "people"]
    return select(*columns, people).where(tenant.id == bindparam("tenant"))


_PROFILE_QUERY = _profile_query()


def get_profile() -> Profile:
    """The profile; read once in a scope, however many parts of a page ask."""
    known = db.session().info
    if _PROFILE not in known:
        known[_PROFILE] = _read_profile()
    profile: Profile = known[_PROFILE]
    return profile


def forget_profile() -> None:
    """Read the profile anew at the next question; for operations that change it."""
    db.session().info.pop(_PROFILE, None)


def _read_profile() -> Profile:
    row: Any = db.session.execute(_PROFILE_QUERY, {"tenant": current_tenant_id()}).one()
    return Profile(*row)


def list_former_addresses(slug: str) -> Sequence[str]:
    """Names besides ``slug`` that lead to this organisation, oldest first."""
    own = TenantName.tenant_id == current_tenant_id()
    query = select(TenantName.name).where(own, TenantName.name != slug).order_by(TenantName.created_at)
    return db.session.scalars(query).all()


def list_owner_addresses() -> Sequence[str]:
    """E-mail addresses of the active owners."""
    query = select(User.email).where(User.role == Role.OWNER, User.is_active).order_by(User.created_at)
    return db.session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an address can be had: ``slug`` in its proper spelling, ``url`` it would have, ``fault`` empty when free."""

    slug: str
    url: str
    fault: str


def check_availability(text: str, *, own: UUID | None = None) -> Availability:
    """Whether a slug is usable and held by nobody but the tenant ``own``; needs the platform's rights."""
    try:
        slug = check_slug(text)
    except Invalid as refusal:
        return Availability("", "", refusal.message)
    holder = db.session.scalar(select(TenantName.tenant_id).where(TenantName.name == slug))
    url = settings().public_url(settings().tenant_host(slug), "")
    return Availability(slug, url, "" if holder in (None, own) else TAKEN)
