"""Domains of the organisation's own: entered, their records shown and examined, used, given up."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.operations import end_session, issue_hand_over
from saas.accounts.queries import get_user
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.core.extensions import limiter
from saas.core.runtime import settings
from saas.domains import operations
from saas.domains.forms import ClaimForm, ReleaseForm
from saas.domains.module import MANAGE, WHITE_LABEL
from saas.domains.queries import get_domain, list_domains
from saas.domains.standing import BADGES, STEPS, VERDICTS, Standing, standing_of, standings_of
from saas.tenancy.domains import pages_host
from saas.tenancy.limits import require_feature
from saas.web.access import confirmed, feature, requires, watched
from saas.web.headers import let_forms_reach
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor, current_entry, tenant_key, visit

bp = Blueprint("domains", __name__, subdomain="tenant", url_prefix="/settings/domains")
WORDS = {"badges": BADGES, "verdicts": VERDICTS, "steps_of_domain": STEPS}
"""What the templates of domains may name."""
WATCHED = 15 * 60
"""Seconds for which an open page asks by itself."""


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """The words for statuses, verdicts and steps."""
    return WORDS


def _crumbs(*more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    here = url_for(".index") if more else None
    return [("Settings", url_for("organisations.settings")), ("Domains", here), *more]


@bp.get("")
@requires(MANAGE)
def index() -> ResponseReturnValue:
    """The domains, with how host and certificate stand."""
    domains = standings_of(list_domains())
    if not domains:
        require_feature(WHITE_LABEL)
    return render_template("domains/index.html", domains=domains, most=operations.MOST_DOMAINS, breadcrumbs=_crumbs())


@bp.route("/new", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"], key_func=tenant_key)
@feature(WHITE_LABEL)
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """Begin to connect a domain."""
    form = ClaimForm.of_request()
    if form.submitted():
        try:
            domain = operations.claim_domain(form.host.data or "", actor=current_actor())
            operations.ask_for_examination(domain)
            return redirect(url_for(".show", domain_id=domain.id), code=303)
        except Invalid as error:
            form.refuse(error)
    page = render_template("domains/new.html", form=form, breadcrumbs=_crumbs(("Connect a domain", None)))
    return page, 422 if form.errors else 200


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
        breadcrumbs=_crumbs((domain.shown, None)),
    )
    return refreshed(_reaching(page, domain), domain)


def _reaching(page: str, domain: Standing) -> Response:
    """A page whose forms may lead to the domain, and back to the subdomain."""
    hosts = (domain.domain.host, settings().tenant_host(current_entry().slug))
    return let_forms_reach(make_response(page), *(settings().public_url(host, "") for host in hosts))


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
@limiter.limit("30 per minute", key_func=tenant_key)
@watched
@requires(MANAGE)
def check(domain_id: UUID) -> ResponseReturnValue:
    """Have the records examined; the page shows what is found."""
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
    return _bring_along(url_for(".show", domain_id=domain_id))


@bp.post("/<uuid:domain_id>/unset")
@confirmed
@requires(MANAGE)
def unset_primary(domain_id: UUID) -> ResponseReturnValue:
    """Have the pages live on the subdomain again, and bring the person along."""
    operations.unset_primary(get_domain(domain_id, to_change=True), actor=current_actor())
    return _bring_along(url_for(".show", domain_id=domain_id))


def _bring_along(path: str) -> ResponseReturnValue:
    """Lead to a page where pages live now. Cookies stay behind on another host: whoever asks is handed over."""
    host = pages_host(current_entry().slug)
    if host == visit().arrival.host:
        return redirect(path, code=303)
    user, present = get_user(current_account().id), visit().sign_in
    assert present is not None
    end_session(user, present.session_id, actor=current_actor())
    token = issue_hand_over(user, actor=current_actor())
    return redirect(settings().public_url(host, f"/hand-over/{token}?{urlencode({'next': path})}"), code=303)


@bp.route("/<uuid:domain_id>/release", methods=["GET", "POST"])
@confirmed
@requires(MANAGE)
def release(domain_id: UUID) -> ResponseReturnValue:
    """Give a domain up."""
    domain, form = get_domain(domain_id, to_change=request.method == "POST"), ReleaseForm.of_request()
    standing = standing_of(domain)
    if form.submitted():
        try:
            operations.release_domain(domain, typed=form.confirm.data or "", actor=current_actor())
            return _bring_along(url_for(".index"))
        except Invalid as error:
            form.refuse(error)
    crumbs = _crumbs((standing.shown, url_for(".show", domain_id=domain_id)), ("Release", None))
    days = settings().domain_quarantine_days
    page = render_template("domains/release.html", form=form, domain=standing, days=days, breadcrumbs=crumbs)
    response = _reaching(page, standing)
    response.status_code = 422 if form.errors else 200
    return response


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
    crumbs = _crumbs((shown.shown, url_for(".show", domain_id=domain_id)), ("Link", None))
    return render_template("domains/link.html", domain=shown, link=link, breadcrumbs=crumbs)


@bp.post("/<uuid:domain_id>/link/end")
@requires(MANAGE)
def end_link(domain_id: UUID) -> ResponseReturnValue:
    """Let the link open nothing any more."""
    operations.end_share_link(get_domain(domain_id, to_change=True), actor=current_actor())
    return redirect_with("The link opens nothing any more.", ".show", domain_id=domain_id)
