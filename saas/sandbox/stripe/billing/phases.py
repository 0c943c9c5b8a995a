"""Phases of a schedule: when one ends the next begins, or the schedule does what its end says."""

from typing import Any

from saas.sandbox.stripe.billing.changes import Swap, make_changes, swaps
from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.items import set_period
from saas.sandbox.stripe.billing.objects import noticing
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.standing import UPDATED
from saas.sandbox.stripe.billing.updating import has_pending, invoice_now
from saas.sandbox.stripe.store import Object, Store


def next_phase(store: Store, subscription: Object, now: int) -> None:
    """Go on to the phase that begins now, if one ends."""
    schedule = store.get("subscription_schedule", subscription["schedule"]) if subscription["schedule"] else None
    if schedule is None or schedule["current_phase"] is None or schedule["current_phase"]["end_date"] > now:
        return
    following = next(
        (phase for phase in schedule["phases"] if phase["start_date"] >= schedule["current_phase"]["end_date"]), None
    )
    if following is None:
        _finish(store, schedule, subscription, now)
        return
    with noticing(store, schedule, "subscription_schedule.updated"):
        enter(schedule, following)
    swap_items(store, subscription, following, now, following["proration_behavior"])


def enter(schedule: Object, phase: Object) -> None:
    """Make a phase the current one."""
    schedule["current_phase"] = {"start_date": phase["start_date"], "end_date": phase["end_date"]}


def swap_items(store: Store, subscription: Object, phase: Object, now: int, behaviour: str) -> None:
    """Give a subscription the items of a phase: at the end of a period without proration, else as `behaviour` says."""
    found = swaps(store, subscription, _entries(subscription, phase["items"]))
    at_end = all(item["current_period_end"] <= now for item in subscription["items"]["data"])
    for swap in found:
        if at_end and swap.old is None and swap.new is not None:
            set_period(swap.new, Period(now, now))
    reset = phase["billing_cycle_anchor"] == "phase_start" or (not at_end and any(swap.reinterval for swap in found))
    if not reset and not any(swap.changed for swap in found):
        return
    with noticing(store, subscription, UPDATED):
        lines = _make(store, subscription, found, now, behaviour, reset=reset)
    if lines or (behaviour == "always_invoice" and not at_end and has_pending(store, subscription)):
        advance_invoice(store, invoice_now(store, subscription, lines, "subscription_update"))


def release(store: Store, schedule: Object, subscription: Object, now: int) -> None:
    """Let the subscription go on without the schedule."""
    schedule.update(status="released", released_at=now, released_subscription=subscription["id"], subscription=None)
    schedule["current_phase"] = None
    with noticing(store, subscription, UPDATED):
        subscription["schedule"] = None
    store.emit("subscription_schedule.released", schedule)


def _make(
    store: Store, subscription: Object, found: list[Swap], now: int, behaviour: str, *, reset: bool
) -> list[Object]:
    anchor = now if reset else None
    return make_changes(store, subscription, found, now, prorate=behaviour != "none", over=reset, anchor=anchor)


def _finish(store: Store, schedule: Object, subscription: Object, now: int) -> None:
    if schedule["end_behavior"] != "cancel":
        release(store, schedule, subscription, now)
        return
    schedule.update(status="completed", completed_at=now, current_phase=None)
    subscription.update(schedule=None, cancel_at=now)
    store.emit("subscription_schedule.completed", schedule)


def _entries(subscription: Object, wanted: list[Object]) -> list[dict[str, Any]]:
    """What turns the items of a subscription into the wanted ones: same prices stay, the others take the places of what goes."""
    left = {item["price"]["id"]: item for item in subscription["items"]["data"]}
    kept = [(entry, left.pop(entry["price"])) for entry in wanted if entry["price"] in left]
    new, old = [entry for entry in wanted if entry["price"] not in {it[0]["price"] for it in kept}], [*left.values()]
    entries = [{"id": item["id"], **_given(entry)} for entry, item in kept]
    entries += [{"id": item["id"], **_given(entry)} for entry, item in zip(new, old, strict=False)]
    entries += [_given(entry) for entry in new[len(old) :]]
    return entries + [{"id": item["id"], "deleted": True} for item in old[len(new) :]]


def _given(entry: Object) -> dict[str, Any]:
    found = {"price": entry["price"]}
    return found | ({"quantity": entry["quantity"]} if entry.get("quantity") is not None else {})
