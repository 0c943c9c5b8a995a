"""A platform for selling software to organisations: one PostgreSQL schema for each of them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saas.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """``create_app``, from when it is asked for: what needs no application (the guards and servers of the demo, the stand-in for
    Stripe) starts without one."""
    if name == "create_app":
        return import_module("saas.app").create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
