"""The public site on the apex: landing page, sign-up, finding one's organisations."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.catalogue.current import catalogue
from saas.core.addresses import canonical_email
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.onboarding import checklist, limits, mails, operations, site
from saas.onboarding.forms import FindForm, SignUpForm
from saas.onboarding.patience import patiently
from saas.organisations.queries import check_availability
from saas.tenancy.names import suggest_slug
from saas.tenancy.operations import NoSpare
from saas.tenancy.plans import is_open, trial_of
from saas.web.access import public
from saas.web.gates import TooMany
from saas.web.headers import let_forms_reach
from saas.web.visit import current_actor

bp = Blueprint("onboarding", __name__, subdomain="apex")
blueprints = (bp, checklist.bp, mails.bp, site.apex, site.tenant)


@bp.get("/")
@public
def landing() -> ResponseReturnValue:
    """What the product is."""
    return render_template("onboarding/landing.html")


@bp.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> ResponseReturnValue:
    """Found an organisation; its founder arrives on its own host, signed in."""
    form = SignUpForm.of_request(plan=request.args.get("plan", ""))
    if request.method != "POST":
        return _sign_up_page(form, 200)
    try:
        limits.sending().take()
        if not form.validate():
            return _sign_up_page(form, 422)
        founded = limits.founding().succeeding(lambda: _found(form))
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _sign_up_page(form, 422)
    except (NoSpare, TooMany) as busy:
        db.session.rollback()
        return _later(_sign_up_page(form, busy.status, busy.message), busy.retry_after)
    return redirect(settings().public_url(founded.host, f"/hand-over/{founded.token}"), code=303)


def begin_of(name: str | None) -> tuple[str, int]:
    """The plan that a new organisation begins with, and for how many days it is tried: the one asked for, if anybody can
    have it, else the catalogue's first."""
    terms = catalogue().terms(name if name and is_open(name) else catalogue().first_plan)
    trial = trial_of(terms)
    return terms.label, trial.days if trial else 0


def _found(form: SignUpForm) -> operations.Founded:
    wanted, actor = form.wanted(), current_actor()
    return patiently(lambda: operations.found_organisation(wanted, actor=actor))


def _later(response: Response, seconds: int) -> Response:
    """Tell browsers when to try again."""
    response.headers["Retry-After"] = str(seconds)
    return response


def _sign_up_page(form: SignUpForm, status: int, refusal: str = "") -> Response:
    busy, refusal = status == NoSpare.status, refusal if status == TooMany.status else ""
    page = render_template(
        "onboarding/sign_up.html", form=form, busy=busy, refusal=refusal, answer=None, begin=begin_of(form.plan.data)
    )
    return let_forms_reach(
        Response(page, status, mimetype="text/html"), settings().public_url(settings().tenant_host("*"), "")
    )


@bp.get("/sign-up/check")
@public
def check() -> ResponseReturnValue:
    """Whether an address is free; a fragment."""
    limits.checking("availability").take()
    return render_template("organisations/availability.html", answer=check_availability(request.args.get("slug", "")))


@bp.get("/sign-up/address")
@public
def address() -> ResponseReturnValue:
    """The address field with a proposal made from the name, if nobody has typed one; a fragment."""
    limits.checking("proposal").take()
    proposed = "" if request.args.get("slug") else suggest_slug(request.args.get("organisation", ""))
    if not proposed:
        return "", 204
    form = SignUpForm(slug=proposed)
    return render_template("onboarding/address.html", form=form, answer=check_availability(proposed))


@bp.route("/find", methods=["GET", "POST"])
@public
def find() -> ResponseReturnValue:
    """Have the list of one's organisations mailed; the answer is the same for every address."""
    form = FindForm.of_request()
    if not form.submitted():
        return _find_page(form, 422 if form.errors else 200)
    email = canonical_email(form.email.data or "")
    try:
        limits.finding(email).take()
    except TooMany as busy:
        return _later(_find_page(form, busy.status, busy.message), busy.retry_after)
    operations.ask_for_organisations(email, actor=current_actor())
    return render_template("onboarding/found.html", email=form.email.data)


def _find_page(form: FindForm, status: int, refusal: str = "") -> Response:
    page = render_template("onboarding/find.html", form=form, refusal=refusal)
    return Response(page, status, mimetype="text/html")


@bp.get("/closed")
@public
def closed() -> ResponseReturnValue:
    """What becomes of an organisation that was just closed."""
    return render_template("onboarding/closed.html", days=settings().purge_days)
