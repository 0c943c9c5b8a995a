"""Settings of an organisation: its profile, its address, and closing it."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.moving import bring_along
from saas.core.errors import Conflict, Invalid
from saas.core.extensions import limiter
from saas.core.runtime import settings as platform_settings
from saas.organisations import operations
from saas.organisations.forms import AddressForm, CloseForm, ProfileForm
from saas.organisations.module import CONFIGURE, DELETE
from saas.organisations.queries import check_availability, get_profile, list_former_addresses
from saas.tenancy.scope import platform_rights
from saas.web.access import confirmed, even_suspended, requires
from saas.web.cookies import drop_cookie
from saas.web.headers import let_forms_reach
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry, tenant_key, visit

bp = Blueprint("organisations", __name__, subdomain="tenant")


@bp.route("/settings", methods=["GET", "POST"])
@requires(CONFIGURE)
def settings() -> ResponseReturnValue:
    """Name, time zone, formats and support address; ways to the address and to closing."""
    profile = get_profile()
    form = ProfileForm.of_request(
        name=profile.name,
        time_zone=profile.time_zone,
        language=profile.language,
        support_address=profile.support_address,
        version=profile.version,
    )
    status = 422 if request.method == "POST" else 200
    if form.submitted():
        try:
            operations.change_profile(actor=current_actor(), **form.data)
            return redirect_with("Your settings are saved.", "organisations.settings")
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.form_errors.append(conflict.message)
            form.version.data, status = profile.version, conflict.status
    url = _url_of(profile.slug)
    return render_template("organisations/settings.html", form=form, profile=profile, url=url), status


@bp.route("/settings/address", methods=["GET", "POST"])
@limiter.limit(
    "5 per day",
    methods=["POST"],
    key_func=tenant_key,
    deduct_when=lambda response: response.status_code == 303,
)
@confirmed
@requires(CONFIGURE)
def address() -> ResponseReturnValue:
    """Move the organisation to another subdomain."""
    form = AddressForm.of_request()
    if form.submitted():
        try:
            return _move(form.slug.data or "")
        except Invalid as error:
            form.refuse(error)
    profile = get_profile()
    page = render_template(
        "organisations/address.html",
        form=form,
        url=_url_of(profile.slug),
        former=[_url_of(name) for name in list_former_addresses(profile.slug)],
        answer=None,
        breadcrumbs=[("Settings", url_for(".settings")), ("Address", None)],
    )
    response = Response(page, 422 if request.method == "POST" else 200, mimetype="text/html")
    return let_forms_reach(response, _url_of("*"))


def _move(slug: str) -> ResponseReturnValue:
    """Change the address and bring the person along."""
    tenant = operations.change_address(slug=slug, actor=current_actor())
    message = f"The address is {_url_of(tenant.slug)} now. The former one leads there."
    host = current_entry().domain or platform_settings().tenant_host(tenant.slug)
    if host == visit().arrival.host:
        return redirect_with(message, ".address")
    return bring_along(host, url_for(".address"), message)


@bp.get("/settings/address/check")
@limiter.limit("60 per minute")
@requires(CONFIGURE)
def check() -> ResponseReturnValue:
    """Whether an address could be ours; a fragment."""
    with platform_rights():
        answer = check_availability(request.args.get("slug", ""), own=current_entry().id)
    return render_template("organisations/availability.html", answer=answer)


@bp.route("/settings/delete", methods=["GET", "POST"])
@even_suspended
@confirmed
@requires(DELETE)
def delete() -> ResponseReturnValue:
    """Close the organisation and have it deleted after the days of grace."""
    form = CloseForm.of_request()
    if form.submitted():
        try:
            operations.close_organisation(typed=form.confirm.data or "", actor=current_actor())
            return _farewell()
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            return _farewell()
    page = render_template(
        "organisations/delete.html",
        form=form,
        days=platform_settings().purge_days,
        breadcrumbs=[("Settings", url_for(".settings")), ("Delete", None)],
    )
    response = Response(page, 422 if request.method == "POST" else 200, mimetype="text/html")
    return let_forms_reach(response, platform_settings().public_url(platform_settings().base_domain, ""))


def _farewell() -> ResponseReturnValue:
    response = redirect(platform_settings().public_url(platform_settings().base_domain, "/closed"), code=303)
    drop_cookie(response, "session")
    return response


def _url_of(slug: str) -> str:
    return platform_settings().public_url(platform_settings().tenant_host(slug), "")
