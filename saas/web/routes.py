"""The kit's own endpoints: choosing light or dark."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from saas.core.themes import THEMES
from saas.web.access import even_suspended, public
from saas.web.cookies import MONTH, set_cookie
from saas.web.pages import safe_next

bp = Blueprint("web", __name__, subdomain="tenant")
apex = Blueprint("apex", __name__, subdomain="apex")


@bp.post("/theme")
@apex.post("/theme")
@even_suspended
@public
def theme() -> ResponseReturnValue:
    """Remember how pages should look in this browser."""
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        raise BadRequest
    response = redirect(safe_next("/"), code=303)
    set_cookie(response, "theme", chosen, max_age=12 * MONTH)
    return response
