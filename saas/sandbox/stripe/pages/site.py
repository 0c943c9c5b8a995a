"""What all pages of the sandbox share: the store behind them, amounts, and how far its clock is ahead."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from flask import Flask, current_app

from saas.sandbox.pages import furnish
from saas.sandbox.stripe.store import Store
from saas.web import format

NAME = "Payments sandbox"
DAY = 86_400
STORE = "STRIPE_SANDBOX"


def init_pages(app: Flask, store: Store) -> None:
    """Give an application what the templates need, and guard its forms."""
    app.config[STORE] = store
    furnish(app, NAME)
    app.jinja_env.filters.update(minor=as_money)
    app.context_processor(_context)


def as_money(amount: int, currency: str) -> str:
    """An amount in minor units for people: ``€29.00``."""
    code = currency.upper()
    return format.money(Decimal(amount).scaleb(-get_currency_precision(code)), code)


def store() -> Store:
    """The store behind this page."""
    found: Store = current_app.config[STORE]
    return found


def _context() -> dict[str, Any]:
    return {"ahead": _ahead(round(store().state["offset"] / DAY))}


def _ahead(days: int) -> str:
    """What to add to a sentence where the clock was moved: dates here do not fit those of the product."""
    return f" This clock is {days} day{'' if days == 1 else 's'} ahead of your computer’s." if days > 0 else ""
