"""Pages of domains: for those who manage them, and for whoever keeps the records."""

from saas.domains.routes import manage, setup

blueprints = (manage.bp, setup.bp)
