"""Unlocking: an owner whom the organisation's own list of addresses keeps out is let in again by an operator."""

from dataclasses import replace

from saas.core.actor import Actor
from saas.core.audit import changes_of
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.module import UNLOCKED
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.recording import record_about


def clear_networks(tenant: Tenant, *, actor: Actor) -> bool:
    """Let a tenant be opened from every address again, in the platform's scope; False when it could be already.

    The rest of its security policy stays. Both logs tell of it: the operators' and the organisation's own.
    """
    db.session.refresh(tenant, ["policy"], with_for_update=True)
    policy = SecurityPolicy.read(tenant.policy)
    if not policy.networks:
        return False
    changes = changes_of({"networks": policy.networks}, {"networks": ()})
    tenant.policy = replace(policy, networks=()).stored_beside(tenant.policy)
    record_about(tenant, UNLOCKED, actor=actor, changes=changes)
    return True
