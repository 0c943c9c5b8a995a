"""Cards: kept, charged, declined, authenticated, refunded."""

import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from saas.sandbox.stripe.payments import ON_SETTLED, pay
from saas.sandbox.stripe.server import Running
from saas.sandbox.stripe.store import Object, Store

Api = stripe.V1Services


def charge(api: Api, card: str, **more: Any) -> stripe.PaymentIntent:
    """Pay ten euros with a card."""
    params: Any = {"amount": 1000, "currency": "eur", "payment_method": card, "confirm": True, **more}
    return api.payment_intents.create(params=params)


def answer_bank(intent: Any, outcome: str) -> str:
    """Press a button at the page of the bank; the page that comes then."""
    url = intent.next_action.redirect_to_url.url
    with urllib.request.urlopen(url, urlencode({"outcome": outcome}).encode()) as page:
        text: str = page.read().decode()
    return text


@pytest.mark.parametrize(
    ("card", "brand", "last4"),
    [("visa", "visa", "4242"), ("mastercard", "mastercard", "4444"), ("amex", "amex", "0005")],
)
def test_a_card_is_kept_found_and_let_go(
    api: Api, customer: stripe.Customer, card: str, brand: str, last4: str
) -> None:
    kept = api.payment_methods.attach(f"pm_card_{card}", params={"customer": customer.id})
    assert kept.card is not None
    assert (kept.card.brand, kept.card.last4, kept.customer) == (brand, last4, customer.id)
    assert [it.id for it in api.customers.payment_methods.list(customer.id).data] == [kept.id]
    api.customers.update(customer.id, params={"invoice_settings": {"default_payment_method": kept.id}})
    assert api.payment_methods.detach(kept.id).customer is None
    found = api.customers.retrieve(customer.id)
    assert found.invoice_settings is not None
    assert found.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="previously used"):
        api.payment_methods.attach(kept.id, params={"customer": customer.id})


