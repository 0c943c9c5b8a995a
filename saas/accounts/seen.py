"""Who came, and the note that their session is in use: written at most once a minute, after the request's own work."""

from datetime import timedelta
from functools import partial

from flask import request

from saas.accounts import operations, queries
from saas.core.actor import SignIn
from saas.core.clock import now
from saas.tenancy.resolver import Arrival
from saas.tenancy.standing import Standing
from saas.web.unit import afterwards

NOTED_EVERY = timedelta(minutes=1)


def identify(identification: queries.Identification, arrival: Arrival, token: str) -> tuple[Standing, SignIn | None]:
    """What the identification finds; a session last noted some while ago is noted anew."""
    standing, sign_in = identification(arrival, token)
    if sign_in is not None and arrival.claims is None and sign_in.last_seen_at < now() - NOTED_EVERY:
        afterwards(partial(operations.note_use, sign_in.session_id, address=request.remote_addr or ""))
    return standing, sign_in
