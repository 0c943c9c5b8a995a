"""Each tenant's own encryption key, wrapped by a master key (envelope encryption)."""

import os
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.crypto import KeyRing, Undecipherable, seal, unseal
from saas.core.database import db
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.tenancy.models import Tenant, TenantKey
from saas.tenancy.module import KEY_ROTATED, KEYS_REWRAPPED
from saas.tenancy.recording import record_about

_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many keys were wrapped anew, and the tenants of those that no master key in the ring opens."""

    changed: int
    lost: tuple[UUID, ...]


def give_key(tenant_id: UUID, *, number: int = 1) -> None:
    """Give a tenant a new key; needs the platform's scope."""
    wrapped = runtime().keys.seal(os.urandom(32), purpose=_purpose(tenant_id))
    db.session.add(TenantKey(tenant_id=tenant_id, number=number, wrapped=wrapped))


def rotate_key(tenant: Tenant, *, actor: Actor) -> int:
    """Give a tenant a further key for what is sealed from now on; returns its number. Needs the platform's scope."""
    newest = db.session.scalar(select(func.max(TenantKey.number)).where(TenantKey.tenant_id == tenant.id)) or 0
    give_key(tenant.id, number=newest + 1)
    record_about(tenant, KEY_ROTATED, actor=actor, changes={"number": (newest, newest + 1)})
    return newest + 1


def rewrap_keys(*, actor: Actor) -> Rewrapped:
    """Wrap with the newest master key every tenant key that an older one wraps. Needs the platform's scope."""
    ring, changed, lost = runtime().keys, 0, []
    for key in db.session.scalars(select(TenantKey).order_by(TenantKey.tenant_id).with_for_update()):
        if KeyRing.number_of(key.wrapped) == ring.current:
            continue
        purpose = _purpose(key.tenant_id)
        try:
            key.wrapped = ring.seal(ring.unseal(key.wrapped, purpose=purpose), purpose=purpose)
            changed += 1
        except Undecipherable:
            lost.append(key.tenant_id)
    if changed:
        record(KEYS_REWRAPPED, actor=actor, keys=changed, master_key=ring.current)
    return Rewrapped(changed, tuple(lost))


def opens(key: TenantKey) -> bool:
    """Whether a master key in the ring opens this key."""
    try:
        runtime().keys.unseal(key.wrapped, purpose=_purpose(key.tenant_id))
    except Undecipherable:
        return False
    return True


def seal_for_tenant(text: bytes, *, purpose: str) -> bytes:
    """Encrypt under the newest key of the tenant in scope; the key's number goes first, in four bytes."""
    newest = db.session.scalars(_own_keys().order_by(TenantKey.number.desc()).limit(1)).one()
    return newest.number.to_bytes(4, "big") + seal(_unwrap(newest), text, purpose=purpose)


def unseal_for_tenant(sealed: bytes, *, purpose: str) -> bytes:
    """What ``seal_for_tenant`` was given; raises Undecipherable, also for what another tenant sealed."""
    number = KeyRing.number_of(sealed)
    if len(sealed) < 4 or number > _LARGEST_NUMBER:
        raise Undecipherable(purpose)
    key = db.session.scalars(_own_keys().where(TenantKey.number == number)).one_or_none()
    if key is None:
        raise Undecipherable(f"the tenant has no key {number}")
    return unseal(_unwrap(key), sealed[4:], purpose=purpose)


def _own_keys() -> "Select[TenantKey]":
    return select(TenantKey).where(TenantKey.tenant_id == current_tenant_id())


def _unwrap(key: TenantKey) -> bytes:
    return runtime().keys.unseal(key.wrapped, purpose=_purpose(key.tenant_id))


def _purpose(tenant_id: UUID) -> str:
    return f"tenant key {tenant_id}"
