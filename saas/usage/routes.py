"""The pages of usage."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from saas.core.clock import now
from saas.usage import queries
from saas.usage.module import VIEW
from saas.usage.periods import period_of
from saas.web.access import requires

bp = Blueprint("usage", __name__, subdomain="tenant", url_prefix="/usage")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """This period: used, included, beyond, forecast, cost so far, meter by meter."""
    return render_template("usage/index.html", figures=queries.get_figures(), period=period_of(now()))
