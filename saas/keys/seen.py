"""Who came with an API key, and the note that it is in use: written at most once a minute, after the request's own work."""

from functools import partial

import structlog
from flask import request
from limits import parse

from saas.core.actor import KeyHolder
from saas.core.clock import now
from saas.core.network import client_network
from saas.keys import operations, queries
from saas.tenancy.resolver import Arrival, Refusal
from saas.web.errors import Unreachable
from saas.web.gates import Gate
from saas.web.unit import afterwards

log = structlog.get_logger()

WRONG_KEYS = parse("30 per 15 minutes")


def recognise(arrival: Arrival) -> KeyHolder:
    """The key that a request came with. One that opens nothing is refused and counted, the same whether it is unknown here,
    expired or revoked; a right one costs nothing of that. Raises TooMany when a network sent too many wrong ones."""
    holder = queries.find_holder(arrival.key_hash)
    if holder is None:
        log.info("api_key_refused", network=client_network())
        Gate.of((WRONG_KEYS, f"key {client_network()}")).take()
        raise Unreachable(Refusal.BAD_KEY)
    if holder.used_at is None or holder.used_at < now() - operations.NOTED_EVERY:
        afterwards(partial(operations.note_use, holder.id, address=request.remote_addr or ""))
    return holder
