"""Writes about API keys, in the tenant's scope. A secret is returned to whoever asked and stored nowhere, only its hash is."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, or_, select, update

from saas.core.access import Source
from saas.core.actor import Actor
from saas.core.apikeys import hint_of, new_key
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.ids import new_id
from saas.core.runtime import runtime, settings
from saas.keys import module
from saas.keys.models import ApiKey
from saas.keys.module import MANAGE
from saas.keys.queries import get_key
from saas.tenancy.names import clean_name

NOTED_EVERY = timedelta(minutes=1)
LONGEST = timedelta(days=3653)
LONGEST_GRACE = timedelta(days=30)


def create_key(
    *, name: str, permissions: Collection[str], expires_at: datetime | None, key_id: UUID | None = None, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key of the organisation, good until ``expires_at`` (UTC; None: until it is revoked); returns it with its secret.

    Raises Invalid for a permission that is unknown or that the maker does not hold everywhere, and Conflict when there is
    a key with ``key_id``: the form was sent twice, and the secret of the first time is gone.
    """
    actor.require(MANAGE)
    name = clean_name(name, field="name")
    given = _check_permissions(actor, permissions)
    moment = now()
    if expires_at is not None and not moment < expires_at <= moment + LONGEST:
        raise Invalid("Choose a day from today on, within ten years.", field="expires_on")
    if key_id is not None and db.session.get(ApiKey, key_id) is not None:
        raise Conflict("This key was made already. Its secret is shown once; if you did not keep it, renew it.")
    secret = new_key(settings().environment)
    key = ApiKey(
        id=key_id or new_id(),
        name=name,
        hint=hint_of(secret),
        token_hash=token_hash(secret),
        permissions=given,
        created_by_id=actor.id if actor.kind == "member" else None,
        created_by_name=actor.name,
        expires_at=expires_at,
    )
    db.session.add(key)
    db.session.flush()
    record(module.KEY_CREATED, actor=actor, target=_target(key), permissions=given, expires_at=expires_at)
    return key, secret


def _check_permissions(actor: Actor, wanted: Collection[str]) -> list[str]:
    """The permissions in the order of their declaration; raises Invalid."""
    known = runtime().registry.permissions
    given = [name for name in known if name in set(wanted)]
    if not given:
        raise Invalid("Choose at least one permission.", field="permissions")
    if set(wanted) - set(given):
        raise Invalid("Please choose from these permissions.", field="permissions")
    if not all(actor.can(name) for name in given):
        raise Invalid("A key cannot do more than you can. Leave out what you do not hold.", field="permissions")
    return given


def rotate_key(key_id: UUID, *, grace: timedelta, seen: str | None = None, actor: Actor) -> tuple[ApiKey, str]:
    """Give a key a new secret; the present one works on for ``grace``, one from before that ends now. Returns the new one.

    ``seen`` is the hint of the key that whoever asks looked at: Conflict when it has another secret by now, or is of no use
    any more. Raises NotAllowed for whoever holds less than the key: its secret would give them more.
    """
    actor.require(MANAGE)
    key = get_key(key_id, to_change=True)
    if not actor.held.covers([Source("key", key.name, frozenset(key.permissions))]):
        raise NotAllowed("This key can do more than you can. Ask somebody who holds all of it to renew it.")
    if seen not in (None, key.hint):
        raise Conflict(
            "This key was renewed meanwhile. The new secret was shown once; if nobody kept it, renew it again."
        )
    check_in_use(key)
    secret, moment = new_key(settings().environment), now()
    keeps = timedelta(0) < grace <= LONGEST_GRACE
    key.former_hash, key.former_until = (key.token_hash, moment + grace) if keeps else (None, None)
    former, key.hint, key.token_hash, key.rotated_at = key.hint, hint_of(secret), token_hash(secret), moment
    changes = {"hint": (former, key.hint)}
    record(module.KEY_ROTATED, actor=actor, target=_target(key), changes=changes, former_until=key.former_until)
    return key, secret


def end_grace(key_id: UUID, *, actor: Actor) -> ApiKey:
    """End the former secret of a key before its time."""
    actor.require(MANAGE)
    key = get_key(key_id, to_change=True)
    if key.former_hash is not None:
        until, key.former_hash, key.former_until = key.former_until, None, None
        record(module.GRACE_ENDED, actor=actor, target=_target(key), changes={"former_until": (until, None)})
    return key


def revoke_key(key_id: UUID, *, actor: Actor) -> ApiKey:
    """Switch a key off for good, with its former secret; the very next request with it is refused. Conflict if it is off."""
    actor.require(MANAGE)
    key = get_key(key_id, to_change=True)
    if key.revoked_at is not None:
        raise Conflict("This key is revoked already.")
    key.revoked_at, key.former_hash, key.former_until = now(), None, None
    record(module.KEY_REVOKED, actor=actor, target=_target(key))
    return key


def check_in_use(key: ApiKey) -> None:
    """Raise Conflict for a key that is revoked or has expired."""
    if key.revoked_at is not None:
        raise Conflict("This key is revoked. Make a new one.")
    if key.expires_at is not None and key.expires_at <= now():
        raise Conflict("This key has expired. Make a new one.")


def note_use(key_id: UUID, *, address: str) -> None:
    """Remember that a key is in use, and from where; of many uses at the same time one is written."""
    moment = now()
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < moment - NOTED_EVERY)
    used = update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=moment, last_used_address=address)
    db.session.execute(used.execution_options(synchronize_session=False))


def settle_keys(*, actor: Actor) -> dict[str, int]:
    """Record each key that has expired since the last time, once, and forget former secrets whose time is over."""
    moment = now()
    over = select(ApiKey).where(
        ApiKey.expires_at <= moment, ApiKey.revoked_at.is_(None), ApiKey.expiry_noted_at.is_(None)
    )
    expired: Sequence[ApiKey] = db.session.scalars(over.with_for_update(skip_locked=True)).all()
    for key in expired:
        key.expiry_noted_at = moment
        record(module.KEY_EXPIRED, actor=actor, target=_target(key), expires_at=key.expires_at)
    former = update(ApiKey).where(ApiKey.former_until <= moment).values(former_hash=None, former_until=None)
    result = db.session.execute(former.execution_options(synchronize_session=False))
    return {"expired": len(expired), "former": int(result.rowcount) if isinstance(result, CursorResult) else 0}


def _target(key: ApiKey) -> Target:
    return Target("api_key", key.id, key.name)
