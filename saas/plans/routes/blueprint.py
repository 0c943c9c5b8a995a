"""The blueprint of an organisation's own plan, and what every template may ask of it."""

from flask import Blueprint

from saas.tenancy.entitlements import entitlements

bp = Blueprint("plans", __name__, subdomain="tenant")


@bp.app_template_global("plan_label")
def plan_label() -> str:
    """What the organisation's plan is called."""
    return entitlements().terms.label
