"""What pages of the stand-ins share: the product's own templates and styles, headers, and who may press buttons."""

from functools import cache

from flask import Flask, Response, abort, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined

from saas.core.look import PLAIN
from saas.web import format
from saas.web.assets import STATIC, Assets

TEMPLATES = STATIC.parent / "templates"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Forms may lead elsewhere: back to the product."""
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def furnish(app: Flask, name: str) -> None:
    """Give an application what the templates need, under the name of the stand-in, and guard its forms."""
    own = app.jinja_loader
    app.jinja_loader = ChoiceLoader([*([own] if own else []), FileSystemLoader(TEMPLATES)])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(format.FILTERS)
    app.jinja_env.globals.update(asset=_assets().url, csrf_token=_no_token)
    app.jinja_env.globals.update(organisation=None, look=PLAIN, custom_styles="", product_name=name, theme="system")
    app.before_request(_refuse_foreign_forms)
    app.after_request(_harden)
    app.wsgi_app = _assets().serve(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap


@cache
def _assets() -> Assets:
    return Assets()


def _no_token() -> str:
    """The product's components ask for one; here the origin of a form is looked at instead."""
    return ""


def _refuse_foreign_forms() -> None:
    """Only the stand-in's own pages may press its buttons; programs send no such header."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
