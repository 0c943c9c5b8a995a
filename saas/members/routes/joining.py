"""Joining without an invitation: the public pages."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.limits import guesses
from saas.accounts.tokens import DeadLink
from saas.core.addresses import canonical_email
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.members import limits
from saas.members.forms.joining import JoinForm, ProveForm
from saas.members.models import JoinRequest
from saas.members.operations import joining as operations
from saas.members.queries.domains import is_joinable
from saas.members.queries.joining import get_by_token
from saas.members.routes.arrivals import dead_link, page
from saas.web.access import public
from saas.web.arrivals import carry_session, unreferred
from saas.web.gates import TooMany
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry, visit

bp = Blueprint("joining", __name__, subdomain="tenant")

_DEAD = "It was replaced by a newer one, is older than three days, or joining this way is not possible any more."


@bp.app_template_global()
def join_url() -> str:
    """Where people join without an invitation; empty when an invitation is the only way in."""
    return url_for("joining.join") if is_joinable() else ""


@bp.route("/join", methods=["GET", "POST"])
@public
def join() -> ResponseReturnValue:
    """Ask to join. The answer is the same whether the address is known or not; what it means stands in the mail."""
    if not is_joinable():
        raise NotFound(f"Only an invitation leads into {current_entry().name}. Ask somebody there for one.")
    form = JoinForm.of_request()
    if form.submitted():
        try:
            return _ask(form)
        except Invalid as error:
            form.refuse(error)
        except TooMany as refusal:
            return _join_page(form, refusal.message, refusal.status)
    return _join_page(form, "", 422 if form.errors else 200)


def _ask(form: JoinForm) -> ResponseReturnValue:
    limits.trying().take()
    email, name, password = canonical_email(form.email.data or ""), form.name.data or "", form.password.data or ""
    limits.asking(email).succeeding(
        lambda: operations.ask_to_join(email=email, name=name, password=password, actor=current_actor())
    )
    return render_template("members/joining/sent.html", email=email)


def _join_page(form: JoinForm, refusal: str, status: int) -> ResponseReturnValue:
    signed_in = visit().sign_in is not None
    return render_template("members/joining/join.html", form=form, refusal=refusal, signed_in=signed_in), status


@bp.route("/join/<token>", methods=["GET", "POST"])
@public
def prove(token: str) -> ResponseReturnValue:
    """Prove the address by its link and the password chosen before; then come in, or wait for an admin."""
    form, refusal, status = ProveForm.of_request(), "", 200
    try:
        request = get_by_token(token)
        if form.submitted() and request.verified_at is None:
            return _prove(token, request, form.password.data or "")
        status = 422 if form.errors and request.verified_at is None else 200
    except DeadLink:
        return _dead()
    except Invalid as error:
        form.refuse(error)
        status = 422
    except TooMany as error:
        refusal, status = error.message, error.status
    except Conflict:
        db.session.rollback()
        return page("members/joining/known.html", 409, email=request.email)
    return _stage(request, form, refusal, status)


def _dead() -> Response:
    return dead_link(_DEAD, "Ask once more", url_for(".join")) if is_joinable() else dead_link(_DEAD)


def _prove(token: str, request: JoinRequest, password: str) -> ResponseReturnValue:
    arrived = guesses(request.email).guess(lambda: operations.prove_address(token, password, actor=current_actor()))
    if arrived is None:
        return unreferred(redirect(url_for(".prove", token=token), code=303))
    return unreferred(carry_session(redirect_with(f"Welcome, {arrived.user.name}.", "dashboard.index"), arrived.token))


def _stage(request: JoinRequest, form: ProveForm, refusal: str, status: int) -> Response:
    """How far a request has come."""
    stage = request.decision or ("waiting" if request.verified_at else "prove")
    if stage == "declined":
        status = 410
    return page(f"members/joining/{stage}.html", status, request=request, form=form, refusal=refusal)
