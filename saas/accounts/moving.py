"""Going along to another host of the organisation: cookies stay behind, so whoever asks is handed over, with what is to be said."""

from contextlib import suppress
from urllib.parse import urlencode

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from saas.accounts.operations import end_session, issue_hand_over
from saas.accounts.queries import get_user
from saas.core.crypto import Undecipherable
from saas.core.runtime import runtime, settings
from saas.web.visit import current_account, current_actor, visit

_SAID = "said along"


def bring_along(host: str, path: str, message: str) -> Response:
    """Lead to a page on another host, where the person is signed in as here and reads the message; here the session ends."""
    user, present = get_user(current_account().id), visit().sign_in
    assert present is not None
    end_session(user, present.session_id, actor=current_actor())
    token = issue_hand_over(user, actor=current_actor())
    query = urlencode({"next": path, "said": runtime().keys.seal_text(message, purpose=_SAID)})
    return redirect(settings().public_url(host, f"/hand-over/{token}?{query}"), code=303)


def pass_message_on() -> None:
    """Show on the next page what the host that handed over had to say, if anything; words of anybody else are not shown."""
    with suppress(Undecipherable):
        flash(runtime().keys.unseal_text(request.args.get("said", ""), purpose=_SAID), "success")
