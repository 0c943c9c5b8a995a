"""The next invoice, as Stripe reckons it today. Asks Stripe; no transaction is open meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saas.billing import gateway
from saas.billing.facts import moment, read_line
from saas.billing.prices import what_prices_sell, with_what_it_sells
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.core.database import db
from saas.tenancy.scope import platform_rights

_NOTHING = "invoice_upcoming_none"
"""Stripe's word for a subscription of which nothing more is charged."""


@dataclass(frozen=True, slots=True)
class Coming:
    """An invoice to come: when it is charged, its lines as invoices have them, the taxes on them, and what is due in the end, in
    minor units."""

    at: datetime | None
    lines: Sequence[dict[str, Any]]
    tax: int
    due: int
    currency: str


def get_coming() -> Coming | None:
    """The next invoice of the organisation in scope; None when nothing more is charged. Ends the transaction. Raises Refused,
    Unanswered."""
    account, subscription = get_account(), get_subscription()
    if account is None or subscription is None:
        return None
    asked = {"customer": account.customer_id, "subscription": subscription.id}
    with platform_rights():
        sold = what_prices_sell()
    db.session.commit()
    try:
        found = gateway.preview_invoice(asked)
    except gateway.Refused as refusal:
        if refusal.code == _NOTHING:
            return None
        raise
    return Coming(
        at=moment(found.get("next_payment_attempt") or found.get("period_end")),
        lines=[with_what_it_sells(read_line(line), sold) for line in found["lines"]["data"]],
        tax=sum(tax["amount"] for tax in found.get("total_taxes") or ()),
        due=found["amount_due"],
        currency=found["currency"].upper(),
    )
