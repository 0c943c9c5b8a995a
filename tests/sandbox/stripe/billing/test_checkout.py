"""Checkout sessions: what they refuse, what completing one does, when they expire."""

from typing import Any

import pytest
import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.billing.checkout.completing import Outcome, complete, drop_code, redeem_code
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.store import Object
from tests.sandbox.stripe.billing.conftest import Shop

SUCCESS = "https://acme.example.com/billing/done?session={CHECKOUT_SESSION_ID}"


def session(shop: Shop, **more: Any) -> stripe.checkout.Session:
    """An open session for a monthly price of 10 dollars, twice."""
    items: Any = [{"price": shop.price(1000), "quantity": 2}]
    return shop.api.checkout.sessions.create(
        {"mode": "subscription", "line_items": items, "success_url": SUCCESS, **more}
    )


def kept(shop: Shop, made: stripe.checkout.Session) -> Object:
    return shop.store.get("checkout.session", made.id)


def finish(shop: Shop, made: stripe.checkout.Session, card: str | None, **more: Any) -> Outcome:
    return complete(shop.store, kept(shop, made), card, **more)


def test_completing_pays_and_makes_customer_and_subscription(shop: Shop) -> None:
    made = session(
        shop,
        client_reference_id="org-7",
        customer_email="billing@example.com",
        subscription_data={"metadata": {"org": "7"}},
    )
    assert (made.status, made.payment_status, made.amount_total) == ("open", "unpaid", 2000)
    outcome = finish(shop, made, "pm_card_visa", details={"name": "Example Ltd"})
    assert (outcome.status, outcome.url) == ("complete", f"https://acme.example.com/billing/done?session={made.id}")
    done = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["line_items", "subscription", "customer"]})
    assert (done.status, done.payment_status, done.client_reference_id, done.url) == ("complete", "paid", "org-7", None)
    assert isinstance(done.subscription, stripe.Subscription)
    assert isinstance(done.customer, stripe.Customer)
    assert (done.subscription.status, done.subscription.metadata["org"]) == ("active", "7")
    assert done.subscription.default_payment_method is not None
    assert (done.customer.name, done.customer.email) == ("Example Ltd", "billing@example.com")
    assert done.line_items is not None
    assert done.line_items.data[0].amount_total == 2000
    assert shop.store.find("event")[0]["type"] == "checkout.session.completed"
    with pytest.raises(Fault, match="complete"):
        finish(shop, made, "pm_card_visa")


def test_a_declined_card_leaves_the_session_open_and_another_completes_it(shop: Shop) -> None:
    made = session(shop, customer=shop.customer(None))
    for card in ("pm_card_chargeDeclined", "pm_card_chargeCustomerFail"):
        assert finish(shop, made, card) == Outcome("declined", message="Your card was declined.")
    assert not shop.api.subscriptions.list({"status": "all"}).data
    assert finish(shop, made, "pm_card_visa").status == "complete"
    assert len(shop.api.subscriptions.list({"status": "all"}).data) == 1


@pytest.mark.parametrize(("answer", "status"), [(None, "requires_action"), (False, "declined"), (True, "complete")])
def test_a_card_that_asks_its_holder_waits_for_the_answer(shop: Shop, answer: bool | None, status: str) -> None:
    made = session(shop, customer=shop.customer(None))
    assert finish(shop, made, "pm_card_authenticationRequired", authenticated=answer).status == status
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == ("paid" if answer else "unpaid")


@pytest.mark.parametrize(("collection", "card"), [("if_required", None), ("always", "pm_card_visa")])
def test_a_trial_needs_a_card_only_where_one_is_always_collected(shop: Shop, collection: Any, card: str | None) -> None:
    made = session(shop, payment_method_collection=collection, subscription_data={"trial_period_days": 14})
    if collection == "always":
        with pytest.raises(Fault, match="card"):
            finish(shop, made, None)
    assert finish(shop, made, card, details={"email": "billing@example.com"}).status == "complete"
    done = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["subscription"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")


def test_the_customer_redeems_a_promotion_code(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 25, "duration": "forever"}).id
    shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}, "code": "SPRING"})
    made = session(shop, allow_promotion_codes=True, customer=shop.customer(None))
    with pytest.raises(Fault, match="invalid"):
        redeem_code(shop.store, kept(shop, made), "AUTUMN")
    redeem_code(shop.store, kept(shop, made), " spring ")
    assert shop.api.checkout.sessions.retrieve(made.id).amount_total == 1500
    drop_code(shop.store, kept(shop, made))
    assert shop.api.checkout.sessions.retrieve(made.id).amount_total == 2000
    redeem_code(shop.store, kept(shop, made), "SPRING")
    finish(shop, made, "pm_card_visa")
    assert shop.api.invoices.list().data[0].amount_paid == 1500


def test_setting_up_keeps_a_card_for_the_customer(shop: Shop) -> None:
    customer = shop.customer(None)
    made = shop.api.checkout.sessions.create(
        {"mode": "setup", "currency": "usd", "customer": customer, "success_url": SUCCESS}
    )
    assert finish(shop, made, "pm_card_visa").status == "complete"
    done = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["setup_intent"]})
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    assert done.setup_intent.status == "succeeded"
    assert len(shop.api.customers.payment_methods.list(customer).data) == 1


def test_a_session_expires_after_its_time_or_by_hand(shop: Shop) -> None:
    by_hand, by_time = session(shop), session(shop, expires_at=shop.store.now() + 30 * 60 + 5)
    assert shop.api.checkout.sessions.expire(by_hand.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        shop.api.checkout.sessions.expire(by_hand.id)
    clock.advance(shop.store, 3_600)
    assert shop.api.checkout.sessions.retrieve(by_time.id).status == "expired"
    with pytest.raises(Fault, match="expired"):
        finish(shop, by_time, "pm_card_visa")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "payment"}, "sandbox does not know"),
        ({"success_url": "/done"}, "success_url"),
        ({"line_items": [{"price": "price_missing", "quantity": 1}]}, "No such price"),
        ({"line_items": []}, "line_items"),
        ({"customer": "cus_missing"}, "No such customer"),
        ({"expires_at": 1}, "30 minutes"),
        ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "only specify one"),
        ({"subscription_data": {"trial_period_days": 0}}, "trial"),
        ({"ui_mode": "elements"}, "not hosted"),
    ],
)
def test_what_a_session_cannot_be(shop: Shop, values: dict[str, Any], message: str) -> None:
    assert session(shop).url is not None
    with pytest.raises(stripe.InvalidRequestError, match=message):
        session(shop, **values)
