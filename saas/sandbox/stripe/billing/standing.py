"""How a subscription stands: what becomes of its status when its invoices are paid, fail or end otherwise."""

from collections.abc import Callable

from saas.sandbox.stripe.billing.finalising import give_up, stop_collecting, void
from saas.sandbox.stripe.billing.objects import noticing, settings
from saas.sandbox.stripe.store import Object, Store

UPDATED = "customer.subscription.updated"
LIVE = ("active", "past_due", "trialing", "unpaid")
CLOSED = ("paid", "void", "uncollectible")
END: dict[str, Callable[[Store, Object], None]] = {"void": void, "mark_uncollectible": give_up}
"""What a paused collection does with an invoice instead of charging it."""


def paid(store: Store, invoice: Object) -> None:
    """An invoice was paid: its subscription becomes active if nothing newer is owed; a waiting change is applied."""
    subscription = subscription_of(store, invoice)
    if subscription is None:
        return
    update = subscription["pending_update"]
    if update is not None and subscription["_pending_invoice"] == invoice["id"]:
        _apply(store, subscription, update)
    if subscription["status"] == "incomplete" and invoice["billing_reason"] == "subscription_create":
        with noticing(store, subscription, UPDATED):
            subscription["status"] = "active"
        keep_card(store, subscription, invoice)
    if subscription["status"] == "paused" and subscription.get("_resume_invoice") == invoice["id"]:
        revive(store, subscription)
    clear(store, subscription)


def failed(store: Store, invoice: Object) -> None:
    """An invoice was not paid: an active subscription becomes past due."""
    subscription = subscription_of(store, invoice)
    if subscription is None or subscription["status"] not in ("active", "trialing"):
        return
    if subscription["pending_update"] is not None and subscription["_pending_invoice"] == invoice["id"]:
        return
    with noticing(store, subscription, UPDATED):
        subscription["status"] = "past_due"


def clear(store: Store, subscription: Object) -> None:
    """A subscription that was past due or unpaid is active again once its latest final invoice is closed."""
    final = next(
        (it for it in store.find("invoice", _subscription=subscription["id"]) if it["status"] != "draft"), None
    )
    if subscription["status"] in ("past_due", "unpaid") and (final is None or final["status"] in CLOSED):
        with noticing(store, subscription, UPDATED):
            subscription["status"] = "active"


def give_up_retrying(store: Store, invoice: Object) -> None:
    """The last retry failed: what the dashboard's setting says happens to the subscription."""
    subscription, choice = subscription_of(store, invoice), settings(store)["after_retries"]
    stop_collecting(store, invoice)
    if subscription is None or subscription["status"] not in LIVE:
        return
    if choice == "cancel":
        end(store, subscription, reason="payment_failed")
    elif choice == "unpaid":
        with noticing(store, subscription, UPDATED):
            subscription["status"] = "unpaid"
    elif choice == "pause":
        suspend(store, subscription, "final_payment_failure")


def end(store: Store, subscription: Object, *, reason: str | None, status: str = "canceled") -> None:
    """End a subscription now: nothing of it is collected any more; what is pending stays with the customer."""
    now = store.now(subscription["customer"])
    subscription.update(
        status=status, ended_at=now, canceled_at=subscription["canceled_at"] or now, pending_update=None, _wakes=[]
    )
    details = subscription["cancellation_details"] or {"comment": None, "feedback": None, "feedback_option": None}
    subscription["cancellation_details"] = {**details, "reason": details.get("reason") or reason}
    _end_schedule(store, subscription, now)
    for invoice in store.find("invoice", _subscription=subscription["id"]):
        if invoice["status"] in ("draft", "open") and invoice["auto_advance"]:
            stop_collecting(store, invoice)
    store.emit("customer.subscription.deleted", subscription)


def suspend(store: Store, subscription: Object, why: str) -> None:
    """Pause a subscription: it makes no invoices until it is resumed."""
    transition = {"transitioned_at": store.now(subscription["customer"]), "type": "subscription"}
    before = store.copy_of(subscription)
    subscription.update(
        status="paused", status_details={"paused": transition | {"subscription": {"type": why}}}, _wakes=[]
    )
    store.emit(UPDATED, subscription, before)
    store.emit("customer.subscription.paused", subscription)


def revive(store: Store, subscription: Object) -> None:
    """Make a paused subscription active."""
    before = store.copy_of(subscription)
    subscription.update(status="active", status_details=None, _resume_invoice=None)
    store.emit(UPDATED, subscription, before)
    store.emit("customer.subscription.resumed", subscription)


def paused_collection(store: Store, invoice: Object) -> str | None:
    """What the paused collection of an invoice's subscription does with it; None if it is not paused."""
    subscription = subscription_of(store, invoice)
    return subscription["pause_collection"]["behavior"] if subscription and subscription["pause_collection"] else None


def subscription_of(store: Store, invoice: Object) -> Object | None:
    """The subscription that an invoice belongs to."""
    return store.get("subscription", invoice["_subscription"]) if invoice["_subscription"] else None


def keep_card(store: Store, subscription: Object, invoice: Object) -> None:
    """Where the subscription says so, make the card that paid its default."""
    wanted = (subscription["payment_settings"] or {}).get("save_default_payment_method")
    card = invoice.get("_paid_with")
    if wanted == "on_subscription" and card and subscription["default_payment_method"] is None:
        with noticing(store, subscription, UPDATED):
            subscription["default_payment_method"] = card


def _end_schedule(store: Store, subscription: Object, now: int) -> None:
    """A schedule ends with its subscription."""
    schedule = store.get("subscription_schedule", subscription["schedule"]) if subscription["schedule"] else None
    if schedule is not None and schedule["status"] == "active":
        schedule.update(status="canceled", canceled_at=now, current_phase=None)
        store.emit("subscription_schedule.canceled", schedule)


def _apply(store: Store, subscription: Object, update: Object) -> None:
    """Put a paid change in place."""
    before = store.copy_of(subscription)
    subscription["items"]["data"] = update["subscription_items"]
    if update["billing_cycle_anchor"] is not None:
        subscription["billing_cycle_anchor"] = update["billing_cycle_anchor"]
    waited = subscription.get("_waits")
    subscription.update(pending_update=None, _pending_invoice=None, _waits=None)
    store.emit(UPDATED, subscription, before)
    if waited:
        store.emit("customer.subscription.pending_update_applied", subscription)
