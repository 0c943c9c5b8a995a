"""Collecting an invoice: attempts to pay it, what follows when one succeeds or fails, and the retries."""

from typing import Any

from saas.sandbox.stripe import payments
from saas.sandbox.stripe.billing import standing
from saas.sandbox.stripe.billing.finalising import finalise
from saas.sandbox.stripe.billing.objects import noticing, settings
from saas.sandbox.stripe.billing.paying import attempt_payment, cancel_payment, note_paid
from saas.sandbox.stripe.billing.periods import DAY
from saas.sandbox.stripe.clock import due
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store

PAYABLE = ("open", "uncollectible")


def collect(
    store: Store, invoice: Object, *, payment_method: str | None = None, off_session: bool = True, by_hand: bool = False
) -> Object | None:
    """Try to pay an open invoice; returns the payment intent's error if that failed, else None.

    By the given card, or the invoice's, the subscription's, the customer's default, in this order.
    What is tried by hand leaves the retries as they are.
    """
    if invoice["status"] not in PAYABLE:
        raise invalid("Invoice is already paid" if invoice["status"] == "paid" else "This invoice cannot be paid.")
    if invoice["amount_due"] == 0:
        settle(store, invoice)
        return None
    intent = attempt_payment(store, invoice, payment_method or card_for(store, invoice), off_session=off_session)
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    if intent["status"] == "succeeded":
        settle(store, invoice)
        return None
    _note_failure(store, invoice, intent, by_hand=by_hand)
    error: Object = intent["last_payment_error"] or {"code": "authentication_required"}
    return error | {"payment_intent": intent}


def settle(store: Store, invoice: Object, *, out_of_band: bool = False) -> None:
    """Note that an invoice is paid, and what follows for its subscription."""
    before = store.copy_of(invoice)
    if out_of_band:
        cancel_payment(store, invoice)
    invoice.update(
        status="paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status_details=None,
    )
    invoice["status_transitions"]["paid_at"] = store.now(invoice["customer"])
    store.emit("invoice.updated", invoice, before)
    store.emit("invoice.paid", invoice)
    store.emit("invoice.payment_succeeded", invoice)
    _set_delinquent(store, invoice, delinquent=False)
    standing.paid(store, invoice)


def advance_invoice(store: Store, invoice: Object, *, off_session: bool = True) -> Object | None:
    """Finalise a draft and, if it is to be charged, try to pay it; returns the error of the attempt, if there was one."""
    finalise(store, invoice)
    if invoice["amount_due"] == 0:
        settle(store, invoice)
        return None
    if invoice["collection_method"] == "send_invoice":
        store.emit("invoice.sent", invoice)
        store.at(invoice["due_date"], "invoice", customer=invoice["customer"], id=invoice["id"])
        return None
    return collect(store, invoice, off_session=off_session) if invoice["auto_advance"] else None


def wake_invoice(store: Store, invoice: Object) -> None:
    """See to it that a draft finalises itself, or a retry takes place, at its time."""
    for name in ("automatically_finalizes_at", "next_payment_attempt"):
        if invoice["auto_advance"] and invoice[name] is not None:
            store.at(invoice[name], "invoice", customer=invoice["customer"], id=invoice["id"])


@due("invoice")
def on_time(store: Store, *, customer: str, id: str) -> None:
    """What an invoice does by itself at a moment; nothing if it changed meanwhile."""
    invoice = next(iter(store.find("invoice", id=id)), None)
    if invoice is None:
        return
    now = store.now(customer)
    if invoice["due_date"] == now and invoice["status"] == "open":
        store.emit("invoice.overdue", invoice)
        standing.failed(store, invoice)
    if not invoice["auto_advance"]:
        return
    if invoice["status"] == "draft" and invoice["automatically_finalizes_at"] <= now:
        _finalise_as_told(store, invoice)
    elif invoice["status"] == "open" and (invoice["next_payment_attempt"] or now + 1) <= now:
        collect(store, invoice)


def card_for(store: Store, invoice: Object) -> str | None:
    """The payment method that an invoice is charged to by itself."""
    holders: list[dict[str, Any]] = [invoice]
    if invoice["_subscription"]:
        holders.append(store.get("subscription", invoice["_subscription"]))
    holders.append(store.get("customer", invoice["customer"])["invoice_settings"])
    cards = [it["default_payment_method"] for it in holders if it.get("default_payment_method")]
    return next((card for card in cards if store.get("payment_method", card)["customer"] == invoice["customer"]), None)


def _finalise_as_told(store: Store, invoice: Object) -> None:
    """Finalise a draft, unless the collection of its subscription is paused."""
    behaviour = standing.paused_collection(store, invoice)
    if behaviour == "keep_as_draft":
        return
    if behaviour is None:
        advance_invoice(store, invoice)
        return
    finalise(store, invoice)
    standing.END[behaviour](store, invoice)


def _note_failure(store: Store, invoice: Object, intent: Object, *, by_hand: bool) -> None:
    with noticing(store, invoice, "invoice.updated"):
        if not by_hand:
            _plan_retry(store, invoice)
        if intent["status"] == "requires_action":
            store.emit("invoice.payment_action_required", invoice)
        store.emit("invoice.payment_failed", invoice)
    _set_delinquent(store, invoice, delinquent=True)
    standing.failed(store, invoice)
    if not by_hand and invoice["_retries"] and invoice["next_payment_attempt"] is None and invoice["auto_advance"]:
        standing.give_up_retrying(store, invoice)


def _plan_retry(store: Store, invoice: Object) -> None:
    """The next attempt, so many days after this one; none for a first invoice or when all retries are used."""
    days = settings(store)["retry_days"] if invoice["billing_reason"] != "subscription_create" else []
    used = invoice["_retries"]
    invoice["next_payment_attempt"] = None
    if invoice["auto_advance"] and used < len(days):
        invoice["next_payment_attempt"] = store.now(invoice["customer"]) + days[used] * DAY
        invoice["_retries"] = used + 1
        wake_invoice(store, invoice)


def _set_delinquent(store: Store, invoice: Object, *, delinquent: bool) -> None:
    customer = store.get("customer", invoice["customer"])
    if bool(customer["delinquent"]) != delinquent:
        with noticing(store, customer, "customer.updated"):
            customer["delinquent"] = delinquent


def on_settled(store: Store, intent: Object) -> None:
    """An invoice's intent was confirmed or authenticated by the customer: what follows for the invoice."""
    found = store.find("invoice", id=intent.get("_invoice"))
    if not found or found[0]["status"] not in PAYABLE:
        return
    invoice = found[0]
    if intent["status"] == "succeeded":
        note_paid(store, invoice, intent)
        invoice["attempt_count"] += 1
        settle(store, invoice)
    elif intent["status"] == "requires_payment_method":
        invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
        _note_failure(store, invoice, intent, by_hand=True)


payments.ON_SETTLED.append(on_settled)
