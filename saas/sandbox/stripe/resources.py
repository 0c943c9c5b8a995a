"""All files that write routes into the table; whoever imports this has the whole API."""

from importlib import import_module

_PLAIN = (
    *("balances", "configurations", "customers", "discounts", "endpoints", "intents", "meters", "methods", "prices"),
    *("products", "refunds", "setups", "taxids", "testclocks", "usage"),
)
_BILLING = (
    *("clockwork", "creditnotes", "invoiceitems", "invoices", "itemroutes", "schedules", "subscriptions"),
    *("checkout.sessions", "portal.sessions"),
)
MODULES = tuple(
    import_module(f"saas.sandbox.stripe.{name}") for name in (*_PLAIN, *(f"billing.{one}" for one in _BILLING))
)
"""The files."""