def test_a_card_belongs_to_one_customer(api: Api, customer: stripe.Customer) -> None:
    other = api.customers.create(params={"payment_method": "pm_card_visa"})
    card = api.payment_methods.list(params={"customer": other.id}).data[0]
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        api.payment_methods.attach(card.id, params={"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        charge(api, card.id, customer=customer.id)
    assert charge(api, card.id, customer=other.id).status == "succeeded"


def test_a_token_makes_a_card_and_a_number_does_not(api: Api) -> None:
    made = api.payment_methods.create(params={"type": "card", "card": {"token": "tok_visa"}})
    assert made.type == "card"
    with pytest.raises(stripe.InvalidRequestError, match="the sandbox does not know"):
        number: Any = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2035}
        api.payment_methods.create(params={"type": "card", "card": number})


def test_what_a_card_shows_can_be_changed(api: Api, customer: stripe.Customer) -> None:
    kept = api.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    changed = api.payment_methods.update(
        kept.id, params={"card": {"exp_year": 2040}, "billing_details": {"name": "Ann"}, "metadata": {"k": "v"}}
    )
    assert changed.card is not None
    assert (changed.card.exp_year, changed.card.last4, changed.billing_details.name) == (2040, "4242", "Ann")


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_declined_card_says_why(api: Api, card: str, code: str, decline: str | None) -> None:
    with pytest.raises(stripe.CardError) as refused:
        charge(api, card)
    told = refused.value.json_body["error"]
    assert (refused.value.http_status, refused.value.code, told.get("decline_code")) == (402, code, decline)
    assert told["payment_intent"]["status"] == "requires_payment_method"
    intent = api.payment_intents.list().data[0]
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    assert [it.type for it in api.events.list().data][:2] == ["payment_intent.payment_failed", "charge.failed"]
    assert api.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"}).status == "succeeded"


def test_some_cards_can_be_kept_but_not_charged_and_others_not_even_kept(api: Api, customer: stripe.Customer) -> None:
    kept = api.payment_methods.attach("pm_card_chargeCustomerFail", params={"customer": customer.id})
    with pytest.raises(stripe.CardError):
        charge(api, kept.id, customer=customer.id)
    with pytest.raises(stripe.CardError):
        api.payment_methods.attach("pm_card_chargeDeclined", params={"customer": customer.id})


@pytest.mark.parametrize(("outcome", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
def test_the_holder_of_a_card_is_asked(api: Api, outcome: str, status: str) -> None:
    intent = charge(api, "pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    answer_bank(intent, outcome)
    assert api.payment_intents.retrieve(intent.id).status == status


def test_nobody_can_be_asked_off_session(api: Api) -> None:
    with pytest.raises(stripe.CardError) as refused:
        charge(api, "pm_card_authenticationRequired", off_session=True)
    assert refused.value.code == "authentication_required"


def test_a_card_that_was_set_up_need_not_be_asked_again(api: Api, customer: stripe.Customer) -> None:
    params: Any = {"customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
    setup = api.setup_intents.create(params=params)
    assert setup.status == "requires_action"
    answer_bank(setup, "complete")
    done = api.setup_intents.retrieve(setup.id)
    assert done.status == "succeeded"
    assert charge(api, str(done.payment_method), customer=customer.id, off_session=True).status == "succeeded"


def test_a_setup_keeps_a_good_card_and_refuses_a_bad_one(api: Api, customer: stripe.Customer) -> None:
    setup = api.setup_intents.create(params={"customer": customer.id})
    with pytest.raises(stripe.CardError):
        api.setup_intents.confirm(setup.id, params={"payment_method": "pm_card_chargeDeclined"})
    assert api.payment_methods.list(params={"customer": customer.id}).data == []
    done = api.setup_intents.confirm(setup.id, params={"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert [it.id for it in api.payment_methods.list(params={"customer": customer.id}).data] == [done.payment_method]
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        api.setup_intents.cancel(setup.id)


@pytest.mark.parametrize("amount", [49, 100_000_000])
def test_an_amount_that_cannot_be_charged_is_refused(api: Api, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Amount must be"):
        charge(api, "pm_card_visa", amount=amount)
    assert charge(api, "pm_card_visa", amount=50).amount_received == 50


def test_a_payment_is_given_back_in_parts_but_never_more_than_all(api: Api) -> None:
    intent = charge(api, "pm_card_visa")
    api.refunds.create(params={"payment_intent": intent.id, "amount": 400, "reason": "requested_by_customer"})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        api.refunds.create(params={"payment_intent": intent.id, "amount": 601})
    rest = api.refunds.create(params={"charge": str(intent.latest_charge)})
    assert rest.amount == 600
    found = api.charges.retrieve(str(intent.latest_charge), params={"expand": ["refunds"]})
    assert (found.amount_refunded, found.refunded) == (1000, True)
    assert found.refunds is not None
    assert [it.amount for it in found.refunds.data] == [600, 400]
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        api.refunds.create(params={"payment_intent": intent.id})


def test_what_was_not_paid_cannot_be_given_back(api: Api) -> None:
    intent = charge(api, "pm_card_authenticationRequired")
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create(params={"payment_intent": intent.id})
    assert api.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        api.payment_intents.confirm(intent.id)


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("pm_card_visa", "succeeded"),
        ("pm_card_chargeCustomerFail", "requires_payment_method"),
        ("pm_card_authenticationRequired", "requires_action"),
    ],
)
def test_invoices_pay_with_a_kept_card(
    api: Api, store: Store, customer: stripe.Customer, card: str, status: str
) -> None:
    kept = api.payment_methods.attach(card, params={"customer": customer.id})
    intent = pay(store, customer.id, 1000, "eur", kept.id, off_session=True)
    assert intent["status"] == status
    assert (intent["last_payment_error"] is not None) == (status == "requires_payment_method")


def test_who_waits_for_an_authentication_is_told(api: Api, sandbox: Running) -> None:
    told: list[str] = []

    def note(store: Store, intent: Object) -> None:
        told.append(intent["status"])

    ON_SETTLED.append(note)
    try:
        answer_bank(charge(api, "pm_card_authenticationRequired"), "complete")
    finally:
        ON_SETTLED.remove(note)
    assert told[-1] == "succeeded"
