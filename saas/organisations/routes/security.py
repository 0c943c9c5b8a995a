"""The security policy of an organisation: entered, looked at with whom it touches, then saved."""

from flask import Blueprint, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts import methods
from saas.accounts.queries import longest_session
from saas.core.errors import Conflict
from saas.organisations import operations
from saas.organisations.effects import effects_of
from saas.organisations.forms import PolicyForm
from saas.organisations.module import SECURITY
from saas.organisations.policy import FEWEST_HOURS, FEWEST_MINUTES, differences, faults_of, normal, version_of
from saas.tenancy.policy import SecurityPolicy, everybody
from saas.tenancy.queries import own_tenant
from saas.web.access import confirmed, requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, visit

DOMAINS = "email_domains.index"
bp = Blueprint("security", __name__, url_prefix="/settings/security", subdomain="tenant")


@bp.route("", methods=["GET", "POST"])
@confirmed
@requires(SECURITY)
def show() -> ResponseReturnValue:
    """The policy. What is entered is first shown with whom it touches; a second button saves it."""
    stored = own_tenant().policy
    policy = SecurityPolicy.read(stored)
    form = PolicyForm.of_policy(policy, version_of(stored))
    step = request.form.get("step", "")
    if step == "add" and (address := current_actor().address):
        form.add(address)
    elif step != "edit" and request.method == "POST":
        return _go_on(form, policy, saves=step == "save") if _is_right(form) else _page(form, 422)
    return _page(form, 200)


def _is_right(form: PolicyForm) -> bool:
    """Whether the policy could be set; all that is wrong stands beside its field."""
    form.validate()
    for fault in faults_of(form.policy(), actor=current_actor()):
        if not form[fault.field].errors:
            form.refuse(fault)
    return not form.errors


def _go_on(form: PolicyForm, before: SecurityPolicy, *, saves: bool) -> ResponseReturnValue:
    """Save what was entered, or show what it would do."""
    wanted, actor = form.policy(), current_actor()
    try:
        if not saves:
            return _preview(form, before, normal(wanted))
        changed = operations.change_policy(wanted, version=form.version.data or "", actor=actor)
    except Conflict as conflict:
        form.form_errors.append(conflict.message)
        form.version.data = version_of(own_tenant().policy)
        return _page(form, 409)
    message = "The security policy is saved. It holds from now on." if changed else "Nothing was changed."
    return redirect_with(message, "security.show", "success" if changed else "info")


def _page(form: PolicyForm, status: int) -> Response:
    address, (longest_hours, longest_minutes) = current_actor().address or "", longest_session()
    listed = any(line.strip() for line in form.lines())
    page = render_template(
        "organisations/security/edit.html",
        form=form,
        methods=methods.METHODS,
        minutes=(FEWEST_MINUTES, longest_minutes),
        hours=(FEWEST_HOURS, longest_hours),
        address=address,
        domains_url=url_for(DOMAINS) if DOMAINS in current_app.view_functions else "",
        inside=listed and SecurityPolicy(networks=tuple(form.lines())).lets_in(address),
        breadcrumbs=[("Settings", url_for("organisations.settings")), ("Security", None)],
    )
    return make_response(page, status)


def _preview(form: PolicyForm, before: SecurityPolicy, after: SecurityPolicy) -> ResponseReturnValue:
    changes = differences(before, after)
    if not changes:
        return redirect_with("Nothing was changed: this is the policy already.", "security.show", "info")
    sign_in, actor = visit().sign_in, current_actor()
    form.networks.data = "\n".join(after.networks)
    return render_template(
        "organisations/security/preview.html",
        form=form,
        changes=changes,
        effects=effects_of(before, after, present=sign_in.session_id if sign_in else None),
        me=actor.id,
        open_to_all=everybody(after.networks),
        breadcrumbs=[
            ("Settings", url_for("organisations.settings")),
            ("Security", url_for(".show")),
            ("Check", None),
        ],
    )
