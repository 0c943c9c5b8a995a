"""Webhooks: signed, delivered at least once, repeated until they are accepted, troubled on demand."""

import json
from typing import Any

import pytest
import stripe

from saas.sandbox.stripe import clock, webhooks
from saas.sandbox.stripe.chaos import CALM, Chaos, set_chaos
from saas.sandbox.stripe.courier import delivering
from saas.sandbox.stripe.endpoints import add_endpoint, roll_secret
from saas.sandbox.stripe.store import Object, Store
from tests.sandbox.conftest import Wait
from tests.sandbox.stripe.conftest import SECRET, Receiver

Api = stripe.V1Services
DAY = 86_400


@pytest.fixture
def endpoint(store: Store, receiver: Receiver) -> Object:
    """The receiver, wanting every event."""
    return add_endpoint(store, receiver.url, ["*"], SECRET)


def test_the_secret_of_an_endpoint_is_told_once(api: Api) -> None:
    made = api.webhook_endpoints.create(params={"url": "https://example.com/hook", "enabled_events": ["*"]})
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert api.webhook_endpoints.retrieve(made.id).secret is None
    assert api.webhook_endpoints.delete(made.id).deleted


@pytest.mark.parametrize(
    "params",
    [
        {"url": "ftp://example.com", "enabled_events": ["*"]},
        {"url": "https://example.com", "enabled_events": ["invoice.exploded"]},
        {"url": "https://example.com", "enabled_events": ["*"], "api_version": "2022-11-15"},
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(api: Api, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.webhook_endpoints.create(params=params)
    right: Any = {"url": "https://example.com", "enabled_events": ["*"], "api_version": stripe.api_version}
    api.webhook_endpoints.create(params=right)


def test_an_event_arrives_signed_and_whole(api: Api, store: Store, receiver: Receiver, endpoint: Object) -> None:
    customer = api.customers.create(params={"name": "Ann"}, options={"idempotency_key": "k"})
    assert webhooks.deliver_due(store) == 1
    (event,) = receiver.got
    assert (event.type, event.api_version) == ("customer.created", stripe.api_version)
    assert event.data.object.id == customer.id
    assert event.request is not None
    assert event.request.idempotency_key == "k"
    assert event.id == api.events.list().data[0].id


def test_an_endpoint_gets_what_it_wants_while_it_is_enabled(api: Api, store: Store, receiver: Receiver) -> None:
    found = add_endpoint(store, receiver.url, ["product.created"], SECRET)
    api.customers.create(params={})
    api.products.create(params={"name": "Pro"})
    webhooks.deliver_due(store)
    assert receiver.types == ["product.created"]
    api.webhook_endpoints.update(found["id"], params={"disabled": True})
    api.products.create(params={"name": "Other"})
    assert webhooks.deliver_due(store) == 0


def test_what_is_not_accepted_comes_again_with_growing_pauses(
    api: Api, store: Store, receiver: Receiver, endpoint: Object
) -> None:
    receiver.answers = [500, 404, 302]
    api.customers.create(params={})
    event = api.events.list().data[0]
    assert webhooks.deliver_due(store) == 1
    assert webhooks.deliver_due(store) == 0
    for pause in webhooks.PAUSES[:3]:
        clock.advance(store, pause)
        assert webhooks.deliver_due(store) == 1
    (delivery,) = webhooks.deliveries(store, event.id)
    assert [it["status"] for it in delivery["attempts"]] == [500, 404, 302, 200]
    assert delivery["state"] == "delivered"
    assert api.events.retrieve(event.id).pending_webhooks == 0


def test_an_endpoint_that_never_answers_is_given_up(api: Api, store: Store, receiver: Receiver) -> None:
    add_endpoint(store, "http://127.0.0.1:9/nobody", ["*"], SECRET)
    api.customers.create(params={})
    assert webhooks.drain(store, within=10 * DAY) == len(webhooks.PAUSES) + 1
    (delivery,) = webhooks.deliveries(store)
    assert delivery["state"] == "failed"
    assert [it["status"] for it in delivery["attempts"]] == [0] * (len(webhooks.PAUSES) + 1)
    assert [it.id for it in api.events.list(params={"delivery_success": False}).data] == [delivery["event"]]


def test_an_event_is_sent_again_by_hand(api: Api, store: Store, receiver: Receiver, endpoint: Object) -> None:
    api.customers.create(params={})
    webhooks.deliver_due(store)
    webhooks.redeliver(store, api.events.list().data[0].id)
    webhooks.deliver_due(store)
    assert [event.id for event in receiver.got] == [receiver.got[0].id] * 2


def test_the_receiver_can_call_the_api_meanwhile(api: Api, store: Store, receiver: Receiver, endpoint: Object) -> None:
    take = receiver.take
    seen: list[str] = []

    def ask(environ: Any, start_response: Any) -> Any:
        seen.append(api.customers.list().data[0].id)
        return take(environ, start_response)

    receiver.take = ask
    customer = api.customers.create(params={})
    with delivering(store):
        while not receiver.got:
            store.woken.wait(0.01)
    assert seen in ([], [customer.id])


def test_an_old_secret_signs_until_the_next_roll(api: Api, store: Store, receiver: Receiver, endpoint: Object) -> None:
    assert roll_secret(store, endpoint["id"]).startswith("whsec_")
    api.customers.create(params={})
    webhooks.deliver_due(store)
    assert receiver.types == ["customer.created"]
    roll_secret(store, endpoint["id"])
    api.customers.create(params={})
    webhooks.deliver_due(store)
    assert [it["status"] for it in webhooks.deliveries(store)[0]["attempts"]] == [500]


def test_events_are_forgotten_after_a_month_but_not_what_is_still_awaited(
    api: Api, store: Store, receiver: Receiver, endpoint: Object
) -> None:
    api.customers.create(params={}, options={"idempotency_key": "k"})
    webhooks.deliver_due(store)
    add_endpoint(store, "http://127.0.0.1:9/nobody", ["product.created"], SECRET)
    api.products.create(params={"name": "awaited"})
    webhooks.deliver_due(store)
    with delivering(store):
        clock.advance(store, 40 * DAY)
    assert [event.type for event in api.events.list().data] == ["product.created"]
    assert {row["endpoint"] == endpoint["id"] for row in webhooks.deliveries(store)} == {True, False}
    assert "k" not in store.note("idempotency")


def test_two_secrets_sign_while_one_replaces_the_other() -> None:
    body = json.dumps({"object": "event"})
    header = webhooks.signature(body, ["whsec_new", SECRET], 1_800_000_000)
    assert header.count("v1=") == 2
    for secret in ("whsec_new", SECRET):
        assert stripe.WebhookSignature.verify_header(body, header, secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, header, "whsec_other")


@pytest.mark.parametrize(
    "chaos",
    [
        Chaos(seed=1, duplicate=1.0),
        Chaos(seed=2, reorder=1.0),
        Chaos(seed=3, delay=1.0),
        Chaos(seed=4, drop=1.0),
        Chaos(seed=5, duplicate=0.5, reorder=0.5, delay=0.5, drop=0.5),
    ],
)
def test_trouble_loses_nothing(api: Api, store: Store, receiver: Receiver, endpoint: Object, chaos: Chaos) -> None:
    set_chaos(store, chaos)
    for number in range(12):
        api.products.create(params={"name": f"{number}"})
    made = [event.id for event in api.events.list(params={"limit": 100}).data][::-1]
    webhooks.drain(store)
    arrived = [event.id for event in receiver.got]
    assert set(arrived) == set(made)
    assert len(arrived) == 24 if chaos.duplicate == 1 else len(arrived) >= 12
    assert (arrived != made) == (chaos.drop < 1)
    set_chaos(store, CALM)
    receiver.got.clear()
    api.products.create(params={"name": "calm"})
    assert webhooks.drain(store) == len(receiver.got) == 1


def test_the_same_seed_makes_the_same_trouble(api: Api, store: Store, receiver: Receiver, endpoint: Object) -> None:
    orders = []
    for _ in range(2):
        set_chaos(store, Chaos(seed=7, duplicate=0.4, reorder=0.8, drop=0.3))
        receiver.got.clear()
        for number in range(10):
            api.products.create(params={"name": f"{number}"})
        webhooks.drain(store)
        orders.append([event.data.object.name for event in receiver.got])
    assert orders[0] == orders[1]


def test_the_courier_sends_by_itself(
    api: Api, store: Store, receiver: Receiver, endpoint: Object, wait_until: Wait
) -> None:
    with delivering(store):
        api.customers.create(params={})
        wait_until(lambda: receiver.types == ["customer.created"])
