"""Finalising an invoice: its number, the customer's balance, what is to be paid and how; and ending it without payment."""

from saas.sandbox.stripe.balances import change_balance
from saas.sandbox.stripe.billing.drafting import reckon
from saas.sandbox.stripe.billing.lines import usage_lines
from saas.sandbox.stripe.billing.objects import noticing
from saas.sandbox.stripe.billing.paying import cancel_payment, open_payment
from saas.sandbox.stripe.billing.periods import DAY, Period
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store


def finalise(store: Store, invoice: Object) -> None:
    """Make a draft an open invoice (late usage counts until now); raises Fault for any other invoice."""
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.", code="invoice_not_editable"
        )
    now = store.now(invoice["customer"])
    _count_late_usage(store, invoice)
    reckon(store, invoice)
    _use_balance(store, invoice)
    invoice.update(
        status="open",
        number=_number(store, invoice["customer"]),
        effective_at=now,
        automatically_finalizes_at=None,
        hosted_invoice_url=f"{store.address}/i/{invoice['id']}",
        invoice_pdf=f"{store.address}/i/{invoice['id']}/pdf",
    )
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        invoice["due_date"] = now + invoice.get("_days_until_due", 30) * DAY
    if invoice["amount_due"] > 0:
        open_payment(store, invoice)
    store.emit("invoice.finalized", invoice)


def void(store: Store, invoice: Object) -> None:
    """End an open or uncollectible invoice as if it had never been; what it took from the balance goes back."""
    _must_be(invoice, "void", "open", "uncollectible")
    used = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    if used:
        _move(store, invoice, -used, "unapplied_from_invoice")
    _end(store, invoice, "void", "voided_at")
    cancel_payment(store, invoice)
    store.emit("invoice.voided", invoice)


def give_up(store: Store, invoice: Object, reason: str = "user_forgiven") -> None:
    """Mark an open invoice as uncollectible; it can still be paid or voided."""
    _must_be(invoice, "mark as uncollectible", "open")
    _end(store, invoice, "uncollectible", "marked_uncollectible_at")
    invoice["status_details"] = {"uncollectible": {"reason": reason}}
    store.emit("invoice.marked_uncollectible", invoice)


def stop_collecting(store: Store, invoice: Object) -> None:
    """Leave an invoice as it is: nothing advances it by itself any more."""
    with noticing(store, invoice, "invoice.updated"):
        invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)


def _end(store: Store, invoice: Object, status: str, transition: str) -> None:
    invoice.update(status=status, auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"][transition] = store.now(invoice["customer"])


def _must_be(invoice: Object, what: str, *statuses: str) -> None:
    if invoice["status"] not in statuses:
        raise invalid(
            f"You can only {what} an invoice with status {' or '.join(statuses)}. This invoice is {invoice['status']}."
        )


def _use_balance(store: Store, invoice: Object) -> None:
    """A credit total goes to the balance; else credit of the balance is used up, or a debt of it is collected."""
    before = invoice["starting_balance"]
    moved = invoice["total"] if invoice["total"] <= 0 else invoice["total"] - invoice["amount_due"]
    invoice["ending_balance"] = before + moved
    if moved:
        _move(store, invoice, moved, "applied_to_invoice")


def _move(store: Store, invoice: Object, amount: int, type: str) -> None:
    customer = store.get("customer", invoice["customer"])
    change_balance(store, customer, amount, invoice["currency"], type, invoice=invoice["id"])


def _count_late_usage(store: Store, invoice: Object) -> None:
    """Rate the metered lines of a renewal again with what was reported since it was drafted."""
    for item, period in invoice.get("_usage", []):
        own = [it for it in invoice["lines"]["data"] if _is_usage(it, item["id"], period)]
        rest = [it for it in invoice["lines"]["data"] if it not in own]
        fresh = usage_lines(store, item, invoice["customer"], Period(*period))
        if [it["quantity"] for it in fresh] != [it["quantity"] for it in own]:
            invoice["lines"]["data"] = [line | {"invoice": invoice["id"]} for line in fresh] + rest


def _is_usage(line: Object, item: str, period: list[int]) -> bool:
    details = line["parent"].get("subscription_item_details") or {}
    return details.get("subscription_item") == item and [line["period"]["start"], line["period"]["end"]] == [*period]


def _number(store: Store, customer: str) -> str:
    holder = store.get("customer", customer)
    number = holder["next_invoice_sequence"] or 1
    holder["next_invoice_sequence"] = number + 1
    return f"{holder['invoice_prefix']}-{number:04d}"
