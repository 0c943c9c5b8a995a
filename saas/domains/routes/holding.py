"""Having a domain and having it no longer: claimed, taken back, given up."""

from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.domains import limits, operations
from saas.domains.forms import ClaimForm, ReleaseForm
from saas.domains.hosts import display
from saas.domains.module import MANAGE, WHITE_LABEL
from saas.domains.queries import get_domain, list_domains
from saas.domains.routes.blueprint import bp, crumbs, go_home, reaching
from saas.domains.standing import standing_of, standings_of
from saas.domains.statuses import HostStatus
from saas.web.access import confirmed, feature, requires
from saas.web.gates import TooMany
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry


@bp.route("/new", methods=["GET", "POST"])
@feature(WHITE_LABEL)
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """Begin to connect a domain."""
    form = ClaimForm.of_request(host=request.args.get("host", ""))
    if form.submitted():
        try:
            domain = limits.claiming(lambda: operations.claim_domain(form.host.data or "", actor=current_actor()))
            operations.ask_for_examination(domain)
            return redirect(url_for(".show", domain_id=domain.id), code=303)
        except Invalid as error:
            form.refuse(error)
        except TooMany as pause:
            db.session.rollback()
            return _claim_page(form, pause)
    return _claim_page(form)


def _claim_page(form: ClaimForm, pause: TooMany | None = None) -> Response:
    """The form; where no place is left, with the domains that take them: the unproven ones if there are any."""
    known = standings_of(list_domains())
    taken = known if len(known) >= operations.MOST_DOMAINS else []
    page = render_template(
        "domains/new.html",
        form=form,
        pause=pause.message if pause else "",
        in_the_way=[one for one in taken if one.status is HostStatus.PENDING] or taken,
        most=operations.MOST_DOMAINS,
        breadcrumbs=crumbs(("Connect a domain", None)),
    )
    if pause:
        return make_response(page, pause.status, {"Retry-After": str(pause.retry_after)})
    return make_response(page, 422 if form.errors else 200)


@bp.post("/<uuid:domain_id>/withdraw")
@requires(MANAGE)
def withdraw(domain_id: UUID) -> ResponseReturnValue:
    """Take back a claim that is not proven, which nobody misses; one proven meanwhile asks first, as any domain does."""
    domain = get_domain(domain_id, to_change=True)
    try:
        operations.release_domain(domain, actor=current_actor())
    except Invalid:
        return redirect(url_for(".release", domain_id=domain_id), code=303)
    return redirect_with(f"{display(domain.host)} is off the list.", ".index")


@bp.route("/<uuid:domain_id>/release", methods=["GET", "POST"])
@confirmed
@requires(MANAGE)
def release(domain_id: UUID) -> ResponseReturnValue:
    """Give a domain up that is connected, or was."""
    domain, form = get_domain(domain_id, to_change=request.method == "POST"), ReleaseForm.of_request()
    standing = standing_of(domain)
    if standing.status is HostStatus.PENDING:
        return redirect(url_for(".show", domain_id=domain_id), code=303)
    if form.submitted():
        try:
            subdomain = settings().tenant_host(current_entry().slug)
            moved = f", and your pages live at {subdomain} again" if domain.is_primary else ""
            operations.release_domain(domain, typed=form.confirm.data or "", actor=current_actor())
            return go_home(f"{standing.shown} is released{moved}. Remove its DNS records as well.", ".index")
        except Invalid as error:
            form.refuse(error)
    trail = crumbs((standing.shown, url_for(".show", domain_id=domain_id)), ("Release", None))
    days = settings().domain_quarantine_days
    page = render_template("domains/release.html", form=form, domain=standing, days=days, breadcrumbs=trail)
    response = reaching(page, standing)
    response.status_code = 422 if form.errors else 200
    return response
