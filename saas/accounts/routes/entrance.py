"""Coming in and going out."""

from functools import partial

from flask import flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts import limits, operations
from saas.accounts.forms import ConfirmForm, SignInForm
from saas.accounts.moving import pass_message_on
from saas.accounts.routes.blueprint import bp, current_sign_in, current_user, form_page
from saas.accounts.tokens import DeadLink
from saas.core.addresses import canonical_email
from saas.core.database import db
from saas.web.access import even_suspended, public, signed_in
from saas.web.arrivals import carry_session, forget_session, unreferred
from saas.web.pages import redirect_with, safe_next
from saas.web.visit import current_actor, visit


@bp.route("/sign-in", methods=["GET", "POST"])
@even_suspended
@public
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail address and password."""
    if request.method == "GET" and visit().sign_in:
        return redirect(safe_next("/"))
    form = SignInForm.of_request()
    return form_page("accounts/sign_in.html", form, partial(_sign_in, form))


def _sign_in(form: SignInForm) -> Response:
    email, password, actor = canonical_email(form.email.data or ""), form.password.data or "", current_actor()
    token = limits.guesses(email).guess(
        lambda: operations.sign_in(email, password, actor=actor, replaces=visit().token)
    )
    return carry_session(redirect(safe_next("/"), code=303), token)


@bp.post("/sign-out")
@even_suspended
@signed_in
def sign_out() -> ResponseReturnValue:
    """End this session; the browser forgets the pages it kept."""
    operations.sign_out(current_user(), current_sign_in().session_id, actor=current_actor())
    return signed_out("You are signed out.")


def signed_out(message: str) -> Response:
    """Show the sign-in page to a browser whose session has ended."""
    return forget_session(redirect_with(message, "accounts.sign_in"))


@bp.get("/hand-over/<token>")
@even_suspended
@public
def hand_over(token: str) -> ResponseReturnValue:
    """Come in from the page where the organisation was made. Commits itself, as nothing else does after a GET."""
    if request.method == "HEAD":
        return unreferred(make_response(""))
    try:
        session_token = operations.redeem_hand_over(token, actor=current_actor(), replaces=visit().token)
    except DeadLink:
        if visit().sign_in:
            return unreferred(redirect(safe_next("/")))
        flash("This way in was used already or is too old. Please sign in with your password.", "info")
        return unreferred(redirect(url_for("accounts.sign_in")))
    db.session.commit()
    pass_message_on()
    return unreferred(carry_session(redirect(safe_next("/")), session_token))


@bp.route("/confirm", methods=["GET", "POST"])
@even_suspended
@signed_in
def confirm() -> ResponseReturnValue:
    """Type the password again before a sensitive step."""
    form = ConfirmForm.of_request()
    return form_page("accounts/confirm.html", form, partial(_confirm, form))


def _confirm(form: ConfirmForm) -> Response:
    user, password, session_id = current_user(), form.password.data or "", current_sign_in().session_id
    limits.guesses(user.email).guess(
        lambda: operations.confirm_password(user, password, session_id=session_id, actor=current_actor())
    )
    return redirect(safe_next("/"), code=303)
