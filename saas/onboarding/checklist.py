"""The checklist of getting started on an organisation's site."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.queries import get_user
from saas.onboarding import operations
from saas.onboarding.progress import is_hidden, progress
from saas.organisations.module import CONFIGURE
from saas.web.access import requires, signed_in
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor

bp = Blueprint("getting_started", __name__, url_prefix="/getting-started", subdomain="tenant")


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """All steps, whether or not the home still shows them."""
    return render_template(
        "onboarding/checklist.html",
        items=progress(),
        hidden=is_hidden(),
        mails=get_user(current_account().id).tips_declined_at is None,
        breadcrumbs=[("Home", url_for("dashboard.index")), ("Getting started", None)],
    )


@bp.post("/hide")
@requires(CONFIGURE)
def hide() -> ResponseReturnValue:
    """Take the checklist off the home of everybody."""
    operations.hide_checklist(hidden=True, actor=current_actor())
    return redirect_with("The checklist is put away. You find it under Settings.", "dashboard.index")


@bp.post("/show")
@requires(CONFIGURE)
def show() -> ResponseReturnValue:
    """Bring the checklist back."""
    operations.hide_checklist(hidden=False, actor=current_actor())
    return redirect_with("The checklist is back on Home.", "dashboard.index")
