"""Pages of an organisation's settings: profile, address, closing; and its security policy."""

from saas.organisations.routes import security, settings

blueprints = (settings.bp, security.bp)
