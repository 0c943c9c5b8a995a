"""What was debited for a subscription item and not yet credited: read from the lines, and from what the credits link to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.store import Object, Store


@dataclass(frozen=True, slots=True)
class Debit:
    """An amount (minor units, discounts taken off) that was debited for a period; on an invoice, or pending (None)."""

    id: str
    invoice: str | None
    amount: int
    period: Period
    price: str
    quantity: int | None

    @property
    def credited_items(self) -> dict[str, Any]:
        """How a credit names it."""
        if self.invoice is None:
            return {"type": "invoice_item", "invoice_item": self.id, "invoice_line_item_details": None}
        lines = {"invoice": self.invoice, "invoice_line_items": [self.id]}
        return {"type": "invoice_line_items", "invoice_item": None, "invoice_line_item_details": lines}


def open_debits(store: Store, subscription: str, item: str, moment: int) -> list[Debit]:
    """What was debited for time after a moment, oldest first, and has not been credited."""
    credited = _credited(store, subscription)
    found = [
        debit
        for own, debit in (*_invoiced(store, subscription, item), *_pending(store, subscription, item))
        if debit.amount > 0 and debit.period.end > moment and not own & credited
    ]
    return sorted(found, key=lambda debit: debit.period.start)


def _invoiced(store: Store, subscription: str, item: str) -> Iterator[tuple[set[str], Debit]]:
    for invoice in store.find("invoice", _subscription=subscription):
        if invoice["status"] == "void":
            continue
        for line in invoice["lines"]["data"]:
            details = (line["parent"] or {}).get("subscription_item_details")
            if details and details["subscription_item"] == item:
                off = sum(it["amount"] for it in line["discount_amounts"] or [])
                yield {line["id"], str(details["invoice_item"])}, _debit(line, invoice["id"], line["amount"] - off)


def _pending(store: Store, subscription: str, item: str) -> Iterator[tuple[set[str], Debit]]:
    for entry in store.find("invoiceitem", _subscription=subscription, invoice=None):
        if entry["parent"]["subscription_details"]["subscription_item"] == item:
            yield {entry["id"]}, _debit(entry, None, entry["amount"])


def _debit(source: Object, invoice: str | None, amount: int) -> Debit:
    period = Period(source["period"]["start"], source["period"]["end"])
    return Debit(source["id"], invoice, amount, period, source["pricing"]["price_details"]["price"], source["quantity"])


def _credited(store: Store, subscription: str) -> set[str]:
    """The ids of the lines and pending items that credits of the subscription link to."""
    found: set[str] = set()
    for entry in store.find("invoiceitem", _subscription=subscription):
        links = (entry["proration_details"] or {}).get("credited_items")
        if not links or _is_void(store, entry["invoice"]):
            continue
        found.update((links["invoice_line_item_details"] or {}).get("invoice_line_items", ()))
        found.add(str(links["invoice_item"]))
    return found - {"None"}


def _is_void(store: Store, invoice: str | None) -> bool:
    return invoice is not None and store.get("invoice", invoice)["status"] == "void"
