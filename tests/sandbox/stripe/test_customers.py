"""Customers with their tax ids, balances and cards."""

from typing import Any

import pytest
import stripe

Api = stripe.V1Services


def types(api: Api) -> list[str]:
    """The types of all events, oldest first."""
    return [event.type for event in api.events.list(params={"limit": 100}).data][::-1]


def test_a_customer_is_made_with_card_address_and_tax_id(api: Api) -> None:
    made = api.customers.create(
        params={
            "name": "Example Ltd",
            "address": {"city": "Bonn", "country": "DE"},
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
            "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
            "metadata": {"tenant": "t_1"},
        }
    )
    found = api.customers.retrieve(made.id, params={"expand": ["tax_ids", "invoice_settings.default_payment_method"]})
    assert found.tax_ids is not None
    assert found.tax_ids.data[0].value == "DE123456789"
    assert found.invoice_settings is not None
    default = found.invoice_settings.default_payment_method
    assert isinstance(default, stripe.PaymentMethod)
    assert default.card is not None
    assert (default.customer, default.card.last4) == (made.id, "4242")
    assert found.address is not None
    assert (found.address.city, found.address.line1) == ("Bonn", None)
    assert types(api)[:3] == ["customer.created", "payment_method.attached", "customer.tax_id.created"]


def test_a_change_merges_metadata_and_tells_what_was_before(api: Api, customer: stripe.Customer) -> None:
    api.customers.update(customer.id, params={"metadata": {"a": "1", "b": "2"}})
    changed = api.customers.update(customer.id, params={"metadata": {"a": "", "c": "3"}, "business_name": "X"})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    event = api.events.list(params={"type": "customer.updated"}).data[0]
    assert event.data.to_dict()["previous_attributes"] == {"business_name": None, "metadata": {"a": "1", "c": None}}
    before = len(types(api))
    api.customers.update(customer.id, params={"business_name": "X"})
    assert len(types(api)) == before
    assert api.customers.update(customer.id, params={"metadata": ""}).metadata.to_dict() == {}


def test_a_default_card_must_be_the_customers_own(api: Api, customer: stripe.Customer) -> None:
    other = api.customers.create(params={"payment_method": "pm_card_visa"})
    card = api.payment_methods.list(params={"customer": other.id}).data[0]
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        api.customers.update(customer.id, params={"invoice_settings": {"default_payment_method": card.id}})
    api.customers.update(other.id, params={"invoice_settings": {"default_payment_method": card.id}})


def test_a_deleted_customer_says_so_and_is_in_no_list(api: Api, customer: stripe.Customer) -> None:
    assert api.customers.delete(customer.id).deleted
    assert api.customers.retrieve(customer.id).to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert api.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        api.customers.update(customer.id, params={"name": "Ann"})


@pytest.mark.parametrize(
    ("value", "status"),
    [("DE123456789", "verified"), ("DE111111111", "unverified"), ("DE222222222", "pending")],
)
def test_a_vat_id_is_verified_a_moment_later(api: Api, customer: stripe.Customer, value: str, status: str) -> None:
    made = api.customers.tax_ids.create(customer.id, params={"type": "eu_vat", "value": value})
    assert made.verification is not None
    assert (made.verification.status, made.country) == ("pending", "DE")
    found = api.customers.tax_ids.retrieve(customer.id, made.id)
    assert found.verification is not None
    assert found.verification.status == status


def test_a_malformed_tax_id_is_refused(api: Api, customer: stripe.Customer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.customers.tax_ids.create(customer.id, params={"type": "eu_vat", "value": "1"})
    assert refused.value.code == "tax_id_invalid"
    made = api.customers.tax_ids.create(customer.id, params={"type": "eu_vat", "value": "ATU12345678"})
    assert api.customers.tax_ids.delete(customer.id, made.id).deleted
    assert api.customers.tax_ids.list(customer.id).data == []


def test_a_balance_is_the_sum_of_its_transactions(api: Api, customer: stripe.Customer) -> None:
    for amount, after in ((-500, -500), (200, -300)):
        params: Any = {"amount": amount, "currency": "eur", "description": "by hand"}
        made = api.customers.balance_transactions.create(customer.id, params=params)
        assert (made.ending_balance, made.type) == (after, "adjustment")
    assert api.customers.retrieve(customer.id).balance == -300
    assert [it.amount for it in api.customers.balance_transactions.list(customer.id).data] == [200, -500]
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        api.customers.balance_transactions.create(customer.id, params={"amount": 1, "currency": "usd"})
