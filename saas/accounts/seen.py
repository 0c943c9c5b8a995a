"""Who came, and the note that their session is in use: written at most once a minute, after the request's own work."""

from datetime import timedelta
from functools import partial

from flask import current_app, request

from saas.accounts import operations, queries
from saas.core.actor import SignIn
from saas.core.clock import now
from saas.tenancy.resolver import Arrival
from saas.tenancy.standing import Standing
from saas.web.access import access_of
from saas.web.unit import afterwards

NOTED_EVERY = timedelta(minutes=1)


def identify(identification: queries.Identification, arrival: Arrival, token: str) -> tuple[Standing, SignIn | None]:
    """What the identification finds; a session last noted some while ago is noted anew, if a person asks."""
    standing, sign_in = identification(arrival, token)
    unnoted = sign_in is not None and arrival.claims is None and sign_in.last_seen_at < now() - NOTED_EVERY
    if sign_in is not None and unnoted and not _asks_by_itself():
        afterwards(partial(operations.note_use, sign_in.session_id, address=request.remote_addr or ""))
    return standing, sign_in


def _asks_by_itself() -> bool:
    """Whether it is a part of a page that asks for what is new."""
    view = current_app.view_functions.get(request.endpoint or "")
    return "HX-Request" in request.headers and access_of(view).watched
