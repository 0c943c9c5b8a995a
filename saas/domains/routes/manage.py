"""Domains of the organisation's own: their records shown and examined, pages that live there, links to pass on."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.core.clock import now
from saas.core.errors import Conflict
from saas.core.runtime import settings
from saas.domains import operations
from saas.domains.hosts import display
from saas.domains.module import MANAGE, WHITE_LABEL
from saas.domains.queries import get_domain, list_domains, list_given_up
from saas.domains.routes.blueprint import bp, crumbs, go_home, reaching
from saas.domains.standing import Standing, standing_of, standings_of
from saas.tenancy.limits import require_feature
from saas.web.access import confirmed, feature, requires, watched
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry

WATCHED = 15 * 60
"""Seconds for which an open page asks by itself."""


@bp.get("")
@requires(MANAGE)
def index() -> ResponseReturnValue:
    """The domains, with how host and certificate stand."""
    domains, given_up = standings_of(list_domains()), list_given_up()
    if not domains and not given_up:
        require_feature(WHITE_LABEL)
    return render_template(
        "domains/index.html",
        domains=domains,
        given_up=[(display(host), until) for host, until in given_up],
        most=operations.MOST_DOMAINS,
        breadcrumbs=crumbs(),
    )


@bp.get("/<uuid:domain_id>")
@watched
@requires(MANAGE)
def show(domain_id: UUID) -> ResponseReturnValue:
    """One domain: its steps, its records, what the last examination found, and what can be done."""
    domain = standing_of(get_domain(domain_id))
    page = render_template(
        "domains/show.html",
        domain=domain,
        urls=watching(domain, domain_id=domain_id),
        subdomain=settings().public_url(settings().tenant_host(current_entry().slug), ""),
        breadcrumbs=crumbs((domain.shown, None)),
    )
    return refreshed(reaching(page, domain), domain)


def watching(domain: Standing, **place: Any) -> dict[str, str]:
    """Where the part that shows the examination asks, with how the domain is known to stand, so that a change shows the whole page
    anew, and since when it has asked; ``look`` is empty once that is long enough. ``check`` is for people."""
    present = int(now().timestamp())
    since = min(request.args.get("since", present, type=int), present)
    known = {**place, "known": domain.status, "since": since}
    look = url_for(".check", **known) if present - since < WATCHED else ""
    return {"show": url_for(".show", **known), "look": look, "check": url_for(".check", **place)}


def shown_again(**place: Any) -> ResponseReturnValue:
    """Lead from an examination that was asked for to the page that shows it."""
    known, since = request.args.get("known"), request.args.get("since")
    return redirect(url_for(".show", **place, known=known, since=since), code=303)


def refreshed(response: Response, domain: Standing) -> Response:
    """Have the whole page loaded anew where a part of it asks that shows another status."""
    known = request.args.get("known", "")
    if "HX-Request" in request.headers and known and known != domain.status:
        response.headers["HX-Refresh"] = "true"
    return response


@bp.post("/<uuid:domain_id>/check")
@watched
@requires(MANAGE)
def check(domain_id: UUID) -> ResponseReturnValue:
    """Have the records examined, unless that was asked for seconds ago; the page shows what is found."""
    operations.ask_for_examination(get_domain(domain_id))
    return shown_again(domain_id=domain_id)


@bp.post("/<uuid:domain_id>/primary")
@confirmed
@feature(WHITE_LABEL)
@requires(MANAGE)
def make_primary(domain_id: UUID) -> ResponseReturnValue:
    """Have the pages live on the domain, and bring the person along."""
    domain = get_domain(domain_id, to_change=True)
    try:
        operations.make_primary(domain, actor=current_actor())
    except Conflict as conflict:
        return redirect_with(conflict.message, ".show", "warning", domain_id=domain_id)
    message = f"Your pages live at {display(domain.host)} now. Everybody else signs in there once."
    return go_home(message, ".show", domain_id=domain_id)


@bp.post("/<uuid:domain_id>/unset")
@confirmed
@requires(MANAGE)
def unset_primary(domain_id: UUID) -> ResponseReturnValue:
    """Have the pages live on the subdomain again, and bring the person along."""
    operations.unset_primary(get_domain(domain_id, to_change=True), actor=current_actor())
    subdomain = settings().tenant_host(current_entry().slug)
    message = f"Your pages live at {subdomain} again. Everybody else signs in there once."
    return go_home(message, ".show", domain_id=domain_id)


@bp.post("/<uuid:domain_id>/link")
@feature(WHITE_LABEL)
@requires(MANAGE)
def make_link(domain_id: UUID) -> ResponseReturnValue:
    """Make a link for whoever keeps the records; the page that answers is the only one that shows it."""
    domain = get_domain(domain_id, to_change=True)
    token = operations.make_share_link(domain, actor=current_actor())
    subdomain = settings().tenant_host(current_entry().slug)  # a primary domain may be what the records are to mend
    link = settings().public_url(subdomain, url_for("domain_setup.show", token=token))
    shown = standing_of(domain)
    trail = crumbs((shown.shown, url_for(".show", domain_id=domain_id)), ("Link", None))
    return render_template("domains/link.html", domain=shown, link=link, breadcrumbs=trail)


@bp.post("/<uuid:domain_id>/link/end")
@requires(MANAGE)
def end_link(domain_id: UUID) -> ResponseReturnValue:
    """Let the link open nothing any more."""
    operations.end_share_link(get_domain(domain_id, to_change=True), actor=current_actor())
    return redirect_with("The link opens nothing any more.", ".show", domain_id=domain_id)
