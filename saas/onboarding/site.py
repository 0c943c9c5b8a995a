"""Small files that browsers and crawlers ask for, on the apex and on organisations' hosts."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.web.access import even_suspended, public
from saas.web.visit import current_entry, visit

apex = Blueprint("site", __name__, subdomain="apex")
tenant = Blueprint("tenant_site", __name__, subdomain="tenant")
DAY, MINUTES = "public, max-age=86400", "public, max-age=300"


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
@public
def favicon() -> ResponseReturnValue:
    """The icon, for browsers that look for it in the old place."""
    return _leading(_platform_icon(), DAY)


@tenant.get("/favicon.ico")
@even_suspended
@public
def tenant_favicon() -> ResponseReturnValue:
    """The organisation's icon: that of its brand as its pages have it, which may be another in a while."""
    look, name = visit().look, visit().look.name or current_entry().name
    if look.icon:
        return _leading(url_for("brand.picture", picture_id=look.icon.id, size="32"), MINUTES)
    if look.sign:
        return _leading(f"{url_for('brand.letter', sheet=look.sign)}?{quote(name[:1])}", MINUTES)
    return _leading(_platform_icon(), MINUTES)


def _platform_icon() -> str:
    asset: Callable[[str], str] = current_app.jinja_env.globals["asset"]  # type: ignore[assignment]  # Jinja types its globals as object
    return asset("img/favicon.svg")


def _leading(address: str, kept: str) -> Response:
    response = redirect(address, code=302)
    response.headers["Cache-Control"] = kept
    return response
