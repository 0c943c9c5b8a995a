"""The JSON API about the organisation and whoever asks."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from saas.core.runtime import runtime
from saas.tenancy.queries import own_tenant
from saas.web.access import even_keys, signed_in
from saas.web.visit import current_actor, current_entry, visit

bp = Blueprint("accounts_api", __name__, url_prefix="/api", subdomain="tenant")
blueprints = (bp,)


@bp.get("/tenant/info")
@even_keys
@signed_in
def tenant_info() -> ResponseReturnValue:
    """The organisation: its key, name and plan, and what was set for it beside the plan."""
    tenant = own_tenant()
    return jsonify(
        tenant_id=tenant.key,
        name=tenant.name,
        plan_type=tenant.plan,
        feature_flags=tenant.config.get("feature_flags", {}),
        resource_limits=tenant.config.get("resource_limits", {}),
    )


@bp.get("/me")
@even_keys
@signed_in
def me() -> ResponseReturnValue:
    """Whoever asks, a person or (``kind`` ``api_key``) a key: who that is, and what they may do in this organisation."""
    actor, account = current_actor(), visit().account
    permissions = sorted(name for name in runtime().registry.permissions if actor.can(name))
    known: dict[str, Any] = {"id": str(actor.id), "name": actor.name, "kind": actor.kind, "permissions": permissions}
    if account is not None:
        known |= {"email": account.email, "role": account.role, "verified": account.verified, "theme": account.theme}
    return jsonify(**known, tenant_id=current_entry().key)
