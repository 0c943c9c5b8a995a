"""What pages share by which people come in: leaving another session, and links that hold a secret."""

from flask import make_response, render_template
from werkzeug.wrappers import Response

from saas.accounts.operations import end_session
from saas.accounts.queries import get_user
from saas.core.runtime import settings
from saas.web.arrivals import forget_session, unreferred
from saas.web.visit import current_actor, current_entry, visit


def leave_session(response: Response) -> Response:
    """End the session of whoever is signed in, and let the browser forget it."""
    present = visit().sign_in
    if present is not None:
        end_session(get_user(present.account.id), present.session_id, actor=current_actor())
    return forget_session(response)


def page(template: str, status: int = 200, **context: object) -> Response:
    """A page whose address holds a secret."""
    return unreferred(make_response(render_template(template, **context), status))


def dead_link(text: str, action: str = "", url: str = "") -> Response:
    """Say that a link no longer works, and what to do: 404, whatever became of it and wherever it belongs."""
    help_url = f"mailto:{current_entry().support_address or settings().support_address}"
    return page("accounts/dead_link.html", 404, text=text, action=action or "Get help", url=url or help_url)
