"""Lost passwords: the answer is the same whether there is an account or not."""

from functools import partial

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts import limits, operations
from saas.accounts.forms import ForgotForm, ResetForm
from saas.accounts.models import Purpose
from saas.accounts.routes.blueprint import bp, dead_link, form_page
from saas.accounts.routes.entrance import signed_out
from saas.accounts.tokens import DeadLink, look_at_token
from saas.core.addresses import canonical_email
from saas.web.access import even_suspended, public
from saas.web.arrivals import unreferred
from saas.web.visit import current_actor


@bp.route("/forgot", methods=["GET", "POST"])
@even_suspended
@public
def forgot() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    form = ForgotForm.of_request()
    return form_page("accounts/forgot.html", form, partial(_ask_for_reset, form))


def _ask_for_reset(form: ForgotForm) -> str:
    email = canonical_email(form.email.data or "")
    limits.mails("reset", email).take()
    operations.request_reset(email, actor=current_actor())
    return render_template("accounts/forgot_sent.html", email=email)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@even_suspended
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a link from the mailbox; looking at the page does not use the link up."""
    form = ResetForm.of_request()
    try:
        user = look_at_token(token, Purpose.RESET_PASSWORD).user
        return unreferred(form_page("accounts/reset.html", form, partial(_reset, form, token), email=user.email))
    except DeadLink:
        text = "It may have been used already, or it is older than an hour. Ask for a new one; the newest mail has it."
        return dead_link(text, "Send me a new link", url_for("accounts.forgot"))


def _reset(form: ResetForm, token: str) -> Response:
    user = operations.reset_password(token, form.password.data or "", actor=current_actor())
    limits.guesses(user.email).reopen()
    return signed_out("Your password is changed. Please sign in with the new one.")
