"""The public site on the apex: landing page, sign-up, finding one's organisations."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.addresses import canonical_email
from saas.accounts.devices import network_of
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.extensions import limiter
from saas.core.runtime import settings
from saas.onboarding import checklist, operations, site
from saas.onboarding.forms import FindForm, SignUpForm
from saas.onboarding.patience import patiently
from saas.organisations.queries import check_availability
from saas.tenancy.names import suggest_slug
from saas.tenancy.operations import NoSpare
from saas.tenancy.queries import email_hash
from saas.web.access import public
from saas.web.headers import let_forms_reach
from saas.web.visit import current_actor

bp = Blueprint("onboarding", __name__, subdomain="apex")
blueprints = (bp, checklist.bp, site.apex, site.tenant)


def _founded(response: Any) -> bool:
    return bool(response.status_code == 303)


def _network() -> str:
    """Where a request comes from, as a key of limits: an IPv6 customer holds a whole network of addresses."""
    return network_of(request.remote_addr or "")


def _asked_about() -> str:
    """The mailbox that a request is about, as a key of a limit that does not reveal it."""
    try:
        return email_hash(canonical_email(request.form.get("email", ""))).hex()
    except Invalid:
        return f"malformed {_network()}"


@bp.get("/")
@public
def landing() -> ResponseReturnValue:
    """What the product is."""
    return render_template("onboarding/landing.html")


@bp.route("/sign-up", methods=["GET", "POST"])
@limiter.limit("10 per hour", methods=["POST"], key_func=_network, deduct_when=_founded)
@limiter.limit("60 per hour", methods=["POST"], key_func=_network)
@limiter.limit("200 per hour", methods=["POST"], key_func=lambda: "everybody", deduct_when=_founded)
@public
def sign_up() -> ResponseReturnValue:
    """Found an organisation; its founder arrives on its own host, signed in."""
    form = SignUpForm.of_request()
    if not form.submitted():
        return _sign_up_page(form, 422 if request.method == "POST" else 200)
    wanted, actor = form.wanted(), current_actor()
    try:
        founded = patiently(lambda: operations.found_organisation(wanted, actor=actor))
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _sign_up_page(form, 422)
    except NoSpare as busy:
        response = _sign_up_page(form, busy.status)
        response.headers["Retry-After"] = str(busy.retry_after)
        return response
    return redirect(settings().public_url(founded.host, f"/hand-over/{founded.token}"), code=303)


def _sign_up_page(form: SignUpForm, status: int) -> Response:
    page = render_template("onboarding/sign_up.html", form=form, busy=status == NoSpare.status, answer=None)
    return let_forms_reach(Response(page, status, mimetype="text/html"), settings().public_url(f"*.{_base()}", ""))


def _base() -> str:
    return settings().base_domain


@bp.get("/sign-up/check")
@limiter.limit("60 per minute", key_func=_network)
@public
def check() -> ResponseReturnValue:
    """Whether an address is free; a fragment."""
    return render_template("organisations/availability.html", answer=check_availability(request.args.get("slug", "")))


@bp.get("/sign-up/address")
@limiter.limit("60 per minute", key_func=_network)
@public
def address() -> ResponseReturnValue:
    """The address field with a proposal made from the name, if nobody has typed one; a fragment."""
    proposed = "" if request.args.get("slug") else suggest_slug(request.args.get("organisation", ""))
    if not proposed:
        return "", 204
    form = SignUpForm(slug=proposed)
    return render_template("onboarding/address.html", form=form, answer=check_availability(proposed))


@bp.route("/find", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], key_func=_network)
@limiter.limit("5 per hour", methods=["POST"], key_func=_asked_about)
@public
def find() -> ResponseReturnValue:
    """Have the list of one's organisations mailed; the answer is the same for every address."""
    form = FindForm.of_request()
    if form.submitted():
        operations.ask_for_organisations(form.email.data or "", actor=current_actor())
        return render_template("onboarding/found.html", email=form.email.data)
    return render_template("onboarding/find.html", form=form), 422 if request.method == "POST" else 200


@bp.get("/closed")
@public
def closed() -> ResponseReturnValue:
    """What becomes of an organisation that was just closed."""
    return render_template("onboarding/closed.html", days=settings().purge_days)
