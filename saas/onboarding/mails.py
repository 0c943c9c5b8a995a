"""Mail on getting started: wanted or not. Who is signed in says so on the checklist; the foot of each mail leads here too."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from saas.accounts.models import User
from saas.accounts.persons import by_link
from saas.accounts.queries import get_user
from saas.onboarding.guidance import want_tips
from saas.onboarding.tips import person_of
from saas.web.access import even_suspended, public, signed_in
from saas.web.arrivals import unreferred
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor

bp = Blueprint("tips", __name__, url_prefix="/tips", subdomain="tenant")


@bp.post("")
@signed_in
def choose() -> ResponseReturnValue:
    """Ask for mail on getting started, or for no more of it."""
    wanted = {"yes": True, "no": False}.get(request.form.get("wanted", ""))
    if wanted is None:
        raise BadRequest
    want_tips(get_user(current_account().id), wanted=wanted, actor=current_actor())
    words = "You get mail on getting started again." if wanted else "You get no more mail on getting started."
    return redirect_with(words, "getting_started.index")


@bp.get("/<token>")
@even_suspended
@public
def show(token: str) -> ResponseReturnValue:
    """What the link at the foot of a mail is for; opening it changes nothing, as mail programs open links too."""
    person = _person(token)
    page = render_template("onboarding/tips.html", declined=person.tips_declined_at is not None, email=person.email)
    return unreferred(make_response(page))


@bp.post("/<token>")
@even_suspended
@public
def decline(token: str) -> ResponseReturnValue:
    """Send this person no more of it."""
    person = _person(token)
    want_tips(person, wanted=False, actor=by_link(person, current_actor()))
    return unreferred(redirect(url_for(".show", token=token), code=303))


def _person(token: str) -> User:
    user_id = person_of(token)
    if user_id is None:
        raise NotFound
    return get_user(user_id)
