"""Updating a subscription: other items, another cycle, a trial, terms; and how what it costs is collected."""

from typing import Any

from saas.sandbox.stripe.billing.changes import UNBILLED, make_changes, swaps
from saas.sandbox.stripe.billing.collecting import advance_invoice, collect
from saas.sandbox.stripe.billing.discounts import new_discounts, use_up
from saas.sandbox.stripe.billing.drafting import draft_invoice
from saas.sandbox.stripe.billing.finalising import finalise
from saas.sandbox.stripe.billing.outcomes import refused_payment
from saas.sandbox.stripe.billing.standing import UPDATED, failed
from saas.sandbox.stripe.billing.terms import cancel_terms, plain_terms
from saas.sandbox.stripe.billing.waking import INCOMPLETE_FOR, LONGEST_TRIAL, announce_trial_end, wake
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store

ENDED = ("canceled", "incomplete_expired")
ALLOWED_WHEN_ENDED = ("cancellation_details", "metadata")
ALLOWED_WHEN_INCOMPLETE = (*ALLOWED_WHEN_ENDED, "default_payment_method", "description")
ENDING = ("cancel_at", "cancel_at_period_end")
PENDING_ALLOWED = (
    "items",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "billing_cycle_anchor",
    "trial_end",
)


def update_subscription(store: Store, subscription: Object, values: dict[str, Any]) -> None:
    """Change a subscription as a call asks; raises Fault, after which the books must be put back (`undone_on_fault`)."""
    _check(subscription, values)
    before = store.copy_of(subscription)
    kept = {name: subscription[name] for name in ("billing_cycle_anchor",)} | {
        "items": [*subscription["items"]["data"]]
    }
    if "discounts" in values:
        owner = {"subscription": subscription["id"]}
        subscription["discounts"] = new_discounts(store, values["discounts"], subscription["customer"], **owner)
    invoice = change(store, subscription, values)
    subscription.update(plain_terms(store, subscription, values, subscription["customer"]))
    subscription.update(cancel_terms(subscription, values, store.now(subscription["customer"])))
    behaviour = values.get("payment_behavior", "allow_incomplete")
    if invoice is not None and behaviour == "pending_if_incomplete":
        _pay_first(store, subscription, invoice, kept, values)
    elif store.copy_of(subscription) != before:
        store.emit(UPDATED, subscription, before)
    if invoice is not None and behaviour != "pending_if_incomplete":
        _collect(store, invoice, behaviour, off_session=values.get("off_session", False))
    wake(store, subscription)


def change(store: Store, subscription: Object, values: dict[str, Any]) -> Object | None:
    """Put other items, another cycle or a trial in place; returns the draft of what is to be invoiced at once, if anything."""
    now, behaviour = store.now(subscription["customer"]), values.get("proration_behavior", "create_prorations")
    moment = _proration_date(subscription, values, now)
    found = swaps(store, subscription, values.get("items") or [])
    ends_trial = values.get("trial_end") == "now" and subscription["status"] == "trialing"
    reset = (values.get("billing_cycle_anchor") or {}).get("type") == "now"
    billed = subscription["status"] not in UNBILLED
    reset = ends_trial or (billed and (reset or any(swap.reinterval for swap in found)))
    if ends_trial:
        subscription.update(status="active", trial_end=now)
    prorate = behaviour != "none"
    trial_end = values.get("trial_end")
    if isinstance(trial_end, int):
        _start_trial(subscription, trial_end, now)
    over, anchor = reset or isinstance(trial_end, int), now if reset else None
    lines = make_changes(store, subscription, found, moment, prorate=prorate, over=over, anchor=anchor)
    if isinstance(trial_end, int):
        _move_into_trial(subscription, now, trial_end)
        announce_trial_end(store, subscription)
    if not lines and not (behaviour == "always_invoice" and has_pending(store, subscription)):
        return None
    return invoice_now(store, subscription, lines, "subscription_update")


