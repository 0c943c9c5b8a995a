"""One's own account: profile, password, e-mail address."""

from functools import partial

from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts import limits, operations
from saas.accounts.forms import EmailForm, PasswordForm, ProfileForm
from saas.accounts.models import User
from saas.accounts.routes.blueprint import (
    account_tabs,
    bp,
    current_sign_in,
    current_user,
    form_page,
)
from saas.web.access import confirmed, even_suspended, signed_in
from saas.web.arrivals import carry_session
from saas.web.cookies import MONTH, set_cookie
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


@bp.route("/account", methods=["GET", "POST"])
@even_suspended
@signed_in
def profile() -> ResponseReturnValue:
    """Name and theme."""
    user = current_user()
    form = ProfileForm.of_request(name=user.name, theme=user.theme)
    save = partial(_save_profile, user, form)
    return form_page("accounts/profile.html", form, save, user=user, tabs=account_tabs("profile"))


def _save_profile(user: User, form: ProfileForm) -> Response:
    theme: str = form.theme.data
    operations.update_profile(user, name=form.name.data or "", theme=theme, actor=current_actor())
    response = redirect_with("Your profile is saved.", "accounts.profile")
    set_cookie(response, "theme", theme, max_age=12 * MONTH)
    return response


@bp.route("/account/password", methods=["GET", "POST"])
@even_suspended
@signed_in
def password() -> ResponseReturnValue:
    """Change the password; the present one is asked for."""
    user, form = current_user(), PasswordForm.of_request()
    change = partial(_change_password, user, form)
    return form_page("accounts/password.html", form, change, user=user, tabs=account_tabs("password"))


def _change_password(user: User, form: PasswordForm) -> Response:
    current, wanted = form.current_password.data or "", form.password.data or ""
    session_id, actor = current_sign_in().session_id, current_actor()
    token = limits.guesses(user.email).guess(
        lambda: operations.change_password(user, current=current, password=wanted, session_id=session_id, actor=actor)
    )
    return carry_session(
        redirect_with("Your password is changed. Everywhere else you are signed out.", "accounts.password"), token
    )


@bp.route("/account/email", methods=["GET", "POST"])
@even_suspended
@signed_in
@confirmed
def email() -> ResponseReturnValue:
    """Ask for another address; a link to it makes the change."""
    user, form = current_user(), EmailForm.of_request()
    change = partial(_change_email, user, form)
    return form_page("accounts/email.html", form, change, user=user, tabs=account_tabs("email"))


def _change_email(user: User, form: EmailForm) -> Response:
    limits.mails("change", user.email).take()
    address = operations.change_email(user, form.email.data or "", actor=current_actor())
    return redirect_with(f"We have sent a link to {address}. Open it to finish the change.", "accounts.email", "info")
