"""What pages and mails load of a brand: two style sheets, an icon and pictures. Their addresses change with what they hold."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from markupsafe import escape

from saas.branding.platform import platform_sheet
from saas.branding.queries import ID, get_sheet
from saas.core.errors import NotFound
from saas.core.look import PLATFORM_SHEET
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.web.access import even_suspended, public
from saas.web.visit import current_entry, visit

platform = Blueprint("platform_brand", __name__, subdomain="nowhere")
bp = Blueprint("brand", __name__, subdomain="tenant", url_prefix="/brand")
YEAR = 365 * 24 * 3600
SIZES = ("large", "small", "512", "180", "32")
_ELSEWHERE = MappingProxyType({"Cross-Origin-Resource-Policy": "cross-origin"})


@platform.get(f"/brand/{PLATFORM_SHEET}<plain_sheet>.css")
@public
def platform_styles(plain_sheet: str) -> ResponseReturnValue:
    """The tokens of the platform's own brand."""
    text = platform_sheet(plain_sheet)
    if text is None:
        raise NotFound
    return _kept(text, "text/css")


@bp.get("/<sheet>.css")
@even_suspended
@public
def styles(sheet: str) -> ResponseReturnValue:
    """The tokens of the organisation's theme, light and dark."""
    return _kept(get_sheet(sheet), "text/css")


@bp.get("/own/<own_sheet>.css")
@even_suspended
@public
def custom(own_sheet: str) -> ResponseReturnValue:
    """The organisation's own CSS, cleaned."""
    return _kept(get_sheet(own_sheet, custom=True), "text/css")


@bp.get("/<sheet>.svg")
@even_suspended
@public
def letter(sheet: str) -> ResponseReturnValue:
    """The icon of a brand that has no picture for it: the first letter on the brand's colour."""
    look = visit().look
    if not look.styles or sheet != look.styles:
        raise NotFound
    sign = escape((look.name or current_entry().name)[:1].upper())
    fill, ink = look.light["primary"], look.light["primary-foreground"]
    return _kept(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{fill}"/><text x="16" y="22.5" font-family="system-ui,sans-serif"'
        f' font-size="19" font-weight="600" text-anchor="middle" fill="{ink}">{sign}</text></svg>',
        "image/svg+xml",
    )


@bp.get("/<picture_id>/<size>.png")
@even_suspended
@public
def picture(picture_id: str, size: str) -> ResponseReturnValue:
    """A picture of the organisation in one of its sizes. Mail programs show it too, wherever they are."""
    if size not in SIZES:
        raise NotFound
    content = runtime().storage.get(current_tenant_id(), f"brand/{_checked(picture_id)}/{size}.png")
    return _kept(content, "image/png", _ELSEWHERE)


def _checked(picture: str) -> str:
    if not ID.fullmatch(picture):
        raise NotFound
    return picture


def _kept(content: str | bytes, mimetype: str, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """For a year; opened by itself it can do nothing."""
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers.update(headers)
    return response