def invoice_now(store: Store, subscription: Object, lines: list[Object], reason: str) -> Object:
    """A draft with these lines and all that is pending, as the subscription's latest invoice."""
    invoice = draft_invoice(
        store,
        subscription["customer"],
        currency=subscription["currency"],
        reason=reason,
        lines=lines,
        subscription=subscription,
    )
    subscription["latest_invoice"] = invoice["id"]
    use_up(store, subscription, invoice)
    store.emit("invoice.created", invoice)
    return invoice


def has_pending(store: Store, subscription: Object) -> bool:
    """Whether something waits for the subscription's next invoice."""
    waiting = store.find("invoiceitem", customer=subscription["customer"], invoice=None)
    return any(entry["_subscription"] in (None, subscription["id"]) for entry in waiting)


def _collect(store: Store, invoice: Object, behaviour: str, *, off_session: bool) -> None:
    if behaviour == "default_incomplete" and invoice["amount_due"]:
        finalise(store, invoice)
        failed(store, invoice)
    elif error := advance_invoice(store, invoice, off_session=off_session):
        refused_payment(behaviour, error)


def _pay_first(store: Store, subscription: Object, invoice: Object, kept: Object, values: dict[str, Any]) -> None:
    """Keep the change waiting, pay, and put it in place if that succeeds; else it waits for 23 hours."""
    for name in values:
        if name not in PENDING_ALLOWED:
            raise invalid(f"{name} cannot be used with payment_behavior=pending_if_incomplete.", name)
    anchor = subscription["billing_cycle_anchor"]
    subscription["pending_update"] = {
        "billing_cycle_anchor": anchor if anchor != kept["billing_cycle_anchor"] else None,
        "expires_at": store.now(subscription["customer"]) + INCOMPLETE_FOR,
        "subscription_items": subscription["items"]["data"],
        **dict.fromkeys(("trial_end", "trial_from_plan", "discount", "discounts", "cancel_at_period_end", "metadata")),
    }
    subscription.update(_pending_invoice=invoice["id"], billing_cycle_anchor=kept["billing_cycle_anchor"])
    subscription["items"]["data"] = kept["items"]
    before = store.copy_of(subscription)
    invoice["auto_advance"] = False
    finalise(store, invoice)
    if collect(store, invoice, off_session=values.get("off_session", False)) is not None:
        subscription["_waits"] = True
        before["pending_update"] = None
        store.emit(UPDATED, subscription, before)


def _start_trial(subscription: Object, end: int, now: int) -> None:
    if end <= now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
    if end - now > LONGEST_TRIAL:
        raise invalid("Invalid timestamp: the trial may be at most two years long.", "trial_end")
    start = subscription["trial_start"] if subscription["status"] == "trialing" else now
    subscription.update(status="trialing", trial_start=start, trial_end=end)


def _move_into_trial(subscription: Object, now: int, end: int) -> None:
    subscription["billing_cycle_anchor"] = end
    for item in subscription["items"]["data"]:
        start = item["current_period_start"] if subscription["trial_start"] != now else now
        item.update(current_period_start=start, current_period_end=end, billed_until=end)


def _proration_date(subscription: Object, values: dict[str, Any], now: int) -> int:
    moment = values.get("proration_date", now)
    starts = [item["current_period_start"] for item in subscription["items"]["data"]]
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    if "proration_date" in values and not min(starts) <= moment <= max(ends):
        raise invalid("Invalid proration_date: it must be within the current billing period.", "proration_date")
    return int(moment)


def _check(subscription: Object, values: dict[str, Any]) -> None:
    status = subscription["status"]
    allowed = ALLOWED_WHEN_ENDED if status in ENDED else ALLOWED_WHEN_INCOMPLETE if status == "incomplete" else None
    for name in values:
        if allowed is not None and name not in allowed:
            raise invalid(f"A subscription that is {status} can only be updated in {', '.join(allowed)}.", name)
    if subscription["schedule"] and any(name in values for name in ENDING):
        raise invalid(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead.",
            next(name for name in ENDING if name in values),
        )
    if subscription["pending_update"] is not None and any(name in values for name in ("items", "trial_end")):
        raise invalid("The subscription has a pending update; it must be paid or expire first.", "items")
