"""Addresses to prove: looking at a link's page does nothing, its button does."""

from flask import flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts import limits, operations
from saas.accounts.models import Purpose
from saas.accounts.routes.blueprint import bp, current_user, dead_link
from saas.accounts.tokens import DeadLink, look_at_token
from saas.core.errors import Conflict
from saas.web.access import even_suspended, public, signed_in
from saas.web.arrivals import unreferred
from saas.web.pages import redirect_with, safe_next
from saas.web.visit import current_actor, visit


@bp.get("/verify/<token>")
@even_suspended
@public
def verify(token: str) -> ResponseReturnValue:
    """Show what the link would prove."""
    try:
        email = look_at_token(token, Purpose.VERIFY_EMAIL).email
    except DeadLink:
        return _dead_verification()
    return unreferred(make_response(render_template("accounts/verify.html", email=email)))


@bp.post("/verify/<token>")
@even_suspended
@public
def verify_now(token: str) -> ResponseReturnValue:
    """Take the address as proven."""
    try:
        operations.verify_email(token, actor=current_actor())
    except DeadLink:
        return _dead_verification()
    return _go_on("Thank you. Your e-mail address is confirmed.")


@bp.get("/confirm-email/<token>")
@even_suspended
@public
def new_email(token: str) -> ResponseReturnValue:
    """Show which address the person would have from now on."""
    try:
        proof = look_at_token(token, Purpose.CHANGE_EMAIL)
    except DeadLink:
        return _dead_change()
    page = render_template("accounts/new_email.html", email=proof.email, former=proof.user.email)
    return unreferred(make_response(page))


@bp.post("/confirm-email/<token>")
@even_suspended
@public
def new_email_now(token: str) -> ResponseReturnValue:
    """Change the address."""
    try:
        user = operations.confirm_email(token, actor=current_actor())
    except DeadLink:
        return _dead_change()
    except Conflict:
        text = "Meanwhile somebody else at this organisation uses the address. Choose another one."
        return dead_link(text, "Choose another address", url_for("accounts.email"), status=409)
    return _go_on(f"Done. From now on you sign in with {user.email}.")


@bp.post("/account/verification")
@even_suspended
@signed_in
def resend_verification() -> ResponseReturnValue:
    """Send the link that proves one's address once more."""
    user = current_user()
    if user.verified_at is None:
        limits.mails("verification", user.email).take()
        operations.send_verification(user, actor=current_actor())
        flash(f"We have sent a new link to {user.email}.", "success")
    else:
        flash("Your e-mail address is confirmed already.", "info")
    return redirect(safe_next(url_for("accounts.profile")), code=303)


def _go_on(message: str) -> Response:
    return unreferred(redirect_with(message, "accounts.profile" if visit().sign_in else "accounts.sign_in"))


def _dead_verification() -> Response:
    text = "If you confirmed your address already, there is nothing left to do. Else sign in and have a new link sent."
    return dead_link(text, "Go on", url_for("accounts.profile"))


def _dead_change() -> Response:
    text = "It may have been used already, or it is older than a day. Ask for the change again to get a new link."
    return dead_link(text, "Change my address", url_for("accounts.email"))
