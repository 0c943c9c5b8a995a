"""The pages of the audit log."""

from saas.audit.routes import checks, exports, log
from saas.audit.routes.blueprint import bp

blueprints = (bp,)

__all__ = ["blueprints", "checks", "exports", "log"]
