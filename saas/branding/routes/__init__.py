"""Pages of the brand, what previews of it show, and the files that every page loads."""

from saas.branding.routes import css, editing, history, previewing, serving, surfaces
from saas.branding.routes.blueprint import bp

__all__ = ["css", "editing", "history", "previewing", "surfaces"]

blueprints = (bp, serving.bp, serving.platform)
