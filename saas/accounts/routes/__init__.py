"""Pages of accounts: coming in and going out, lost passwords, addresses to prove, one's own account, its sessions."""

from saas.accounts.routes import account, addresses, entrance, recovery, sessions
from saas.accounts.routes.blueprint import bp

blueprints = (bp,)

__all__ = ["account", "addresses", "blueprints", "entrance", "recovery", "sessions"]
