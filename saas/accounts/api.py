"""The JSON API about the organisation and whoever asks."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from saas.core.runtime import runtime
from saas.tenancy.queries import own_tenant
from saas.web.access import signed_in
from saas.web.visit import current_account, current_actor, current_entry

bp = Blueprint("accounts_api", __name__, url_prefix="/api", subdomain="tenant")
blueprints = (bp,)


@bp.get("/tenant/info")
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
@signed_in
def me() -> ResponseReturnValue:
    """Whoever asks: account, role, and what they may do in this organisation."""
    account = current_account()
    return jsonify(
        id=str(account.id),
        email=account.email,
        name=account.name,
        role=account.role,
        verified=account.verified,
        theme=account.theme,
        tenant_id=current_entry().key,
        permissions=sorted(name for name in runtime().registry.permissions if current_actor().can(name)),
    )
