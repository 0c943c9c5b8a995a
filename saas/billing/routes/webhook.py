"""Where Stripe's messages arrive: checked, written down, answered; all else is the worker's."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from saas.billing.operations.inbox import receive
from saas.billing.webhooks import read_event
from saas.core.runtime import settings
from saas.web.access import signed

bp = Blueprint("stripe", __name__, subdomain="apex")


@bp.post("/api/saas/v1/webhooks/stripe", endpoint="webhook")
@bp.post("/api/billing/webhook", endpoint="webhook_too")
@signed
def webhook() -> ResponseReturnValue:
    """Take a message; one that has come before is answered alike."""
    event = read_event(
        request.get_data(cache=False),
        request.headers.get("Stripe-Signature", ""),
        secrets=settings().webhook_secrets,
        live=settings().is_live,
    )
    return jsonify(received=receive(event))
