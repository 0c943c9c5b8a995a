"""Reads about API keys, in the tenant's scope."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from saas.core.access import Rights, Source
from saas.core.actor import KeyHolder
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.runtime import runtime
from saas.keys.models import ApiKey

SOON = timedelta(days=14)
"""A key that expires within this time is shown as expiring."""


class KeyStatus(StrEnum):
    """How a key stands."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"


SORTABLE: dict[str, Any] = {
    "name": func.lower(ApiKey.name),
    "created": ApiKey.created_at,
    "expires": ApiKey.expires_at,
    "used": ApiKey.last_used_at,
}
"""What the list can be ordered by, under the names that addresses use."""


def status_of(key: ApiKey, moment: datetime | None = None) -> KeyStatus:
    """How a key stands at a moment, now by default."""
    moment = moment or now()
    if key.revoked_at is not None:
        return KeyStatus.REVOKED
    if key.expires_at is None or key.expires_at > moment + SOON:
        return KeyStatus.ACTIVE
    return KeyStatus.EXPIRING if key.expires_at > moment else KeyStatus.EXPIRED


def find_keys(*, q: str = "", status: str = "") -> Select[ApiKey]:
    """Keys whose name, shown letters or maker hold a text; ``status`` narrows, an unknown one counts as none."""
    query = select(ApiKey)
    if q:
        places = (ApiKey.name, ApiKey.hint, ApiKey.created_by_name)
        query = query.where(or_(*(place.icontains(q, autoescape=True) for place in places)))
    return query.where(_standing(status)) if status in set(KeyStatus) else query


def _standing(status: str) -> ColumnElement[bool]:
    moment = now()
    if status == KeyStatus.REVOKED:
        return ApiKey.revoked_at.is_not(None)
    spans = {
        KeyStatus.ACTIVE: or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > moment + SOON),
        KeyStatus.EXPIRING: and_(ApiKey.expires_at > moment, ApiKey.expires_at <= moment + SOON),
        KeyStatus.EXPIRED: ApiKey.expires_at <= moment,
    }
    return and_(ApiKey.revoked_at.is_(None), spans[KeyStatus(status)])


def get_key(key_id: UUID, *, to_change: bool = False) -> ApiKey:
    """A key as it stands now, locked when it is about to change; raises NotFound."""
    query = select(ApiKey).where(ApiKey.id == key_id).execution_options(populate_existing=True)
    key = db.session.scalars(query.with_for_update() if to_change else query).one_or_none()
    if key is None:
        raise NotFound("There is no such API key.")
    return key


_key = ApiKey.__table__.c
_PRESENTED = select(_key.id, _key.name, _key.permissions, _key.last_used_at).where(
    or_(
        _key.token_hash == bindparam("hash"),
        (_key.former_hash == bindparam("hash")) & (_key.former_until > bindparam("now")),
    ),
    _key.revoked_at.is_(None),
    or_(_key.expires_at.is_(None), _key.expires_at > bindparam("now")),
)


def find_holder(key_hash: bytes) -> KeyHolder | None:
    """Who comes with a key of this hash and what it may do, in one query; None when it opens nothing (any more).

    What a key was given holds as long as the permission is still declared.
    """
    row = db.session.execute(_PRESENTED, {"hash": key_hash, "now": now()}).first()
    if row is None:
        return None
    number, name, permissions, used_at = row
    held = frozenset(permissions) & runtime().registry.permissions.keys()
    return KeyHolder(number, name, Rights((Source("key", name, held),)), used_at)
