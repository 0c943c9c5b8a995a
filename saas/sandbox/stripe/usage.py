"""Meter events: what a customer used, and the sums of it. Unlike Stripe, the sandbox judges an event at once."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from stripe.params.billing import (
    MeterEventAdjustmentCreateParams,
    MeterEventCreateParams,
    MeterEventSummaryListParams,
)

from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store

MINUTE, HOUR, DAY = 60, 3600, 86_400
OLDEST, NEWEST = 35 * DAY, 5 * MINUTE
WINDOWS = {"hour": HOUR, "day": DAY}
UNIQUE_FOR = 24 * HOUR


@route("POST", "/v1/billing/meter_events", MeterEventCreateParams)
def create_event(call: Call) -> Object:
    """Count an event; the customer's clock says what is too old or too early."""
    store, values = call.store, dict(call.values)
    meter = _meter(store, values["event_name"])
    customer = _customer(store, meter, values["payload"])
    value = _value(meter, values["payload"])
    now = store.now(customer)
    moment, identifier = values.get("timestamp", now), values.get("identifier") or new_id("")
    if moment < now - OLDEST:
        raise invalid("The timestamp is more than 35 days in the past.", "timestamp", "timestamp_too_far_in_past")
    if moment > now + NEWEST:
        raise invalid("The timestamp is more than five minutes in the future.", "timestamp", "timestamp_in_future")
    _check_identifier(store, identifier)
    fields = {
        "event_name": values["event_name"],
        "identifier": identifier,
        "payload": dict(values["payload"]),
        "timestamp": moment,
    }
    own = {"_meter": meter["id"], "_customer": customer, "_value": str(value), "_received": store.now()}
    store.note("identifiers")[identifier] = store.now()
    return store.add("billing.meter_event", fields | own, created=now)


@route("POST", "/v1/billing/meter_event_adjustments", MeterEventAdjustmentCreateParams)
def create_adjustment(call: Call) -> Object:
    """Take an event back, within a day of its arrival."""
    store, identifier = call.store, call.values.get("cancel", {}).get("identifier")
    found = [
        it
        for it in store.find("billing.meter_event", event_name=call.values["event_name"])
        if it["identifier"] == identifier
    ]
    if not found:
        raise invalid(f"No event with the identifier {identifier} was found.", "cancel[identifier]", "resource_missing")
    if found[0]["_received"] + UNIQUE_FOR < store.now():
        raise invalid("Events can be cancelled within 24 hours of their arrival.", "cancel[identifier]")
    store.state["objects"]["billing.meter_event"].pop(found[0]["_id"])
    return store.add("billing.meter_event_adjustment", call.values | {"status": "complete"})


@route("GET", "/v1/billing/meters/{id}/event_summaries", MeterEventSummaryListParams)
def list_summaries(call: Call) -> Object:
    """A customer's use between two moments: one summary, or one for each hour or day with events, newest first."""
    meter, values = call.store.get("billing.meter", call.id), call.values
    call.store.get("customer", values["customer"], "customer")
    start, end = values["start_time"], values["end_time"]
    window = WINDOWS.get(values.get("value_grouping_window", ""))
    for name, moment in (("start_time", start), ("end_time", end)):
        if moment % (window or MINUTE):
            raise invalid(f"`{name}` must be aligned with the boundaries of the window.", name)
    if end <= start:
        raise invalid("`end_time` must be after `start_time`.", "end_time")
    spans = [(at, at + window) for at in range(start, end, window)] if window else [(start, end)]
    rows = list(_summaries(call.store, meter, values["customer"], spans))
    return page(call, rows[::-1], f"/v1/billing/meters/{call.id}/event_summaries")


def used(store: Store, meter: Object, customer: str, start: int, end: int) -> Decimal:
    """What a customer used from `start` until before `end` (UTC seconds), exactly, as the meter counts."""
    values = [Decimal(it["_value"]) for it in _events(store, meter, customer, start, end)]
    return aggregated(meter["default_aggregation"]["formula"], values)


def aggregated(formula: str, values: Sequence[Decimal]) -> Decimal:
    """Values in order of time made one by a meter's formula."""
    if formula == "count":
        return Decimal(len(values))
    return (values[-1] if values else Decimal(0)) if formula == "last" else sum(values, Decimal(0))


def _events(store: Store, meter: Object, customer: str, start: int, end: int) -> list[Object]:
    rows = store.find("billing.meter_event", _meter=meter["id"], _customer=customer)[::-1]
    return sorted((row for row in rows if start <= row["timestamp"] < end), key=lambda row: row["timestamp"])


def _summaries(store: Store, meter: Object, customer: str, spans: Sequence[tuple[int, int]]) -> Iterator[Object]:
    for start, end in spans:
        if _events(store, meter, customer, start, end):
            yield {
                "id": f"mtrusg_{meter['id'].removeprefix('mtr_')}_{customer.removeprefix('cus_')}_{start}_{end}",
                "object": "billing.meter_event_summary",
                "aggregated_value": float(used(store, meter, customer, start, end)),
                "start_time": start,
                "end_time": end,
                "livemode": False,
                "meter": meter["id"],
            }


def _meter(store: Store, name: str) -> Object:
    found = store.find("billing.meter", event_name=name, status="active")
    if not found:
        raise invalid(f"No active meter found for event name: {name}", "event_name", "no_meter")
    return found[0]


def _customer(store: Store, meter: Object, payload: Object) -> str:
    key = meter["customer_mapping"]["event_payload_key"]
    if not payload.get(key):
        raise invalid(f"The payload lacks the customer: {key}", f"payload[{key}]", "meter_event_customer_not_found")
    return str(store.get("customer", payload[key], f"payload[{key}]")["id"])


def _value(meter: Object, payload: Object) -> Decimal:
    key = meter["value_settings"]["event_payload_key"]
    if meter["default_aggregation"]["formula"] == "count" and key not in payload:
        return Decimal(1)
    try:
        value = Decimal(payload.get(key, ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise invalid(f"The payload lacks a number: {key}", f"payload[{key}]", "meter_event_no_value")
    return value


def _check_identifier(store: Store, identifier: str) -> None:
    seen = store.note("identifiers").get(identifier)
    if seen is not None and seen + UNIQUE_FOR > store.now():
        raise invalid(f"An event already exists with identifier {identifier}.", "identifier", "duplicate_meter_event")
