"""What the pages of domains share: their words, where they stand, how a person goes along to another host."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.operations import end_session, issue_hand_over
from saas.accounts.queries import get_user
from saas.core.runtime import settings
from saas.domains.standing import BADGES, VERDICTS, Standing
from saas.tenancy.domains import pages_host
from saas.web.headers import let_forms_reach
from saas.web.visit import current_account, current_actor, current_entry, visit

bp = Blueprint("domains", __name__, subdomain="tenant", url_prefix="/settings/domains")
WORDS = {"badges": BADGES, "verdicts": VERDICTS}
"""What the templates of domains may name."""


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """The words for statuses, verdicts and steps."""
    return WORDS


def crumbs(*more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The way from the settings to a page of domains."""
    here = url_for(".index") if more else None
    return [("Settings", url_for("organisations.settings")), ("Domains", here), *more]


def reaching(page: str, domain: Standing) -> Response:
    """A page whose forms may lead to the domain, and back to the subdomain."""
    hosts = (domain.domain.host, settings().tenant_host(current_entry().slug))
    return let_forms_reach(make_response(page), *(settings().public_url(host, "") for host in hosts))


def bring_along(path: str) -> ResponseReturnValue:
    """Lead to a page where pages live now. Cookies stay behind on another host: whoever asks is handed over."""
    host = pages_host(current_entry().slug)
    if host == visit().arrival.host:
        return redirect(path, code=303)
    user, present = get_user(current_account().id), visit().sign_in
    assert present is not None
    end_session(user, present.session_id, actor=current_actor())
    token = issue_hand_over(user, actor=current_actor())
    return redirect(settings().public_url(host, f"/hand-over/{token}?{urlencode({'next': path})}"), code=303)
