"""Pages of domains: for those who manage them, and for whoever keeps the records."""

from saas.domains.routes import holding, manage, setup
from saas.domains.routes.blueprint import bp

blueprints = (bp, setup.bp)

__all__ = ["blueprints", "holding", "manage"]
