"""What a customer used of a meter between two moments."""

from decimal import Decimal

from saas.sandbox.stripe.billing.rating import rounded
from saas.sandbox.stripe.store import Object, Store


def used(store: Store, price: Object, customer: str, start: int, end: int) -> int:
    """The quantity that a metered price is charged for: its meter's events from `start` (included) to `end`."""
    meter = store.get("billing.meter", price["recurring"]["meter"])
    values = _values(store, meter, customer, start, end)
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(values)
    if formula == "last":
        return rounded(values[-1]) if values else 0
    return max(0, rounded(sum(values, Decimal(0))))


def _values(store: Store, meter: Object, customer: str, start: int, end: int) -> list[Decimal]:
    """The values of the events in order of their timestamps."""
    who, what = meter["customer_mapping"]["event_payload_key"], meter["value_settings"]["event_payload_key"]
    events = [
        event
        for event in store.find("billing.meter_event", event_name=meter["event_name"])
        if event["payload"].get(who) == customer and start <= event["timestamp"] < end and not event.get("_cancelled")
    ]
    return [
        Decimal(str(event["payload"].get(what, 1)))
        for event in sorted(reversed(events), key=lambda it: it["timestamp"])
    ]
