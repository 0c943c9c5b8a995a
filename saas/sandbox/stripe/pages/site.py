"""What all pages of the sandbox share: the product's own templates and styles, headers, and who may press buttons."""

from decimal import Decimal
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision
from flask import Flask, Response, abort, current_app, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined

from saas.sandbox.stripe.store import Store
from saas.web import format
from saas.web.assets import STATIC, Assets

TEMPLATES = STATIC.parent / "templates"
NAME = "Payments sandbox"
DAY = 86_400
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Forms may lead elsewhere, as Stripe's do: back to the product."""
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
STORE = "STRIPE_SANDBOX"


def init_pages(app: Flask, store: Store) -> None:
    """Give an application what the templates need, and guard its forms."""
    app.config[STORE] = store
    own = app.jinja_loader
    app.jinja_loader = ChoiceLoader([*([own] if own else []), FileSystemLoader(TEMPLATES)])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(format.FILTERS, minor=as_money)
    app.jinja_env.globals.update(asset=_assets().url, csrf_token=_no_token)
    app.context_processor(_context)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_harden)
    app.wsgi_app = _assets().serve(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap


def as_money(amount: int, currency: str) -> str:
    """An amount in minor units for people: ``€29.00``."""
    code = currency.upper()
    return format.money(Decimal(amount).scaleb(-get_currency_precision(code)), code)


def store() -> Store:
    """The store behind this page."""
    found: Store = current_app.config[STORE]
    return found


@cache
def _assets() -> Assets:
    return Assets()


def _context() -> dict[str, Any]:
    given = {"organisation": None, "brand_stylesheet": None, "product_name": NAME, "theme": "system"}
    return given | {"ahead": _ahead(round(store().state["offset"] / DAY))}


def _ahead(days: int) -> str:
    """What to add to a sentence where the clock was moved: dates here do not fit those of the product."""
    return f" This clock is {days} day{'' if days == 1 else 's'} ahead of your computer’s." if days > 0 else ""


def _no_token() -> str:
    """The product's components ask for one; here the origin of a form is looked at instead."""
    return ""


def _refuse_foreign_forms() -> None:
    """Only the sandbox's own pages may press its buttons; programs send no such header."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
