"""Getting a certificate: order, show the proof, ask for the certificate, put it into place.

Whatever is killed between two steps, the next run goes on: the order's address and key are kept, what the authority says of it
tells which step is next, and each step may be taken twice. Nothing is locked and no connection is held while others are asked;
that two runs for one host never overlap is the job's lock to see to.
"""

from datetime import timedelta
from time import sleep

import structlog

from saas.core.clock import now
from saas.core.runtime import settings
from saas.domains.certificates import folder
from saas.domains.certificates.authority import Authority, Order, Refused, Unreachable
from saas.domains.certificates.operations import (
    ORDERER,
    Work,
    account_key,
    begin,
    keep_account,
    keep_order,
    keep_proof,
    note_failed,
    note_issued,
    put_off,
)
from saas.domains.certificates.reasons import LEAST_PAUSE, UNREACHABLE, UNWRITABLE

log = structlog.get_logger()

PAUSES = (0.1, 0.2, 0.5, 1, 1, 2, 2, 3)
"""Seconds between looks at an order. One that takes longer is gone on with by a later run, so that no worker waits for it."""
LATER = timedelta(seconds=30)


def certify(host: str) -> None:
    """Get or renew a verified host's certificate if that is due. A refusal is noted with its reason and tried again later."""
    work = begin(host) if settings().certificates == "acme" else None
    if work is None:
        return
    try:
        authority = _authority()
        try:
            chain = _chain(authority, work)
        except Refused as refused:
            _note(authority, host, refused)
            return
    except Unreachable as fault:
        log.warning("authority_unreachable", host=host, error=str(fault))
        put_off(host, now() + LEAST_PAUSE, reason=UNREACHABLE)
        return
    if chain is None:
        put_off(host, now() + LATER)
        return
    try:
        folder.install(host, chain=chain, key=work.key)
    except OSError as fault:  # the order stays, so that the next run gets the same certificate again
        log.error("certificate_not_stored", host=host, error=str(fault))
        put_off(host, now() + LEAST_PAUSE, reason=UNWRITABLE)
        return
    note_issued(host, chain, actor=ORDERER)
    log.info("certificate_issued", host=host)


def _authority() -> Authority:
    """The authority with our account, which is opened the first time. Raises Unreachable, too, when it gives us none."""
    key, url = account_key()
    authority = Authority(key, url)
    if not url:
        try:
            keep_account(authority.register().url)
        except Refused as refused:
            raise Unreachable(f"it gives us no account ({refused})") from refused
    return authority


def _note(authority: Authority, host: str, refused: Refused) -> None:
    log.warning("certificate_refused", host=host, code=refused.code, detail=refused.detail)
    if refused.code == "accountDoesNotExist":
        keep_account("")
        put_off(host, now() + LATER)
    else:
        note_failed(host, refused.code, refused.detail, authority=authority.name, actor=ORDERER)


def _chain(authority: Authority, work: Work) -> bytes | None:
    """The certificate, as PEM; None when it is not ready yet. Raises Refused or Unreachable."""
    order, shown = _order(authority, work), False
    for pause in PAUSES:
        if order.status == "valid":
            return authority.chain(order)
        if order.status == "invalid":
            raise authority.problem(order)
        if order.status == "ready":
            authority.finalise(order, work.host, work.key)
        if order.status == "pending" and not shown:
            shown = _prove(authority, order)
        sleep(pause)
        order = authority.look(order.url)
    return None


def _order(authority: Authority, work: Work) -> Order:
    """The order that is under way, or a new one when there is none or the authority has forgotten it."""
    if work.order_url:
        try:
            return authority.look(work.order_url)
        except Refused as refused:
            log.info("order_forgotten", host=work.host, code=refused.code)
    order = authority.order(work.host)
    keep_order(work.host, order.url)
    return order


def _prove(authority: Authority, order: Order) -> bool:
    """Show what is wanted, if anything is, and say so; once a run, for each time may make the authority look once more."""
    proof = authority.proof(order)
    if proof is None or not proof.wanted:
        return False
    keep_proof(proof.token, proof.key_authorisation)
    authority.ask_to_look(proof)
    return True
