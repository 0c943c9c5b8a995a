"""Pages of billing, and the door for Stripe's messages."""

from saas.billing.routes import changing, details, invoices, overview, papers, subscribing, webhook
from saas.billing.routes.blueprint import bp

blueprints = (bp, webhook.bp)

__all__ = ["blueprints", "changing", "details", "invoices", "overview", "papers", "subscribing"]
