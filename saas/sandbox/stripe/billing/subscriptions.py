"""Subscriptions over the API."""

from typing import Any

from stripe.params import (
    SubscriptionCancelParams,
    SubscriptionCreateParams,
    SubscriptionListParams,
    SubscriptionPauseParams,
    SubscriptionResumeParams,
    SubscriptionUpdateParams,
)

from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.creating import create_subscription
from saas.sandbox.stripe.billing.ending import cancel, pause, resume
from saas.sandbox.stripe.billing.objects import undone_on_fault
from saas.sandbox.stripe.billing.updating import ENDED, update_subscription
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import in_range, page
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object

ADDRESS = "/v1/subscriptions"
TERMS = (
    "automatic_tax billing_cycle_anchor cancel_at cancel_at_period_end collection_method days_until_due default_payment_method "
    "description discounts items metadata off_session payment_behavior payment_settings proration_behavior trial_end trial_settings"
)
CREATED_WITH = all_but(SubscriptionCreateParams, f"{TERMS} billing_mode currency customer trial_period_days")
UPDATED_WITH = all_but(SubscriptionUpdateParams, f"{TERMS} cancellation_details pause_collection proration_date")
NOT_LISTED_BY = all_but(
    SubscriptionListParams,
    "created current_period_end current_period_start customer ending_before limit price starting_after status test_clock",
)


@route("POST", ADDRESS, SubscriptionCreateParams, unknown=CREATED_WITH)
def create(call: Call) -> Object:
    """A new subscription."""
    if "customer" not in call.values:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    with undone_on_fault(call.store, call.values["customer"]):
        return create_subscription(call.store, call.values, on_session=not call.values.get("off_session", False))


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """A subscription."""
    return call.store.get("subscription", call.id)


@route("GET", ADDRESS, SubscriptionListParams, unknown=NOT_LISTED_BY)
def list_all(call: Call) -> Object:
    """Subscriptions that fit; those that have ended only when asked for (``status``)."""
    values = call.values
    wanted = {name: values[name] for name in ("customer", "test_clock") if name in values}
    rows = [row for row in call.store.find("subscription", **wanted) if _fits(row, values)]
    return page(call, rows, ADDRESS)


@route("POST", ADDRESS + "/{id}", SubscriptionUpdateParams, unknown=UPDATED_WITH)
def update(call: Call) -> Object:
    """Change a subscription."""
    found = call.store.get("subscription", call.id)
    with undone_on_fault(call.store, found["customer"]):
        update_subscription(call.store, found, call.values)
    return found


@route("DELETE", ADDRESS + "/{id}", SubscriptionCancelParams)
def cancel_now(call: Call) -> Object:
    """End a subscription now."""
    found = call.store.get("subscription", call.id)
    if (invoice := cancel(call.store, found, call.values)) is not None:
        advance_invoice(call.store, invoice)
    return found


@route("POST", ADDRESS + "/{id}/pause", SubscriptionPauseParams)
def pause_now(call: Call) -> Object:
    """Pause a subscription."""
    found = call.store.get("subscription", call.id)
    pause(call.store, found, call.values)
    return found


@route("POST", ADDRESS + "/{id}/resume", SubscriptionResumeParams)
def resume_now(call: Call) -> Object:
    """Resume a paused subscription."""
    found = call.store.get("subscription", call.id)
    resume(call.store, found, call.values)
    return found


@route("DELETE", ADDRESS + "/{id}/discount")
def delete_discount(call: Call) -> Object:
    """Take the discounts of a subscription away."""
    found = call.store.get("subscription", call.id)
    if not found["discounts"]:
        raise invalid("No active discount for subscription: " + call.id)
    gone = call.store.get("discount", found["discounts"][-1])
    update_subscription(call.store, found, {"discounts": ""})
    call.store.emit("customer.discount.deleted", gone)
    return {"id": gone["id"], "object": "discount", "deleted": True}


def _fits(row: Object, values: dict[str, Any]) -> bool:
    status, items = values.get("status"), row["items"]["data"]
    standing = {
        None: row["status"] not in ENDED,
        "all": True,
        "ended": row["status"] in ENDED,
    }.get(status, row["status"] == status)
    periods = ("current_period_end", "current_period_start")
    return (
        standing
        and all(any(in_range(item[name], values.get(name)) for item in items) for name in periods)
        and values.get("price") in (None, *(item["price"]["id"] for item in items))
    )
