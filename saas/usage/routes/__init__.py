"""The pages of usage."""

from saas.usage.routes import alerts, analytics, budget, events, overview
from saas.usage.routes.blueprint import bp

blueprints = (bp,)

__all__ = ["alerts", "analytics", "blueprints", "budget", "events", "overview"]
