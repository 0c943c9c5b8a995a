"""Each tenant's own encryption key, wrapped by a master key (envelope encryption)."""

import os
from uuid import UUID

from sqlalchemy import func, select

from saas.core.crypto import KeyRing, seal, unseal
from saas.core.database import db
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.tenancy.models import TenantKey


def give_key(tenant_id: UUID, *, number: int = 1) -> None:
    """Give a tenant a new key; needs the platform's scope."""
    wrapped = runtime().keys.seal(os.urandom(32), purpose=_purpose(tenant_id))
    db.session.add(TenantKey(tenant_id=tenant_id, number=number, wrapped=wrapped))


def rotate_key(tenant_id: UUID) -> int:
    """Give a tenant a further key for what is sealed from now on; returns its number. Needs the platform's scope."""
    newest = db.session.scalar(select(func.max(TenantKey.number)).where(TenantKey.tenant_id == tenant_id)) or 0
    give_key(tenant_id, number=newest + 1)
    return newest + 1


def rewrap_keys() -> int:
    """Wrap with the newest master key every tenant key that an older one wraps; returns how many. Platform's scope."""
    ring, changed = runtime().keys, 0
    for key in db.session.scalars(select(TenantKey).with_for_update()):
        if KeyRing.number_of(key.wrapped) != ring.current:
            purpose = _purpose(key.tenant_id)
            key.wrapped = ring.seal(ring.unseal(key.wrapped, purpose=purpose), purpose=purpose)
            changed += 1
    return changed


def seal_for_tenant(text: bytes, *, purpose: str) -> bytes:
    """Encrypt under the newest key of the tenant in scope; the key's number goes first, in four bytes."""
    newest = db.session.scalars(select(TenantKey).order_by(TenantKey.number.desc()).limit(1)).one()
    return newest.number.to_bytes(4, "big") + seal(_unwrap(newest), text, purpose=purpose)


def unseal_for_tenant(sealed: bytes, *, purpose: str) -> bytes:
    """What ``seal_for_tenant`` was given; raises Undecipherable."""
    number = KeyRing.number_of(sealed)
    key = db.session.scalars(select(TenantKey).where(TenantKey.number == number)).one()
    return unseal(_unwrap(key), sealed[4:], purpose=purpose)


def _unwrap(key: TenantKey) -> bytes:
    assert key.tenant_id == current_tenant_id()
    return runtime().keys.unseal(key.wrapped, purpose=_purpose(key.tenant_id))


def _purpose(tenant_id: UUID) -> str:
    return f"tenant key {tenant_id}"
