"""Products and prices."""

from typing import Any

import pytest
import stripe

Api = stripe.V1Services
MONTHLY: Any = {"currency": "eur", "unit_amount": 2900, "recurring": {"interval": "month"}}
TIERS: Any = {
    "currency": "eur",
    "billing_scheme": "tiered",
    "tiers_mode": "graduated",
    "tiers": [{"up_to": 1000, "unit_amount": 0}, {"up_to": "inf", "unit_amount_decimal": "0.125", "flat_amount": 100}],
}


@pytest.fixture
def product(api: Api) -> stripe.Product:
    return api.products.create(params={"name": "Pro"})


@pytest.fixture
def meter(api: Api) -> Any:
    params: Any = {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    return api.billing.meters.create(params=params)


def test_a_product_has_the_id_it_was_given_and_only_one_has_it(api: Api) -> None:
    assert api.products.create(params={"id": "prod_pro", "name": "Pro"}).id == "prod_pro"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.products.create(params={"id": "prod_pro", "name": "Pro"})
    assert refused.value.code == "resource_already_exists"


def test_a_product_with_prices_cannot_be_deleted(api: Api, product: stripe.Product) -> None:
    empty = api.products.create(params={"name": "Empty"})
    price = api.prices.create(params={"product": product.id, **MONTHLY})
    with pytest.raises(stripe.InvalidRequestError, match="prices"):
        api.products.delete(product.id)
    assert api.products.delete(empty.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        api.products.update(api.products.create(params={"name": "X"}).id, params={"default_price": price.id})
    assert api.products.update(product.id, params={"default_price": price.id}).default_price == price.id


def test_products_are_found_by_id_and_state(api: Api, product: stripe.Product) -> None:
    off = api.products.create(params={"name": "Old", "active": False})
    assert [it.id for it in api.products.list(params={"active": True}).data] == [product.id]
    assert [it.id for it in api.products.list(params={"ids": [off.id]}).data] == [off.id]


def test_an_amount_is_told_whole_and_exact(api: Api, product: stripe.Product) -> None:
    whole = api.prices.create(params={"product": product.id, **MONTHLY})
    assert (whole.unit_amount, str(whole.unit_amount_decimal), whole.type) == (2900, "2900", "recurring")
    part: Any = {"product": product.id, "currency": "eur", "unit_amount_decimal": "0.125"}
    made = api.prices.create(params=part)
    assert (made.unit_amount, str(made.unit_amount_decimal), made.type) == (None, "0.125", "one_time")


def test_tiers_are_shown_when_asked_for(api: Api, product: stripe.Product, meter: Any) -> None:
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    made = api.prices.create(params={"product": product.id, "recurring": recurring, **TIERS})
    assert "tiers" not in made
    tiers = api.prices.retrieve(made.id, params={"expand": ["tiers"]}).tiers
    assert tiers is not None
    assert [(it.up_to, it.unit_amount, str(it.unit_amount_decimal), it.flat_amount) for it in tiers] == [
        (1000, 0, "0", None),
        (None, None, "0.125", 100),
    ]
    found = api.prices.list(params={"recurring": {"meter": meter.id}}).data
    assert [it.id for it in found] == [made.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_amount": -1},
        {"unit_amount": 100_000_000},
        {"unit_amount": 5, "unit_amount_decimal": "5"},
        {"unit_amount": None},
        {"unit_amount": None, "unit_amount_decimal": "0.1234567890123"},
        {"currency": "xxx"},
        {"product": "prod_none"},
        {"recurring": {"interval": "decade"}},
        {"recurring": {"interval": "month", "interval_count": 37}},
        {"recurring": {"interval": "month", "interval_count": 0}},
        {"recurring": {"interval": "month", "usage_type": "metered"}},
        {"recurring": {"interval": "month", "usage_type": "metered", "meter": "mtr_none"}},
        {"tiers": TIERS["tiers"]},
        {**TIERS, "unit_amount": 5},
        {**TIERS, "unit_amount": None, "tiers_mode": None},
        {**TIERS, "unit_amount": None, "tiers": [{"up_to": 5, "unit_amount": 1}]},
        {**TIERS, "unit_amount": None, "tiers": [{"up_to": 5, "unit_amount": 1}, {"up_to": 5, "unit_amount": 1}]},
        {**TIERS, "unit_amount": None, "tiers": [{"up_to": "inf"}]},
        {"transform_quantity": {"divide_by": 5, "round": "up"}},
    ],
)
def test_a_price_that_cannot_be_is_refused(api: Api, product: stripe.Product, wrong: dict[str, Any]) -> None:
    right = {"product": product.id, **MONTHLY}
    params = {name: value for name, value in (right | wrong).items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError):
        api.prices.create(params=params)
    assert api.prices.list().data == []
    api.prices.create(params=right)


def test_a_lookup_key_belongs_to_one_price_and_can_be_transferred(api: Api, product: stripe.Product) -> None:
    params: Any = {"product": product.id, "lookup_key": "pro_monthly", **MONTHLY}
    old = api.prices.create(params=params)
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        api.prices.create(params=params)
    new = api.prices.create(params={**params, "transfer_lookup_key": True})
    assert api.prices.retrieve(old.id).lookup_key is None
    assert [it.id for it in api.prices.list(params={"lookup_keys": ["pro_monthly"]}).data] == [new.id]


def test_a_price_changes_its_words_but_never_its_amount(api: Api, product: stripe.Product) -> None:
    price = api.prices.create(params={"product": product.id, **MONTHLY})
    changed = api.prices.update(price.id, params={"active": False, "nickname": "Old", "metadata": {"k": "v"}})
    assert (changed.active, changed.nickname, changed.unit_amount) == (False, "Old", 2900)
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        api.prices.update(price.id, params={"unit_amount": 1})
