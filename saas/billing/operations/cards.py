"""Cards: an account pays with one, its own; and who uses another card because a payment failed is charged again by it at once.

Stripe charges a subscription's own card before the customer's. Checkout gives the subscription its card and the portal changes
the customer's: who has both would go on paying with the old one.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.models import LIVE, BillingAccount, Invoice
from saas.billing.seen import Seen
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.tenancy.models import Tenant
from saas.tenancy.scope import inside, platform_scope, platform_work

log = structlog.get_logger()

RETRY_JOB = "billing.charge_again"
PATIENCE = 120
"""Seconds after which a charge by a new card is not waited for any more."""


def chosen_card(own: Mapping[str, Any], customers: Mapping[str, Any], before: str) -> Mapping[str, Any]:
    """Which of two cards somebody chose last, a subscription's own or the customer's: the one that is another than ``before``
    (the card's id at the last look); where that does not tell, the younger one."""
    if not own or not customers:
        return own or customers
    if before and before in (own["id"], customers["id"]):
        return customers if own["id"] == before else own
    return max(own, customers, key=lambda card: card["made"])


def keep_one_card(seen: Seen, before: str) -> bool:
    """Have customer and subscription pay with the same card, the one that was chosen last. Outside every scope; whether anything
    was changed at Stripe, of which its messages tell."""
    changed = False
    for one in seen.subscriptions:
        if one.status not in LIVE or not one.card or one.card["id"] == seen.card.get("id"):
            continue
        card = chosen_card(one.card, seen.card, before)["id"]
        if card == one.card["id"]:
            gateway.update_customer(seen.customer_id, {"invoice_settings": {"default_payment_method": card}})
        else:
            params = {"default_payment_method": card}
            gateway.update_subscription(one.id, params, key=f"{one.id}:card:{card}:{seen.number}")
        changed = True
    return changed


def charge_again_with(before: str, card: str, customer: str) -> None:
    """Have what is owed charged again with the commit, if the card is another one than before; in the platform's scope."""
    if before and card and before != card:
        enqueue(RETRY_JOB, once=f"{RETRY_JOB} {customer}", customer=customer, card=card)


def kept(card: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A card as an account keeps it: with when it took another's place (``since``), and which invoices could not be charged by it
    then (``declined``)."""
    if not card or not before:
        return dict(card)
    if card["id"] != before["id"]:
        return {**card, "since": now().timestamp()}
    return {**{name: before[name] for name in ("since", "declined") if name in before}, **card}


def is_being_charged(invoice: Invoice, card: Mapping[str, Any]) -> bool:
    """Whether an invoice whose payment failed is being charged by a card that came after.

    Stripe tells to the second when an invoice was made, not when its charge failed: one that fails within PATIENCE of a new card
    may be said to be charged until PATIENCE is over.
    """
    failed, since = invoice.failed_at.timestamp() if invoice.failed_at else 0, card.get("since", 0)
    return since >= failed and now().timestamp() - since < PATIENCE and not was_declined(invoice.id, card)


def was_declined(invoice: str, card: Mapping[str, Any]) -> bool:
    """Whether an invoice could not be charged by a card when that was new."""
    return invoice in card.get("declined", ())


def charge_again(customer: str, card: str) -> int:
    """Charge every invoice whose payment failed once more, by a card that is new; returns how many were paid. Outside every scope.
    A card that is declined too is no error: people are told as ever."""
    paid = 0
    for invoice in _failing(customer):
        try:
            gateway.pay_invoice(invoice, {"payment_method": card}, key=f"{invoice}:{card}")
            paid += 1
        except gateway.Declined as error:
            log.info("not_charged_again", invoice=invoice, code=error.code)
            _note_declined(customer, card, invoice)
        except gateway.Refused as refusal:  # such as one that was paid meanwhile
            log.info("not_charged_again", invoice=invoice, code=refusal.code)
    return paid


def _note_declined(customer: str, card: str, invoice: str) -> None:
    with platform_work() as session:
        query = select(BillingAccount).where(BillingAccount.customer_id == customer).with_for_update()
        account = session.scalars(query).one_or_none()
        if account is not None and account.card.get("id") == card:
            account.card = {**account.card, "declined": [*account.card.get("declined", ()), invoice]}


def _failing(customer: str) -> list[str]:
    with platform_scope() as session:
        owner = session.scalar(select(BillingAccount.tenant_id).where(BillingAccount.customer_id == customer))
        return _invoices_of(session.get_one(Tenant, owner).id) if owner else []


def _invoices_of(tenant_id: UUID) -> list[str]:
    with inside(db.session.get_one(Tenant, tenant_id)) as session:
        query = select(Invoice.id).where(Invoice.failed_at.is_not(None), Invoice.status == "open")
        return list(session.scalars(query.order_by(Invoice.created_at)))
