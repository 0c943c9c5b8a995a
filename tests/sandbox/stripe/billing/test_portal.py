"""The portal: what its configuration allows, plan changes now and later, cancelling, cards."""

from typing import Any

import pytest
import stripe

from saas.sandbox.stripe.billing.portal import acts
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.store import Object
from tests.sandbox.stripe.billing.conftest import Shop


@pytest.fixture
def prices(shop: Shop) -> dict[str, str]:
    """A plan for 10 and one for 20 dollars a month, and 100 a year."""
    return {"small": shop.price(1000), "large": shop.price(2000), "yearly": shop.price(10_000, "year")}


@pytest.fixture
def bought(shop: Shop, prices: dict[str, str]) -> stripe.Subscription:
    """A subscription to the small plan."""
    return shop.subscribe(shop.customer(), prices["small"])


@pytest.fixture
def portal(shop: Shop, prices: dict[str, str], bought: stripe.Subscription) -> Object:
    """A session of the customer, who may do everything but cancel at once."""
    conditions: Any = [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
    features: Any = {
        "customer_update": {"enabled": True, "allowed_updates": ["address", "email"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": shop.product, "prices": [*prices.values()]}],
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {"conditions": conditions},
        },
    }
    shop.api.billing_portal.configurations.create({"features": features})
    made = shop.api.billing_portal.sessions.create(
        {"customer": str(bought.customer), "return_url": "https://acme.example.com/billing"}
    )
    return shop.store.get("billing_portal.session", made.id)


def own(shop: Shop, bought: stripe.Subscription) -> Object:
    return shop.store.get("subscription", bought.id)


def test_without_a_configuration_there_is_no_portal(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="default configuration"):
        shop.api.billing_portal.sessions.create({"customer": shop.customer(None)})


def test_a_dearer_plan_is_previewed_and_paid_now(
    shop: Shop, bought: stripe.Subscription, portal: Object, prices: dict[str, str]
) -> None:
    shop.pass_time(86_400)
    expected = acts.preview_change(shop.store, portal, own(shop, bought), prices["large"])
    acts.change_plan(shop.store, portal, own(shop, bought), prices["large"])
    assert shop.invoices(bought)[-1].amount_paid == expected["amount_due"]
    assert shop.get(bought)["items"].data[0].price.id == prices["large"]


@pytest.mark.parametrize(("start", "then"), [("large", "small"), ("yearly", "small")])
def test_a_cheaper_or_shorter_plan_comes_at_the_end_of_the_period(
    shop: Shop, bought: stripe.Subscription, portal: Object, prices: dict[str, str], start: str, then: str
) -> None:
    acts.change_plan(shop.store, portal, own(shop, bought), prices[start])
    acts.change_plan(shop.store, portal, own(shop, bought), prices[then])
    before = shop.get(bought)
    assert (before["items"].data[0].price.id, before.schedule is not None) == (prices[start], True)
    shop.until(before["items"].data[0].current_period_end)
    assert shop.get(bought)["items"].data[0].price.id == prices[then]


def test_cancelling_keeps_the_reason_and_can_be_taken_back(
    shop: Shop, bought: stripe.Subscription, portal: Object
) -> None:
    acts.cancel_plan(shop.store, portal, own(shop, bought), feedback="too_expensive", comment="Too dear.")
    told = shop.get(bought)
    assert told.cancellation_details is not None
    assert (told.cancel_at_period_end, told.cancellation_details.feedback) == (True, "too_expensive")
    acts.keep_plan(shop.store, portal, own(shop, bought))
    assert not shop.get(bought).cancel_at_period_end


def test_another_card_becomes_the_default_and_a_declined_one_does_not(
    shop: Shop, bought: stripe.Subscription, portal: Object
) -> None:
    before = shop.api.customers.retrieve(str(bought.customer)).invoice_settings.default_payment_method
    with pytest.raises(Fault, match="declined"):
        acts.add_card(shop.store, portal, "pm_card_chargeDeclined")
    assert acts.add_card(shop.store, portal, "pm_card_authenticationRequired") == "requires_action"
    assert shop.api.customers.retrieve(str(bought.customer)).invoice_settings.default_payment_method == before
    assert acts.add_card(shop.store, portal, "pm_card_mastercard") == "complete"
    assert shop.api.customers.retrieve(str(bought.customer)).invoice_settings.default_payment_method != before


def test_details_change_as_far_as_the_configuration_allows(
    shop: Shop, bought: stripe.Subscription, portal: Object
) -> None:
    acts.change_details(shop.store, portal, {"email": "new@example.com"})
    with pytest.raises(Fault, match="name"):
        acts.change_details(shop.store, portal, {"name": "Other"})
    assert shop.api.customers.retrieve(str(bought.customer)).email == "new@example.com"
    assert len(acts.invoices_of(shop.store, portal)) == 1


def test_a_session_can_lead_straight_to_one_thing(shop: Shop, bought: stripe.Subscription, portal: Object) -> None:
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": bought.id}}
    made = shop.api.billing_portal.sessions.create({"customer": str(bought.customer), "flow_data": flow})
    assert made.flow is not None
    assert made.flow.type == "subscription_cancel"
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        shop.api.billing_portal.sessions.create({"customer": shop.customer(None), "flow_data": flow})
