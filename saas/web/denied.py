"""Refusals that the logs tell of: what people tried without a permission, and requests that named two organisations.

Each is written in a unit of work of its own, because the refused one is not kept; and of many alike few are written, so that
nobody fills a log by trying doors.
"""

from functools import partial
from uuid import UUID

import structlog
from flask import g, request
from limits import parse
from sqlalchemy.exc import SQLAlchemyError

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.errors import NotAllowed
from saas.core.network import client_network
from saas.tenancy.module import ACCESS_DENIED, DISAGREEMENT
from saas.tenancy.resolver import Arrival
from saas.tenancy.scope import platform_work
from saas.web.gates import Gate, TooMany
from saas.web.unit import afterwards
from saas.web.visit import visit

log = structlog.get_logger()

ALIKE = parse("1 per 10 minutes")
OF_ONE = parse("30 per hour")
OF_ALL = parse("300 per hour")


def note_denied(error: NotAllowed) -> None:
    """Have it recorded, once this request is over, that the actor was refused what they asked for."""
    if "afterwards" not in g:
        return
    found, asked = visit(), f"{request.method} {_path()}"
    page = Target("page", request.endpoint or "", asked)
    tenant_id = found.arrival.tenant.id if found.arrival.tenant else None
    afterwards(partial(_record_denied, found.actor, tenant_id, page, error.message))


def _path() -> str:
    """Where the request went: of an address that may hold a secret, only its pattern."""
    is_plain = all(isinstance(value, UUID | int) for value in (request.view_args or {}).values())
    return request.path if is_plain or request.url_rule is None else request.url_rule.rule


def _record_denied(actor: Actor, tenant_id: UUID | None, page: Target, refusal: str) -> None:
    who = str(actor.id or client_network())
    gate = Gate.of(
        (ALIKE, f"{tenant_id} denied {who} {request.method} {page.id}"),
        (OF_ONE, f"{tenant_id} denied {who}"),
        (OF_ALL, f"{tenant_id} denied"),
    )
    if _is_open(gate):
        record(ACCESS_DENIED, actor=actor, target=page, refusal=refusal)


def record_disagreement(arrival: Arrival, actor: Actor) -> None:
    """Tell the operators of a request that named more than one organisation; it reaches none, so it has no log of its own."""
    gate = Gate.of((ALIKE, f"disagreed {client_network()}"), (OF_ALL, "disagreed"))
    if not _is_open(gate):
        return
    first, named = arrival.named[0], list(dict.fromkeys(entry.key for entry in arrival.named))
    target = Target("organisation", first.id, first.name)
    try:
        with platform_work():
            where = {"host": arrival.host, "path": request.path}
            record(DISAGREEMENT, actor=actor, target=target, tenant_id=first.id, named=named, asked=where)
    except SQLAlchemyError as error:
        log.warning("refusal_not_recorded", error=type(error).__name__)


def _is_open(gate: Gate) -> bool:
    try:
        gate.take()
    except TooMany:
        return False
    return True
