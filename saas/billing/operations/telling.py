"""Telling: people are written to about what a look found new, in the look's own transaction, and so once; in the tenant's scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saas.billing.emails import (
    send_began,
    send_cancelled,
    send_changed,
    send_due,
    send_ended,
    send_kept,
    send_planned,
    send_receipt,
    send_resumed,
)
from saas.billing.models import Subscription
from saas.billing.module import (
    INVOICE_FAILED,
    INVOICE_ISSUED,
    INVOICE_PAID,
    SUBSCRIPTION_BEGAN,
    SUBSCRIPTION_CANCELLED,
    SUBSCRIPTION_CHANGED,
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_RESUMED,
)
from saas.billing.operations.dunning import remind
from saas.billing.operations.invoicing import Change
from saas.billing.operations.subscribing import UNDERWAY
from saas.billing.queries.subscriptions import last_request
from saas.core.clock import now
from saas.core.module import AuditEvent
from saas.tenancy.config import keep
from saas.tenancy.standing import get_standing

Waiting = tuple[Any, ...]
"""The change that waits for the end of the period: plan, cycle, price and moment; empty where none does."""
TOLD = "billing_waiting_told"
"""The key in an organisation's config that holds the change of which people believe that it waits, while that it is gone must not
be told yet; else it is empty."""
_OF_A_CHANGE = "subscription_update"
"""Stripe's word for why an invoice was made that charges a change at once."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a subscription changed by a look, of this number: what the log tells of it, and what waited for the end of the period
    before and after."""

    look: int
    live: Subscription | None
    happened: Collection[AuditEvent]
    waited: Waiting = ()
    waits: Waiting = ()


def waiting(subscription: Subscription) -> Waiting:
    """What waits for the end of a subscription's period."""
    then = subscription.next
    return tuple(then.get(name, "") for name in ("plan", "cycle", "price", "at")) if "plan" in then else ()


def tell(turn: Turn, changes: Sequence[Change], card: Mapping[str, Any]) -> bool:
    """Write to people about what a look found new, each thing once; ``card`` is the one that is on file. False where something can
    be told only when what somebody wants at this moment is there, or is refused: by a later look."""
    if turn.live is not None:
        _tell_of_plan(turn, turn.live, changes)
    believed = _tell_of_waiting(turn)
    if believed != tuple(get_standing().config.get(TOLD) or ()):
        keep({TOLD: believed})
    if SUBSCRIPTION_ENDED in turn.happened:
        send_ended()
    for change in changes:
        _tell_of_invoice(change, card)
    return not believed


def _tell_of_plan(turn: Turn, live: Subscription, changes: Sequence[Change]) -> None:
    happened = turn.happened
    if SUBSCRIPTION_BEGAN in happened:
        send_began(live)
    elif SUBSCRIPTION_CHANGED in happened:
        send_changed(live, charged=_charged(changes), resumed=SUBSCRIPTION_RESUMED in happened)
    elif SUBSCRIPTION_RESUMED in happened:
        send_resumed(live)
    if SUBSCRIPTION_CANCELLED in happened:
        send_cancelled(live)


def _tell_of_waiting(turn: Turn) -> Waiting:
    """Tell what waits now, or that nothing does any more, unless another mail says how it goes on; returns the change of which
    people go on to believe that it waits."""
    told = tuple(get_standing().config.get(TOLD) or turn.waited)
    if turn.live is None or turn.waits == told or SUBSCRIPTION_CANCELLED in turn.happened:
        return ()
    if turn.waits:
        send_planned(turn.live)
    elif not turn.happened:
        if _makes_room(turn.look):
            return told
        send_kept(turn.live)
    return ()


def _makes_room(look: int) -> bool:
    """Whether what waited may only have made room for what somebody wanted while a look was taken: a later one tells of it."""
    asked = last_request("change", "cancel", "resume", since=now() - UNDERWAY)
    if asked is None or asked.kind == "resume":
        return False
    return asked.state == "open" or asked.facts["look"] >= look


def _charged(changes: Sequence[Change]) -> int:
    """What was charged for a change at once, in minor units."""
    paid = [change.invoice for change in changes if INVOICE_PAID in change.happened]
    return sum(invoice.paid for invoice in paid if invoice.facts["why"] == _OF_A_CHANGE)


def _tell_of_invoice(change: Change, card: Mapping[str, Any]) -> None:
    invoice = change.invoice
    if INVOICE_FAILED in change.happened:
        remind(invoice)
    elif INVOICE_PAID in change.happened and invoice.total > 0:
        send_receipt(invoice, card, recovered=change.recovered)
    elif INVOICE_ISSUED in change.happened and invoice.status == "open" and invoice.due > 0 and invoice.due_at:
        send_due(invoice)
