"""The pages of plans."""

from saas.plans.routes import modules, plan, pricing
from saas.plans.routes.blueprint import bp

blueprints = (bp, pricing.bp)

__all__ = ["blueprints", "modules", "plan", "pricing"]
