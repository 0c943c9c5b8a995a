"""Meters: what of a customer's use is counted, and how."""

from stripe.params.billing import MeterCreateParams, MeterListParams, MeterUpdateParams

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object

CUSTOMER_KEY, VALUE_KEY = "stripe_customer_id", "value"


@route("POST", "/v1/billing/meters", MeterCreateParams, unknown=("event_time_window",))
def create_meter(call: Call) -> Object:
    """A new meter; no two active ones count the same events."""
    name = call.values["event_name"]
    if call.store.find("billing.meter", event_name=name, status="active"):
        raise invalid(
            f"There is already an active meter with the event name {name}.", "event_name", "resource_already_exists"
        )
    defaults = {
        "customer_mapping": {"type": "by_id", "event_payload_key": CUSTOMER_KEY},
        "value_settings": {"event_payload_key": VALUE_KEY},
        "status": "active",
        "status_transitions": {},
        "updated": call.now,
    }
    meter = call.store.add("billing.meter", defaults | call.values)
    call.store.emit("billing.meter.created", meter)
    return meter


@route("GET", "/v1/billing/meters/{id}")
def show_meter(call: Call) -> Object:
    """A meter."""
    return call.store.get("billing.meter", call.id)


@route("GET", "/v1/billing/meters", MeterListParams)
def list_meters(call: Call) -> Object:
    """All meters, or those with a status."""
    return listing(call, "billing.meter", "/v1/billing/meters", "status")


@route("POST", "/v1/billing/meters/{id}", MeterUpdateParams)
def update_meter(call: Call) -> Object:
    """Change a meter's name for people."""
    meter = call.store.get("billing.meter", call.id)
    before = call.store.copy_of(meter)
    change(meter, call.values)
    meter["updated"] = call.now
    call.store.emit("billing.meter.updated", meter, before)
    return meter


@route("POST", "/v1/billing/meters/{id}/deactivate")
def deactivate_meter(call: Call) -> Object:
    """Stop a meter: events for it are refused, no price can use it."""
    return _turn(call, "active", "inactive", call.now)


@route("POST", "/v1/billing/meters/{id}/reactivate")
def reactivate_meter(call: Call) -> Object:
    """Let a stopped meter count again."""
    return _turn(call, "inactive", "active", None)


def _turn(call: Call, old: str, new: str, moment: int | None) -> Object:
    meter = call.store.get("billing.meter", call.id)
    if meter["status"] != old:
        raise invalid(f"The meter {call.id} is already {new}.")
    before = call.store.copy_of(meter)
    meter |= {"status": new, "status_transitions": {"deactivated_at": moment}, "updated": call.now}
    call.store.emit("billing.meter.deactivated" if moment else "billing.meter.reactivated", meter, before)
    return meter
