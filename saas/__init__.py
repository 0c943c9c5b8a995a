"""A platform for selling software to organisations: one PostgreSQL schema for each of them."""

from saas.app import create_app

__all__ = ["create_app"]
