"""Going along to another host of the organisation: cookies stay behind, so whoever asks is handed over."""

from urllib.parse import urlencode

from flask import redirect
from werkzeug.wrappers import Response

from saas.accounts.operations import end_session, issue_hand_over
from saas.accounts.queries import get_user
from saas.core.runtime import settings
from saas.web.visit import current_account, current_actor, visit


def bring_along(host: str, path: str) -> Response:
    """Lead to a page on another host, where the person is signed in as here; here the session ends."""
    user, present = get_user(current_account().id), visit().sign_in
    assert present is not None
    end_session(user, present.session_id, actor=current_actor())
    token = issue_hand_over(user, actor=current_actor())
    return redirect(settings().public_url(host, f"/hand-over/{token}?{urlencode({'next': path})}"), code=303)
