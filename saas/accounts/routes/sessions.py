"""One's own sessions: in which browsers a person is signed in, and ending that."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from saas.accounts import operations, queries
from saas.accounts.devices import device_of
from saas.accounts.routes.blueprint import account_tabs, bp, current_sign_in, current_user
from saas.accounts.routes.entrance import signed_out
from saas.web.access import even_suspended, signed_in
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor, current_policy


@bp.get("/account/sessions")
@even_suspended
@signed_in
def sessions() -> ResponseReturnValue:
    """Where one is signed in, this browser first."""
    here = current_sign_in().session_id
    held = queries.list_sessions(current_account().id, current_policy())
    found = sorted(held, key=lambda session: session.id != here)
    rows = [(session, device_of(session.agent), session.id == here) for session in found]
    return render_template("accounts/sessions.html", rows=rows, tabs=account_tabs("sessions"))


@bp.post("/account/sessions/<uuid:session_id>/end")
@even_suspended
@signed_in
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one browser out; ending one's own session is signing out."""
    if session_id == current_sign_in().session_id:
        operations.sign_out(current_user(), session_id, actor=current_actor())
        return signed_out("You are signed out.")
    operations.end_session(current_user(), session_id, actor=current_actor())
    return redirect_with("That browser is signed out.", "accounts.sessions")


@bp.post("/account/sessions/end-others")
@even_suspended
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    keep = current_sign_in().session_id
    ended = operations.end_other_sessions(current_user(), keep=keep, actor=current_actor())
    message = "You are signed in nowhere else." if not ended else "Everywhere else you are signed out."
    return redirect_with(message, "accounts.sessions")
