"""Subscription schedules over the API: what a subscription becomes, and when."""

from typing import Any

from stripe.params import (
    SubscriptionScheduleCancelParams,
    SubscriptionScheduleCreateParams,
    SubscriptionScheduleListParams,
    SubscriptionScheduleReleaseParams,
    SubscriptionScheduleUpdateParams,
)

from saas.sandbox.stripe.billing.changes import merged
from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.ending import cancel
from saas.sandbox.stripe.billing.items import interval_of, usable_price
from saas.sandbox.stripe.billing.objects import noticing, undone_on_fault
from saas.sandbox.stripe.billing.periods import period_at
from saas.sandbox.stripe.billing.phases import enter, release, swap_items
from saas.sandbox.stripe.billing.standing import UPDATED
from saas.sandbox.stripe.billing.waking import wake
from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.lists import in_range, page
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/subscription_schedules"
CREATED_WITH = all_but(SubscriptionScheduleCreateParams, "from_subscription metadata")
UPDATED_WITH = all_but(SubscriptionScheduleUpdateParams, "end_behavior metadata phases proration_behavior")
RANGES = ("canceled_at", "completed_at", "released_at")
PHASE = {"billing_cycle_anchor", "duration", "end_date", "items", "metadata", "proration_behavior", "start_date"}


@route("POST", ADDRESS, SubscriptionScheduleCreateParams, unknown=CREATED_WITH)
def create_schedule(call: Call) -> Object:
    """A schedule whose first phase is what a subscription is now, until the end of its period."""
    if "from_subscription" not in call.values:
        raise unknown("schedules that begin without a subscription", "from_subscription")
    subscription = call.store.get("subscription", call.values["from_subscription"], "from_subscription")
    if subscription["schedule"] is not None:
        raise invalid(
            f"You cannot migrate a subscription that is already attached to a schedule: {subscription['schedule']}.",
            "from_subscription",
        )
    if subscription["status"] not in ("active", "past_due", "trialing"):
        raise invalid(f"The subscription is {subscription['status']} and cannot have a schedule.", "from_subscription")
    return begin_schedule(call.store, subscription, call.values.get("metadata") or {})


def begin_schedule(store: Store, subscription: Object, metadata: dict[str, str]) -> Object:
    """A schedule for a subscription that has none."""
    schedule = _from_subscription(store, subscription, metadata)
    with noticing(store, subscription, UPDATED):
        subscription["schedule"] = schedule["id"]
    store.emit("subscription_schedule.created", schedule)
    wake(store, subscription)
    return schedule


def change_at_period_end(store: Store, subscription: Object, entries: list[dict[str, Any]]) -> Object:
    """Let a subscription hold other items (``price``, ``quantity``) from the end of its period on, by a schedule."""
    found = subscription["schedule"]
    schedule = store.get("subscription_schedule", found) if found else begin_schedule(store, subscription, {})
    now = schedule["phases"][0]
    same = [{"price": item["price"], "quantity": item["quantity"]} for item in now["items"]]
    current = {"items": same, "start_date": now["start_date"], "end_date": now["end_date"]}
    with noticing(store, schedule, "subscription_schedule.updated"):
        _replan(store, schedule, subscription, {"phases": [current, {"items": entries, "proration_behavior": "none"}]})
    return schedule


@route("GET", ADDRESS + "/{id}")
def show_schedule(call: Call) -> Object:
    """A schedule."""
    return call.store.get("subscription_schedule", call.id)


@route("GET", ADDRESS, SubscriptionScheduleListParams, unknown=("customer_account",))
def list_schedules(call: Call) -> Object:
    """All schedules, or those that fit."""
    wanted = {"customer": call.values["customer"]} if "customer" in call.values else {}
    rows = call.store.find("subscription_schedule", **wanted)
    rows = [row for row in rows if all(in_range(row[name], call.values.get(name)) for name in RANGES)]
    if "scheduled" in call.values:
        rows = [row for row in rows if (row["status"] == "not_started") == call.values["scheduled"]]
    return page(call, rows, ADDRESS)


@route("POST", ADDRESS + "/{id}", SubscriptionScheduleUpdateParams, unknown=UPDATED_WITH)
def update_schedule(call: Call) -> Object:
    """Change the phases that are and will be; a current phase with other items takes effect at once."""
    store, values = call.store, call.values
    schedule = _running(call)
    with undone_on_fault(store, schedule["customer"]):
        subscription = store.get("subscription", schedule["subscription"])
        with noticing(store, schedule, "subscription_schedule.updated"):
            schedule["end_behavior"] = values.get("end_behavior", schedule["end_behavior"])
            if "metadata" in values:
                schedule["metadata"] = merged(schedule["metadata"], values["metadata"])
            if "phases" in values:
                _replan(store, schedule, subscription, values)
        wake(store, subscription)
    return schedule


