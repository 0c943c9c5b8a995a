"""Ending, pausing and resuming a subscription."""

from typing import Any

from saas.sandbox.stripe.billing.changes import begin_cycles, bill_usage_until, net_worths
from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.debits import open_debits
from saas.sandbox.stripe.billing.finalising import void
from saas.sandbox.stripe.billing.items import cycle_of, is_metered, period_of, set_period
from saas.sandbox.stripe.billing.pending import add_credit, add_debit
from saas.sandbox.stripe.billing.standing import UPDATED, end, revive, suspend
from saas.sandbox.stripe.billing.terms import details_of
from saas.sandbox.stripe.billing.updating import ENDED, has_pending, invoice_now
from saas.sandbox.stripe.billing.waking import wake
from saas.sandbox.stripe.customers import ON_DELETE
from saas.sandbox.stripe.errors import invalid, missing
from saas.sandbox.stripe.store import Object, Store


def cancel(store: Store, subscription: Object, values: dict[str, Any]) -> Object | None:
    """End a subscription now; returns the draft of its last invoice where ``invoice_now`` asks for one."""
    if subscription["status"] in ENDED:
        raise missing("subscription", subscription["id"])
    now = store.now(subscription["customer"])
    subscription["cancellation_details"] = details_of(subscription, values, {"cancel_at": now})
    if values.get("invoice_now"):
        bill_all_usage(store, subscription, now)
    if values.get("prorate"):
        credit_unused(store, subscription, now)
    if subscription["status"] == "incomplete":
        void(store, store.get("invoice", subscription["latest_invoice"]))
    end(store, subscription, reason="cancellation_requested")
    if values.get("invoice_now") and has_pending(store, subscription):
        return invoice_now(store, subscription, [], "subscription_update")
    return None


def end_as_told(store: Store, subscription: Object) -> Object | None:
    """End a subscription at the time that was set; returns the draft of what it still owes."""
    now = store.now(subscription["customer"])
    bill_all_usage(store, subscription, now)
    credit_unused(store, subscription, now)
    end(store, subscription, reason="cancellation_requested")
    return invoice_now(store, subscription, [], "subscription_cycle") if has_pending(store, subscription) else None


def pause(store: Store, subscription: Object, values: dict[str, Any]) -> None:
    """Stop a subscription until it is resumed: its unused time comes back, its usage until now is billed."""
    if subscription["schedule"]:
        raise invalid("Subscriptions with an attached schedule cannot be paused.")
    if subscription["status"] not in ("active", "past_due", "trialing"):
        raise invalid(f"A subscription that is {subscription['status']} cannot be paused.")
    now, bill = store.now(subscription["customer"]), values.get("bill_for") or {}
    if bill.get("outstanding_usage_through", {}).get("type", "now") == "now":
        bill_all_usage(store, subscription, now)
    unused = bill.get("unused_time_from", {}).get("type", "now")
    if unused != "none":
        starts = [item["current_period_start"] for item in subscription["items"]["data"]]
        credit_unused(store, subscription, now if unused == "now" else min(starts))
    suspend(store, subscription, "pause_requested")
    if values.get("invoicing_behavior") == "invoice" and has_pending(store, subscription):
        advance_invoice(store, invoice_now(store, subscription, [], "subscription_update"))


def resume(store: Store, subscription: Object, values: dict[str, Any]) -> None:
    """Start a paused subscription again: with a new cycle from now on, or for the rest of the cycle it would be in."""
    if subscription["status"] != "paused":
        raise invalid("Only a paused subscription can be resumed.")
    before = store.copy_of(subscription)
    invoice = resumption(store, subscription, values)
    if invoice is not None and values.get("payment_behavior") == "resume_on_payment_success" and invoice["amount_due"]:
        subscription["_resume_invoice"] = invoice["id"]
        store.emit(UPDATED, subscription, before)
    else:
        revive(store, subscription)
    if invoice is not None:
        advance_invoice(store, invoice)
    wake(store, subscription)


def resumption(store: Store, subscription: Object, values: dict[str, Any]) -> Object | None:
    """Put the cycle of a resumed subscription in place; returns the draft of what is owed for it, if anything is."""
    now, items = store.now(subscription["customer"]), subscription["items"]["data"]
    behaviour = values.get("proration_behavior", "create_prorations")
    if (values.get("billing_cycle_anchor") or {"type": "now"})["type"] == "now":
        lines = [*begin_cycles(store, subscription, items, now)]
        return invoice_now(store, subscription, lines, "subscription_update") if lines else None
    worths = net_worths(store, subscription, items)
    for item in items:
        set_period(item, cycle_of(item, subscription["billing_cycle_anchor"], now))
        item["billed_until"] = now if is_metered(item) else item["current_period_end"]
        if behaviour != "none" and not is_metered(item):
            moment = values.get("proration_date", now)
            add_debit(store, subscription["customer"], item, worths[item["id"]], period_of(item), moment)
    if behaviour == "always_invoice" and has_pending(store, subscription):
        return invoice_now(store, subscription, [], "subscription_update")
    return None


def bill_all_usage(store: Store, subscription: Object, moment: int) -> None:
    """Make all usage of a subscription until a moment pending."""
    for item in subscription["items"]["data"]:
        if is_metered(item):
            bill_usage_until(store, subscription["customer"], item, moment)


def credit_unused(store: Store, subscription: Object, moment: int) -> None:
    """Make what was debited for time after a moment come back."""
    for item in subscription["items"]["data"]:
        for debit in open_debits(store, subscription["id"], item["id"], moment):
            add_credit(store, subscription["customer"], item, debit, moment)


def end_all(store: Store, customer: Object) -> None:
    """End what a customer is subscribed to, because the customer is deleted."""
    for subscription in store.find("subscription", customer=customer["id"]):
        if subscription["status"] not in ENDED:
            end(store, subscription, reason=None)


ON_DELETE.append(end_all)
