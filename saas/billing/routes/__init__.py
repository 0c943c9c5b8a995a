"""The pages of billing."""

from saas.billing.routes import details
from saas.billing.routes.blueprint import bp

blueprints = (bp,)

__all__ = ["blueprints", "details"]
