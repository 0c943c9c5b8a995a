"""The blueprint, and what its pages share."""

from collections.abc import Callable

from flask import Blueprint, make_response, render_template, url_for
from werkzeug.wrappers import Response

from saas.accounts import queries
from saas.accounts.models import User
from saas.core.actor import SignIn
from saas.core.errors import Invalid
from saas.web.arrivals import unreferred
from saas.web.forms import BaseForm
from saas.web.gates import TooMany
from saas.web.visit import current_account, visit

bp = Blueprint("accounts", __name__, subdomain="tenant")


def current_user() -> User:
    """The account of the person signed in."""
    return queries.get_user(current_account().id)


def current_sign_in() -> SignIn:
    """The session of the person signed in; only for views that nobody else can reach."""
    sign_in = visit().sign_in
    assert sign_in is not None
    return sign_in


def form_page(template: str, form: BaseForm, act: Callable[[], Response | str], **context: object) -> Response:
    """Do what a form asks, or show it: with what was refused beside its field, or with the time to wait."""
    status, refusal, wait = 200, "", None
    if form.submitted():
        try:
            return make_response(act())
        except Invalid as error:
            form.refuse(error)
        except TooMany as error:
            status, refusal, wait = error.status, error.message, error.retry_after
    page = render_template(template, form=form, refusal=refusal, **context)
    response = make_response(page, 422 if form.errors else status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def dead_link(text: str, action: str, url: str, *, status: int = 404) -> Response:
    """Say that a link no longer works, and what to do."""
    page = render_template("accounts/dead_link.html", text=text, action=action, url=url)
    return unreferred(make_response(page, status))


def account_tabs(here: str) -> list[dict[str, object]]:
    """The pages of one's own account, as tabs; ``here`` is an endpoint's name."""
    pages = {"profile": "Profile", "password": "Password", "email": "E-mail address", "sessions": "Sign-ins"}
    return [
        {"label": label, "url": url_for(f"accounts.{name}"), "active": name == here} for name, label in pages.items()
    ]
