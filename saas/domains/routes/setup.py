"""The page for whoever keeps the records: opened by a link, without an account; it shows one domain's records and looks at them."""

from typing import Any

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.routes.blueprint import dead_link
from saas.core.errors import NotFound
from saas.core.extensions import limiter
from saas.core.network import client_network
from saas.core.runtime import settings
from saas.domains import operations
from saas.domains.queries import get_shared
from saas.domains.routes.blueprint import WORDS
from saas.domains.routes.manage import refreshed, shown_again, watching
from saas.domains.standing import standing_of
from saas.web.access import public, watched
from saas.web.arrivals import unreferred
from saas.web.visit import current_entry, visit

bp = Blueprint("domain_setup", __name__, subdomain="tenant", url_prefix="/domain-setup")


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """The words for statuses, verdicts and steps."""
    return WORDS


@bp.after_request
def keep_secret(response: Response) -> Response:
    """The address is a secret: neither pages that are opened from here nor search engines learn it."""
    response.headers["X-Robots-Tag"] = "noindex"
    return unreferred(response)


@bp.errorhandler(NotFound)
def over(_error: NotFound) -> ResponseReturnValue:
    """Whoever keeps the records learns how to go on, whatever became of the link."""
    entry = current_entry()
    called = visit().look.name or entry.name
    text = f"It is too old, was ended, or is incomplete. Ask the person at {called} who sent it for a new one."
    return dead_link(text, "Get help", f"mailto:{entry.support_address or settings().support_address}")


@bp.get("/<token>")
@limiter.limit("300 per minute", key_func=client_network)
@watched
@public
def show(token: str) -> ResponseReturnValue:
    """The records of one domain, and what was found of them."""
    domain = standing_of(get_shared(token))
    page = render_template("domains/setup.html", domain=domain, urls=watching(domain, token=token))
    return refreshed(make_response(page), domain)


@bp.post("/<token>/check")
@limiter.limit("30 per minute", key_func=client_network)
@watched
@public
def check(token: str) -> ResponseReturnValue:
    """Have the records examined; the page shows what is found."""
    operations.ask_for_examination(get_shared(token))
    return shown_again(token=token)
