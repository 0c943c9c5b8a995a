"""The next invoice, as Stripe reckons it today. Asks Stripe; no transaction is open meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from saas.billing import gateway
from saas.billing.facts import moment, read_line
from saas.billing.money import rounded_minor_units
from saas.billing.pace import get_pace
from saas.billing.prices import what_prices_sell, with_what_it_sells
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.core.database import db
from saas.tenancy.scope import platform_rights

_NOTHING = "invoice_upcoming_none"
"""Stripe's word for a subscription of which nothing more is charged."""


@dataclass(frozen=True, slots=True)
class Coming:
    """An invoice to come: when it is charged, its lines as invoices have them, the taxes on them, what would be due today, and what
    is ``expected`` to be due then if use goes on at the present pace; in minor units."""

    at: datetime | None
    lines: Sequence[dict[str, Any]]
    tax: int
    due: int
    expected: int
    currency: str


def get_coming() -> Coming | None:
    """The next invoice of the organisation in scope; None when nothing more is charged. Ends the transaction. Raises Refused,
    Unanswered."""
    account, subscription = get_account(), get_subscription()
    if account is None or subscription is None:
        return None
    asked = {"customer": account.customer_id, "subscription": subscription.id}
    pace = None if subscription.status == "trialing" else get_pace(subscription)
    with platform_rights():
        sold = what_prices_sell()
    db.session.commit()
    try:
        found = gateway.preview_invoice(asked)
    except gateway.Refused as refusal:
        if refusal.code == _NOTHING:
            return None
        raise
    at = moment(found.get("next_payment_attempt") or found.get("period_end"))
    tax = sum(one["amount"] for one in found.get("total_taxes") or ())
    more = pace.cost_until(at) if pace and at else Decimal(0)
    return Coming(
        at=at,
        lines=[with_what_it_sells(read_line(line), sold) for line in found["lines"]["data"]],
        tax=tax,
        due=found["amount_due"],
        expected=_expected(found, tax, more) if more else found["amount_due"],
        currency=found["currency"].upper(),
    )


def _expected(found: Mapping[str, Any], tax: int, more: Decimal) -> int:
    """What is due when so much more is used, with the taxes that are on the rest, after what is set off."""
    net = found["total"] - tax
    taxed = more * (1 + Decimal(tax) / net) if net > 0 else more
    added = rounded_minor_units(taxed, found["currency"])
    return max(0, int(found["total"] + (found.get("starting_balance") or 0) + added))
