"""Subscribing: the first invoice, how it is paid or not, trials."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.conftest import DAY, START, Shop

HOUR = 3_600


def test_a_subscription_is_active_once_its_first_invoice_is_paid(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    [invoice] = shop.invoices(made)
    assert made.status == "active"
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid, invoice.amount_remaining) == (
        "paid",
        "subscription_create",
        1000,
        0,
    )
    assert shop.events() == [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


def test_periods_stand_on_the_items(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), shop.price(9000, "year"))
    month, year = made["items"].data
    assert month.current_period_end - START == 31 * DAY
    assert year.current_period_end - START == 365 * DAY
    [line, _] = shop.invoices(made)[0].lines.data
    assert line.parent is not None
    assert line.parent.subscription_item_details is not None
    assert line.parent.subscription_item_details.subscription_item == month.id
    assert not line.parent.subscription_item_details.proration


@pytest.mark.parametrize(
    ("behaviour", "card", "status", "invoice_status"),
    [
        ("default_incomplete", "pm_card_visa", "incomplete", "open"),
        ("default_incomplete", None, "incomplete", "open"),
        ("allow_incomplete", "pm_card_chargeCustomerFail", "incomplete", "open"),
        ("allow_incomplete", "pm_card_authenticationRequired", "incomplete", "open"),
        ("error_if_incomplete", "pm_card_visa", "active", "paid"),
    ],
)
def test_how_it_begins_is_told_by_the_payment_behaviour(
    shop: Shop, behaviour: Any, card: str | None, status: str, invoice_status: str
) -> None:
    made = shop.subscribe(shop.customer(card), shop.price(1000), payment_behavior=behaviour)
    assert (made.status, shop.invoices(made)[0].status) == (status, invoice_status)


def test_a_declined_card_leaves_nothing_behind_where_an_error_was_asked_for(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError) as refused:
        shop.subscribe(customer, shop.price(1000), payment_behavior="error_if_incomplete")
    assert refused.value.code == "card_declined"
    assert not shop.api.subscriptions.list({"customer": customer, "status": "all"}).data
    assert not shop.api.invoices.list({"customer": customer}).data


def test_without_a_card_nothing_can_be_charged(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        shop.subscribe(shop.customer(None), shop.price(1000))


def test_the_customer_pays_a_first_invoice_by_its_confirmation_secret(shop: Shop) -> None:
    made = shop.subscribe(
        shop.customer(),
        shop.price(1000),
        payment_behavior="default_incomplete",
        expand=["latest_invoice.confirmation_secret"],
    )
    assert isinstance(made.latest_invoice, stripe.Invoice)
    assert made.latest_invoice.confirmation_secret is not None
    intent = made.latest_invoice.confirmation_secret.client_secret.partition("_secret_")[0]
    shop.api.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert shop.get(made).status == "active"
    assert shop.invoices(made)[0].status == "paid"


def test_an_incomplete_subscription_expires_after_23_hours(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), payment_behavior="default_incomplete")
    shop.pass_time(23 * HOUR - 1)
    assert shop.get(made).status == "incomplete"
    shop.pass_time(1)
    assert shop.get(made).status == "incomplete_expired"
    assert shop.invoices(made)[0].status == "void"


def test_a_trial_costs_nothing_and_then_begins_a_cycle_of_its_own(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), trial_period_days=14)
    assert (made.status, made.trial_end, shop.invoices(made)[0].amount_due) == ("trialing", START + 14 * DAY, 0)
    shop.pass_time(11 * DAY)
    assert shop.events()[-1] == "customer.subscription.trial_will_end"
    shop.pass_time(3 * DAY)
    active = shop.get(made)
    assert (active.status, active.billing_cycle_anchor) == ("active", START + 14 * DAY)
    assert shop.invoices(made)[-1].status == "draft"
    shop.pass_time(HOUR)
    assert (shop.invoices(made)[-1].status, shop.invoices(made)[-1].amount_paid) == ("paid", 1000)


@pytest.mark.parametrize(
    ("choice", "status"), [("create_invoice", "active"), ("cancel", "canceled"), ("pause", "paused")]
)
def test_a_trial_without_a_card_ends_as_it_was_told(shop: Shop, choice: Any, status: str) -> None:
    settings = {"end_behavior": {"missing_payment_method": choice}}
    made = shop.subscribe(shop.customer(None), shop.price(1000), trial_period_days=7, trial_settings=settings)
    shop.pass_time(7 * DAY)
    assert shop.get(made).status == status
    assert made.pending_setup_intent is not None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trial_period_days": -1}, "greater than or equal to 0"),
        ({"trial_period_days": 800}, "two years"),
        ({"payment_behavior": "pending_if_incomplete"}, "only be used when updating"),
        ({"billing_mode": {"type": "classic"}}, "sandbox does not know"),
        ({"items": [{"price": "price_missing"}]}, "No such price"),
        ({"items": []}, "items"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, values: dict[str, Any], message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.subscribe(shop.customer(), shop.price(1000), **values)


@pytest.mark.parametrize("quantity", [-1, 10**9])
def test_quantities_have_bounds(shop: Shop, quantity: int) -> None:
    customer, price = shop.customer(), shop.price(1)
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.subscriptions.create({"customer": customer, "items": [{"price": price, "quantity": quantity}]})
    assert (
        shop.api.subscriptions.create({"customer": customer, "items": [{"price": price, "quantity": 0}]}).status
        == "active"
    )
