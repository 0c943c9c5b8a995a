"""Small files that browsers and crawlers ask for, on the apex and on organisations' hosts."""

from collections.abc import Callable

from flask import Blueprint, current_app, redirect
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.web.access import even_suspended, public

apex = Blueprint("site", __name__, subdomain="apex")
tenant = Blueprint("tenant_site", __name__, subdomain="tenant")
DAY = "public, max-age=86400"


@apex.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Crawlers may read the public site."""
    return _text("User-agent: *\nDisallow: /sign-up/\n")


@tenant.get("/robots.txt")
@even_suspended
@public
def tenant_robots() -> ResponseReturnValue:
    """Crawlers have no business inside an organisation."""
    return _text("User-agent: *\nDisallow: /\n")


def _text(text: str) -> Response:
    return Response(text, mimetype="text/plain", headers={"Cache-Control": DAY})


@apex.get("/favicon.ico")
@tenant.get("/favicon.ico")
@even_suspended
@public
def favicon() -> ResponseReturnValue:
    """The icon, for browsers that look for it in the old place."""
    asset: Callable[[str], str] = current_app.jinja_env.globals["asset"]  # type: ignore[assignment]  # Jinja types its globals as object
    response = redirect(asset("img/favicon.svg"), code=302)
    response.headers["Cache-Control"] = DAY
    return response