@route("POST", ADDRESS + "/{id}/release", SubscriptionScheduleReleaseParams, unknown=("preserve_cancel_date",))
def release_schedule(call: Call) -> Object:
    """Take the schedule away and leave the subscription as it is."""
    schedule = _running(call)
    subscription = call.store.get("subscription", schedule["subscription"])
    release(call.store, schedule, subscription, call.store.now(schedule["customer"]))
    return schedule


@route("POST", ADDRESS + "/{id}/cancel", SubscriptionScheduleCancelParams)
def cancel_schedule(call: Call) -> Object:
    """End the schedule and its subscription."""
    schedule = _running(call)
    subscription = call.store.get("subscription", schedule["subscription"])
    if (invoice := cancel(call.store, subscription, {"invoice_now": True, "prorate": True} | call.values)) is not None:
        advance_invoice(call.store, invoice)
    return schedule


def _from_subscription(store: Store, subscription: Object, metadata: dict[str, str]) -> Object:
    items = subscription["items"]["data"]
    start = min(item["current_period_start"] for item in items)
    end = min(item["current_period_end"] for item in items)
    entries = [
        {"price": item["price"]["id"], "quantity": item["quantity"], "metadata": item["metadata"]} for item in items
    ]
    phase = _phase(subscription["currency"], entries, start, end, {})
    values = {
        "billing_mode": subscription["billing_mode"],
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "default_settings": {"billing_cycle_anchor": "automatic", "invoice_settings": {"issuer": {"type": "self"}}},
        "end_behavior": "release",
        "metadata": metadata,
        "phases": [phase],
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": subscription["test_clock"],
    }
    return store.add("subscription_schedule", values)


def _phase(currency: str, entries: list[dict[str, Any]], start: int, end: int, given: dict[str, Any]) -> Object:
    nothing = (
        "application_fee_percent",
        "automatic_tax",
        "billing_thresholds",
        "collection_method",
        "default_payment_method",
    )
    rest = (
        "default_tax_rates",
        "description",
        "invoice_settings",
        "on_behalf_of",
        "transfer_data",
        "trial",
        "trial_end",
    )
    items = [
        {"discounts": [], "metadata": entry.get("metadata") or {}, "plan": entry["price"], "price": entry["price"]}
        | {"quantity": entry.get("quantity"), "billing_thresholds": None, "tax_rates": []}
        for entry in entries
    ]
    return {
        **dict.fromkeys((*nothing, *rest)),
        "add_invoice_items": [],
        "billing_cycle_anchor": given.get("billing_cycle_anchor"),
        "currency": currency,
        "discounts": [],
        "end_date": end,
        "items": items,
        "metadata": given.get("metadata") or {},
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
    }


def _replan(store: Store, schedule: Object, subscription: Object, values: dict[str, Any]) -> None:
    now, planned = store.now(schedule["customer"]), list[Object]()
    start = schedule["current_phase"]["start_date"]
    for place, given in enumerate(values["phases"]):
        at = f"phases[{place}]"
        if unfit := given.keys() - PHASE:
            raise unknown(f"{sorted(unfit)} of phases", at)
        told = given.get("start_date", start)
        start = now if told == "now" else told
        if planned and start != planned[-1]["end_date"]:
            raise invalid("The start of a phase must be the end of the one before it.", f"{at}[start_date]")
        end = _end(store, subscription, given, start, now, at)
        planned.append(_phase(subscription["currency"], given["items"], start, end, given))
        start = end
    current = next((phase for phase in planned if phase["start_date"] <= now < phase["end_date"]), None)
    if current is None:
        raise invalid("One of the phases must be the current one.", "phases")
    schedule["phases"] = planned
    enter(schedule, current)
    swap_items(store, subscription, current, now, values.get("proration_behavior", "create_prorations"))


def _end(store: Store, subscription: Object, given: dict[str, Any], start: int, now: int, at: str) -> int:
    """When a phase ends: as told, after its duration, or after one interval of its first price."""
    prices = [usable_price(store, entry["price"], subscription["currency"], f"{at}[items]") for entry in given["items"]]
    if "end_date" in given:
        end = now if given["end_date"] == "now" else given["end_date"]
    else:
        length = given.get("duration")
        interval, count = (length["interval"], length.get("interval_count", 1)) if length else interval_of(prices[0])
        end = period_at(start, interval, count, start).end
    if end <= start:
        raise invalid("A phase must end after it starts.", f"{at}[end_date]")
    return int(end)


def _running(call: Call) -> Object:
    schedule = call.store.get("subscription_schedule", call.id)
    if schedule["status"] != "active":
        raise invalid(
            f"You cannot change a subscription schedule that is currently in the `{schedule['status']}` status."
        )
    return schedule
