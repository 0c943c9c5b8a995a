"""Draft invoices: their lines, and the totals that follow from them."""

from collections.abc import Sequence
from typing import Any

from saas.sandbox.stripe.billing.discounts import live_discounts, taken_off
from saas.sandbox.stripe.billing.lines import line_of
from saas.sandbox.stripe.billing.objects import listing_of
from saas.sandbox.stripe.billing.periods import HOUR, Period
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.store import Object, Store


def draft_invoice(
    store: Store,
    customer: str,
    *,
    currency: str,
    reason: str,
    lines: Sequence[Object] = (),
    subscription: Object | None = None,
    period: Period | None = None,
    sweep: bool = True,
    **more: Any,
) -> Object:
    """A draft with the given lines and (`sweep`) what is pending for the customer; it finalises itself after about an hour."""
    now, holder = store.now(customer), store.get("customer", customer)
    period = period or Period(now, now)
    id = new_id(PREFIXES["invoice"])
    values = _from_customer(store, holder) | _from_subscription(subscription) | {
        "id": id,
        "billing_reason": reason,
        "created": now,
        "currency": currency,
        "period_start": period.start,
        "period_end": period.end,
        "auto_advance": True,
        "automatically_finalizes_at": now + HOUR,
        "lines": listing_of([*lines], f"/v1/invoices/{id}/lines"),
        "status": "draft",
        "_retries": 0,
    } | _empty(store) | more  # fmt: skip
    invoice = store.add("invoice", values)
    for line in invoice["lines"]["data"]:
        line["invoice"] = id
    if sweep:
        sweep_pending(store, invoice)
    reckon(store, invoice)
    return invoice


def sweep_pending(store: Store, invoice: Object) -> None:
    """Put what is pending for the customer and the invoice's subscription onto the invoice, oldest first, before its lines."""
    found = []
    for entry in reversed(store.find("invoiceitem", customer=invoice["customer"], invoice=None)):
        if entry["currency"] == invoice["currency"] and entry["_subscription"] in (None, invoice["_subscription"]):
            entry["invoice"] = invoice["id"]
            found.append(line_of(entry) | {"invoice": invoice["id"]})
    _link_credits(store, invoice, found)
    invoice["lines"]["data"] = found + invoice["lines"]["data"]


def reckon(store: Store, invoice: Object) -> None:
    """Work out the totals of a draft from its lines, its discounts and the customer's balance."""
    rows: list[Object] = invoice["lines"]["data"]
    discounts = live_discounts(store, invoice["discounts"], invoice["created"])
    totals: dict[str, int] = {it["id"]: 0 for it in discounts}
    for line, amounts in zip(rows, taken_off(discounts, rows), strict=True):
        line["discount_amounts"] = amounts
        line["discounts"] = [it["discount"] for it in amounts]
        for off in amounts:
            totals[off["discount"]] += off["amount"]
    subtotal = sum(line["amount"] for line in rows)
    total = subtotal - sum(totals.values())
    balance = store.get("customer", invoice["customer"])["balance"]
    due = max(0, total + balance) if total > 0 else 0
    invoice.update(
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=total,
        total_excluding_tax=total,
        total_discount_amounts=[{"amount": amount, "discount": id} for id, amount in totals.items()],
        starting_balance=balance,
        amount_due=due,
        amount_remaining=due,
    )


def _link_credits(store: Store, invoice: Object, lines: list[Object]) -> None:
    """A credit of something that comes onto the same invoice links to its line."""
    by_item = {line["parent"][line["parent"]["type"]]["invoice_item"]: line["id"] for line in lines}
    for line in lines:
        details = line["parent"][line["parent"]["type"]]
        links = (store.get("invoiceitem", details["invoice_item"])["proration_details"] or {}).get(
            "credited_items"
        ) or {}
        if links.get("invoice_item") in by_item:
            found = {"invoice": invoice["id"], "invoice_line_items": [by_item[links["invoice_item"]]]}
            details["proration_details"]["credited_items"] = found


def _from_customer(store: Store, customer: Object) -> Object:
    shown = {
        f"customer_{name}": customer[name] for name in ("address", "email", "name", "phone", "shipping", "tax_exempt")
    }
    tax_ids = [{"type": it["type"], "value": it["value"]} for it in store.find("tax_id", customer=customer["id"])]
    discount = customer.get("discount")
    own = discount["id"] if isinstance(discount, dict) else discount
    return shown | {
        "customer": customer["id"],
        "customer_tax_ids": tax_ids,
        "test_clock": customer["test_clock"],
        "discounts": [own] if own else [],
        "collection_method": "charge_automatically",
        "_subscription": None,
    }


def _from_subscription(subscription: Object | None) -> Object:
    if subscription is None:
        return {}
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    found: Object = {
        "parent": {"type": "subscription_details", "subscription_details": details},
        "collection_method": subscription["collection_method"],
        "description": subscription["description"],
        "_subscription": subscription["id"],
    }
    if subscription["discounts"]:
        found["discounts"] = [*subscription["discounts"]]
    return found


def _empty(store: Store) -> Object:
    return {
        "account_country": "US",
        "account_name": store.seller,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "automatic_tax": {"enabled": False},
        "issuer": {"type": "self"},
        "metadata": {},
        "payment_settings": {},
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "status_transitions": {},
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }
