"""Calls of the API: what is checked of them, which are answered again, how they can be made to fail."""

import threading
from typing import Any

import pytest
import stripe

from saas.sandbox.stripe.failures import fail_next
from saas.sandbox.stripe.server import Running
from saas.sandbox.stripe.store import Store
from tests.sandbox.stripe.conftest import MakeClient

Api = stripe.V1Services


@pytest.mark.parametrize(
    ("params", "param", "message"),
    [
        ({"emial": "ann@example.com"}, "emial", "Received unknown parameter: emial"),
        ({"address": {"town": "Bonn"}}, "address[town]", "Received unknown parameter: address[town]"),
        ({"balance": "much"}, "balance", "Invalid integer: much"),
        ({"tax_exempt": "maybe"}, "tax_exempt", "must be one of"),
        ({"email": ""}, "email", "empty string"),
        ({"address": "Bonn"}, "address", "Invalid"),
        ({"email": {"of": "Ann"}}, "email", "Invalid string"),
        ({"metadata": {"k" * 41: "v"}}, "metadata", "40 characters"),
        ({"metadata": {"k": "v" * 501}}, "metadata", "500 characters"),
        ({"source": "tok_visa"}, "source", "the sandbox does not know"),
    ],
)
def test_what_stripe_would_not_take_is_refused_by_name(
    api: Api, params: dict[str, Any], param: str, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.customers.create(params=params)
    assert refused.value.http_status == 400
    assert refused.value.param == param
    assert message in str(refused.value)
    assert api.customers.list().data == []


def test_what_is_needed_must_be_there(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.products.create(params={})
    assert refused.value.code == "parameter_missing"
    assert api.products.create(params={"name": "Pro"}).name == "Pro"


def test_what_is_not_there_is_missing(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.customers.retrieve("cus_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert "No such customer: 'cus_none'" in str(refused.value)


def test_an_address_that_the_sandbox_does_not_know_says_so(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="the sandbox does not know") as refused:
        api.disputes.list()
    assert refused.value.http_status == 404


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc", "whatever"])
def test_only_test_keys_are_let_in(client: MakeClient, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client(key).v1.customers.list()
    assert client("sk_test_abc").v1.customers.list().data == []


def test_another_version_of_the_api_is_refused(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        api.customers.list(options={"stripe_version": "2022-11-15"})
    assert api.customers.list(options={"stripe_version": stripe.api_version}).data == []


def test_every_answer_has_a_number_of_its_own(api: Api) -> None:
    first, second = api.customers.list(), api.customers.list()
    assert first.last_response is not None
    assert second.last_response is not None
    assert first.last_response.request_id != second.last_response.request_id


def test_a_key_makes_a_call_happen_once(api: Api) -> None:
    made = [api.customers.create(params={"name": "Ann"}, options={"idempotency_key": "k"}) for _ in range(2)]
    assert made[0].id == made[1].id
    assert [it.last_response.headers.get("Idempotent-Replayed") for it in made if it.last_response] == [None, "true"]
    assert len(api.customers.list().data) == 1


def test_a_key_is_good_for_one_call_only(api: Api) -> None:
    api.customers.create(params={"name": "Ann"}, options={"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as refused:
        api.customers.create(params={"name": "Bob"}, options={"idempotency_key": "k"})
    assert refused.value.http_status == 400


def test_a_refusal_is_kept_with_its_key_but_not_a_malformed_call(api: Api, customer: stripe.Customer) -> None:
    def charge(amount: Any, key: str) -> stripe.PaymentIntent:
        card = {"payment_method": "pm_card_chargeCustomerFail", "confirm": True}
        return api.payment_intents.create(
            params={"amount": amount, "currency": "eur", **card}, options={"idempotency_key": key}
        )

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            charge(500, "declined")
    assert len(api.payment_intents.list().data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        charge("much", "malformed")
    with pytest.raises(stripe.CardError):
        charge(500, "malformed")


def test_a_key_is_forgotten_after_a_day(api: Api, store: Store) -> None:
    first = api.customers.create(params={}, options={"idempotency_key": "k"})
    store.state["offset"] += 24 * 3600 + 1
    assert api.customers.create(params={}, options={"idempotency_key": "k"}).id != first.id


def test_a_key_in_use_is_a_conflict(api: Api, store: Store) -> None:
    found: list[Exception | None] = []

    def call() -> None:
        try:
            api.customers.create(params={}, options={"idempotency_key": "k"})
            found.append(None)
        except stripe.StripeError as error:
            found.append(error)

    threads = [threading.Thread(target=call) for _ in range(2)]
    with store.lock:
        for thread in threads:
            thread.start()
        while not found:
            threads[0].join(0.01)
    for thread in threads:
        thread.join()
    assert sorted(getattr(it, "http_status", 200) for it in found) == [200, 409]
    assert len(api.customers.list().data) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(429, stripe.RateLimitError), (500, stripe.APIError), (0, stripe.APIConnectionError)]
)
def test_calls_fail_on_demand_and_a_client_that_repeats_gets_through(
    client: MakeClient, store: Store, status: int, error: type[Exception]
) -> None:
    fail_next(store, status)
    with pytest.raises(error):
        client().v1.customers.create(params={})
    assert client().v1.customers.list().data == []
    fail_next(store, status, times=1)
    client(max_network_retries=1).v1.customers.create(params={})
    assert len(client().v1.customers.list().data) == 1


def test_a_call_can_fail_after_it_took_effect_and_its_repetition_finds_the_effect(
    client: MakeClient, store: Store
) -> None:
    fail_next(store, 500, after_effect=True, path="/v1/customers")
    client(max_network_retries=1).v1.customers.create(params={"name": "Ann"})
    assert [it.name for it in client().v1.customers.list().data] == ["Ann"]


def test_nonsense_can_be_answered(client: MakeClient, store: Store) -> None:
    fail_next(store, 200, body="<html>")
    with pytest.raises(stripe.APIError):
        client().v1.customers.list()


def test_lists_are_paged_from_the_newest(api: Api) -> None:
    ids = [api.products.create(params={"name": f"{number}"}).id for number in range(7)][::-1]
    first = api.products.list(params={"limit": 3})
    assert [it.id for it in first.data] == ids[:3]
    assert first.has_more
    after = api.products.list(params={"limit": 10, "starting_after": ids[2]})
    assert [it.id for it in after.data] == ids[3:]
    assert not after.has_more
    before = api.products.list(params={"limit": 2, "ending_before": ids[4]})
    assert [it.id for it in before.data] == ids[2:4]
    assert before.has_more
    assert [it.id for it in first.auto_paging_iter()] == ids


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"starting_after": "prod_none"}])
def test_a_page_that_cannot_be_is_refused(api: Api, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.products.list(params=params)


def test_lists_can_be_cut_by_time(api: Api, store: Store) -> None:
    old = api.products.create(params={"name": "old"})
    store.state["offset"] += 100
    new = api.products.create(params={"name": "new"})
    assert [it.id for it in api.products.list(params={"created": {"lt": new.created}}).data] == [old.id]
    assert [it.id for it in api.products.list(params={"created": {"gt": old.created}}).data] == [new.id]


def test_ids_are_expanded_where_asked(api: Api) -> None:
    price = {"currency": "eur", "unit_amount": 900}
    product = api.products.create(params={"name": "Pro", "default_price_data": price}, options={})
    assert isinstance(api.products.retrieve(product.id).default_price, str)
    expanded = api.products.retrieve(product.id, params={"expand": ["default_price.product"]}).default_price
    assert isinstance(expanded, stripe.Price)
    assert isinstance(expanded.product, stripe.Product)
    listed = api.prices.list(params={"expand": ["data.product", "data.tiers"]}).data[0]
    assert isinstance(listed.product, stripe.Product)


def test_what_cannot_be_expanded_is_refused(api: Api, customer: stripe.Customer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expanded"):
        api.customers.retrieve(customer.id, params={"expand": ["friends"]})
    with pytest.raises(stripe.InvalidRequestError, match="4 levels"):
        api.customers.retrieve(customer.id, params={"expand": ["a.b.c.d.e"]})


def test_a_fault_of_the_sandbox_itself_is_an_error_and_not_an_answer(
    api: Api, sandbox: Running, customer: stripe.Customer
) -> None:
    sandbox.store.get("customer", customer.id)["email"] = 7
    with pytest.raises(stripe.APIError, match=r"customer\.email is 7"):
        api.customers.retrieve(customer.id)
    sandbox.store.get("customer", customer.id)["email"] = "ann@example.com"
    assert api.customers.retrieve(customer.id).email == "ann@example.com"
