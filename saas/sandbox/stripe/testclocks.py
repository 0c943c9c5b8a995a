"""Test clocks: the time of some customers, frozen until it is advanced."""

from typing import Any

from stripe.params.test_helpers import TestClockAdvanceParams, TestClockCreateParams, TestClockListParams

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.customers import remove_customer
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store

DAY = 86_400
KEPT_FOR = 30 * DAY
DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
WITHOUT_SUBSCRIPTION = 2 * 366 * DAY
LIVE = ("trialing", "active", "past_due", "unpaid", "paused", "incomplete")


@route("POST", "/v1/test_helpers/test_clocks", TestClockCreateParams, unknown=("customer",))
def create_clock(call: Call) -> Object:
    """A new clock, frozen at a moment."""
    values = call.values | {"status": "ready", "status_details": {}, "deletes_after": call.now + KEPT_FOR}
    made = call.store.add(clock.TEST_CLOCK, values)
    call.store.emit("test_helpers.test_clock.created", made)
    return made


@route("GET", "/v1/test_helpers/test_clocks/{id}")
def show_clock(call: Call) -> Object:
    """A clock."""
    return call.store.get(clock.TEST_CLOCK, call.id)


@route("GET", "/v1/test_helpers/test_clocks", TestClockListParams)
def list_clocks(call: Call) -> Object:
    """All clocks."""
    return listing(call, clock.TEST_CLOCK, "/v1/test_helpers/test_clocks")


@route("DELETE", "/v1/test_helpers/test_clocks/{id}")
def delete_clock(call: Call) -> Object:
    """Delete a clock with its customers."""
    found = call.store.get(clock.TEST_CLOCK, call.id)
    for customer in call.store.find("customer", test_clock=call.id):
        remove_customer(call.store, customer)
    call.store.remove(found)
    call.store.emit("test_helpers.test_clock.deleted", found)
    return {"id": call.id, "object": clock.TEST_CLOCK, "deleted": True}


@route("POST", "/v1/test_helpers/test_clocks/{id}/advance", TestClockAdvanceParams)
def advance_clock(call: Call) -> Object:
    """Move a clock forward. The answer says ``advancing``; whoever asks next finds it ``ready``."""
    found, moment = call.store.get(clock.TEST_CLOCK, call.id), call.values["frozen_time"]
    if moment <= found["frozen_time"]:
        raise invalid("The new frozen time must be after the present one.", "frozen_time")
    furthest = found["frozen_time"] + _reach(call.store, call.id)
    if moment > furthest:
        raise invalid(
            f"A clock can be advanced by two intervals of its shortest subscription at most: to {furthest}.",
            "frozen_time",
        )
    answer = call.store.copy_of(found) | _advancing(moment)
    before = call.store.copy_of(found)
    found |= _advancing(moment)
    call.store.emit("test_helpers.test_clock.advancing", found, before)
    try:
        clock.advance_to(call.store, call.id, moment)
    except Exception:
        found["status"] = "internal_failure"
        call.store.emit("test_helpers.test_clock.internal_failure", found)
        raise
    found |= {"status": "ready", "status_details": {}}
    call.store.emit("test_helpers.test_clock.ready", found)
    return answer


def _advancing(moment: int) -> dict[str, Any]:
    return {"status": "advancing", "status_details": {"advancing": {"target_frozen_time": moment}}}


def _reach(store: Store, id: str) -> int:
    """How many seconds the clock can be advanced at once."""
    customers = [customer["id"] for customer in store.find("customer", test_clock=id)]
    live = [it for it in store.find("subscription") if it["customer"] in customers and it["status"] in LIVE]
    recurring = [item["price"]["recurring"] for it in live for item in it["items"]["data"]]
    spans = [2 * DAYS[it["interval"]] * it["interval_count"] * DAY for it in recurring]
    return min(spans, default=WITHOUT_SUBSCRIPTION)
