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
from saas.billing.queries.subscriptions import is_underway
from saas.core.clock import now
from saas.core.module import AuditEvent

Waiting = tuple[Any, ...]
"""The change that waits for the end of the period: plan, cycle and moment; empty where none does."""
_OF_A_CHANGE = "subscription_update"
"""Stripe's word for why an invoice was made that charges a change at once."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a subscription changed by a look: what the log tells of it, and what waited for the end of the period before and
    after."""

    live: Subscription | None
    happened: Collection[AuditEvent]
    waited: Waiting = ()
    waits: Waiting = ()


def waiting(subscription: Subscription) -> Waiting:
    """What waits for the end of a subscription's period."""
    return tuple(subscription.next[name] for name in ("plan", "cycle", "at")) if "plan" in subscription.next else ()


def tell(turn: Turn, changes: Sequence[Change], card: Mapping[str, Any]) -> None:
    """Write to people about what a look found new, each thing once; ``card`` is the one that is on file."""
    if turn.live is not None:
        _tell_of_plan(turn, turn.live, changes)
    if SUBSCRIPTION_ENDED in turn.happened:
        send_ended()
    for change in changes:
        _tell_of_invoice(change, card)


def _tell_of_plan(turn: Turn, live: Subscription, changes: Sequence[Change]) -> None:
    happened = turn.happened
    if SUBSCRIPTION_BEGAN in happened:
        send_began(live)
    elif SUBSCRIPTION_CHANGED in happened:
        send_changed(live, charged=_charged(changes), resumed=SUBSCRIPTION_RESUMED in happened)
    elif SUBSCRIPTION_RESUMED in happened:
        send_resumed(live)
    elif turn.waited and not turn.waits and SUBSCRIPTION_CANCELLED not in happened and not _makes_room():
        send_kept(live)
    if SUBSCRIPTION_CANCELLED in happened:
        send_cancelled(live)
    elif turn.waits and turn.waits != turn.waited:
        send_planned(live)


def _makes_room() -> bool:
    """Whether what waited may only have made room for what somebody wants at this moment: that is told when it is there."""
    return is_underway("change", "cancel", since=now() - UNDERWAY)


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
