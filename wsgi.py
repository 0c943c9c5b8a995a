"""The WSGI entry point: any server can run ``wsgi:app``."""

from saas import create_app

app = create_app()
