"""Meters, the events they count and what comes of them."""

from decimal import Decimal
from typing import Any

import pytest
import stripe

from saas.sandbox.stripe.store import Store
from saas.sandbox.stripe.usage import used

Api = stripe.V1Services
DAY, HOUR = 86_400, 3600


def meter_of(api: Api, formula: str, name: str = "calls") -> Any:
    params: Any = {"display_name": "Calls", "event_name": name, "default_aggregation": {"formula": formula}}
    return api.billing.meters.create(params=params)


def send(api: Api, customer: stripe.Customer, value: object, **more: Any) -> Any:
    payload = {"stripe_customer_id": customer.id, "value": str(value)}
    return api.billing.meter_events.create(params={"event_name": "calls", "payload": payload, **more})


@pytest.mark.parametrize(("formula", "total"), [("sum", "6.5"), ("count", "3"), ("last", "2")])
def test_events_are_counted_as_the_meter_says(
    api: Api, store: Store, customer: stripe.Customer, formula: str, total: str
) -> None:
    meter, now = meter_of(api, formula), store.now()
    for value, moment in (("2", now), ("0.5", now - 60), ("4", now - 30)):
        send(api, customer, value, timestamp=moment)
    assert used(store, store.get("billing.meter", meter.id), customer.id, now - 60, now + 1) == Decimal(total)


def test_a_span_holds_its_first_moment_and_not_its_last(api: Api, store: Store, customer: stripe.Customer) -> None:
    meter, now = meter_of(api, "sum"), store.now()
    send(api, customer, 1, timestamp=now - 10)
    found = store.get("billing.meter", meter.id)
    assert used(store, found, customer.id, now - 10, now - 9) == 1
    assert used(store, found, customer.id, now - 11, now - 10) == 0


def test_an_identifier_counts_once_a_day(api: Api, store: Store, customer: stripe.Customer) -> None:
    meter_of(api, "sum")
    send(api, customer, 1, identifier="hour-1")
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        send(api, customer, 1, identifier="hour-1")
    store.state["offset"] += DAY + 1
    send(api, customer, 1, identifier="hour-1")


@pytest.mark.parametrize(("age", "code"), [(35 * DAY + 60, "timestamp_too_far_in_past"), (-360, "timestamp_in_future")])
def test_an_event_is_neither_old_nor_of_the_future(
    api: Api, store: Store, customer: stripe.Customer, age: int, code: str
) -> None:
    meter_of(api, "sum")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        send(api, customer, 1, timestamp=store.now() - age)
    assert refused.value.code == code
    send(api, customer, 1, timestamp=store.now() - 35 * DAY + 60)
    send(api, customer, 1, timestamp=store.now() + 240)


@pytest.mark.parametrize(
    "payload",
    [{}, {"stripe_customer_id": "cus_none", "value": "1"}, {"value": "1"}, {"value": "much"}, {"value": "NaN"}],
)
def test_an_event_names_its_customer_and_a_number(api: Api, customer: stripe.Customer, payload: dict[str, str]) -> None:
    meter_of(api, "sum")
    whole = {"stripe_customer_id": customer.id} | payload if payload.get("value") != "1" else payload
    with pytest.raises(stripe.InvalidRequestError):
        api.billing.meter_events.create(params={"event_name": "calls", "payload": whole})
    send(api, customer, "1")


def test_summaries_come_whole_or_by_hour(api: Api, store: Store, customer: stripe.Customer) -> None:
    meter = meter_of(api, "sum")
    start = store.now() // DAY * DAY - DAY
    for hour, value in ((0, 1), (0, 2), (5, 4)):
        send(api, customer, value, timestamp=start + hour * HOUR + 30)
    span: Any = {"customer": customer.id, "start_time": start, "end_time": start + DAY}
    whole = api.billing.meters.event_summaries.list(meter.id, params=span).data
    assert [it.aggregated_value for it in whole] == [7.0]
    hours = api.billing.meters.event_summaries.list(meter.id, params={**span, "value_grouping_window": "hour"}).data
    assert [(it.start_time - start, it.aggregated_value) for it in hours] == [(5 * HOUR, 4.0), (0, 3.0)]
    with pytest.raises(stripe.InvalidRequestError, match="aligned"):
        api.billing.meters.event_summaries.list(meter.id, params={**span, "start_time": start + 1})


def test_an_event_can_be_taken_back(api: Api, store: Store, customer: stripe.Customer) -> None:
    meter = meter_of(api, "sum")
    send(api, customer, 5, identifier="a")
    cancel: Any = {"event_name": "calls", "type": "cancel", "cancel": {"identifier": "a"}}
    assert api.billing.meter_event_adjustments.create(params=cancel).status == "complete"
    assert used(store, store.get("billing.meter", meter.id), customer.id, 0, store.now() + 1) == 0
    with pytest.raises(stripe.InvalidRequestError, match="No event"):
        api.billing.meter_event_adjustments.create(params=cancel)


def test_one_active_meter_counts_an_event(api: Api, customer: stripe.Customer) -> None:
    meter = meter_of(api, "sum")
    with pytest.raises(stripe.InvalidRequestError, match="already an active meter"):
        meter_of(api, "count")
    api.billing.meters.deactivate(meter.id)
    with pytest.raises(stripe.InvalidRequestError, match="No active meter"):
        send(api, customer, 1)
    assert api.billing.meters.reactivate(meter.id).status == "active"
    send(api, customer, 1)
    assert api.billing.meters.update(meter.id, params={"display_name": "All"}).display_name == "All"
    assert [it.id for it in api.billing.meters.list(params={"status": "active"}).data] == [meter.id]
