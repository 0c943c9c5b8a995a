"""Pages of billing, and the door for Stripe's messages."""

from saas.billing.routes import webhook
from saas.billing.routes.blueprint import bp

blueprints = (bp, webhook.bp)
