"""Previews: of a renewal, a cancellation, a trial's end, a new subscription; and when there is nothing to come."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.conftest import DAY, START, Amounts, Shop


def preview(shop: Shop, **values: Any) -> stripe.Invoice:
    return shop.api.invoices.create_preview(values)


def test_a_renewal_is_previewed_and_nothing_is_kept(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), shop.metered("calls", unit_amount=3))
    shop.api.billing.meter_events.create(
        {"event_name": "calls", "payload": {"stripe_customer_id": str(made.customer), "value": "7"}}
    )
    shop.pass_time(DAY)
    known = shop.events()
    shown = preview(shop, subscription=made.id)
    assert (sorted(amounts(shown)), shown.status, shown.number, shown.billing_reason) == (
        [21, 1000],
        "draft",
        None,
        "subscription_cycle",
    )
    assert (len(shop.invoices(made)), shop.events()) == (1, known)
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
        shop.api.invoices.retrieve(shown.id)


def test_a_cancellation_now_is_previewed_as_it_is_billed(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(3100))
    shop.pass_time(DAY)
    shown = preview(shop, subscription=made.id, subscription_details={"cancel_now": True})
    shop.api.subscriptions.cancel(made.id, {"invoice_now": True, "prorate": True})
    assert amounts(shown) == amounts(shop.invoices(made)[-1]) == [-3000]


def test_the_end_of_a_trial_is_previewed(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), trial_period_days=14)
    later, now = (
        preview(shop, subscription=made.id),
        preview(shop, subscription=made.id, subscription_details={"trial_end": "now"}),
    )
    assert amounts(later) == amounts(now) == [1000]
    assert (later.created, now.created) == (START + 14 * DAY, START)


def test_a_new_subscription_is_previewed_for_a_customer(shop: Shop, amounts: Amounts) -> None:
    customer = shop.customer(None)
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "once"}).id
    items = [{"price": shop.price(1000), "quantity": 3}]
    shown = preview(shop, customer=customer, subscription_details={"items": items}, discounts=[{"coupon": coupon}])
    assert (amounts(shown), shown.total) == ([3000], 2700)
    assert not shop.api.subscriptions.list({"status": "all"}).data
    assert shop.api.coupons.retrieve(coupon).times_redeemed == 0


def test_what_ends_has_nothing_to_come(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    assert preview(shop, subscription=made.id).total == 1000
    shop.api.subscriptions.update(made.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        preview(shop, subscription=made.id)
    assert refused.value.code == "invoice_upcoming_none"


def test_the_proration_date_must_be_within_the_period(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    items = [{"id": made["items"].data[0].id, "quantity": 2}]
    for moment, fits in ((START, True), (START - DAY, False), (START + 60 * DAY, False)):
        details = {"items": items, "proration_date": moment, "proration_behavior": "always_invoice"}
        if fits:
            assert preview(shop, subscription=made.id, subscription_details=details).total == 1000
            continue
        with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
            preview(shop, subscription=made.id, subscription_details=details)


def test_a_short_trial_is_announced_to_end_at_once(shop: Shop) -> None:
    shop.subscribe(shop.customer(), shop.price(1000), trial_period_days=4)
    assert "customer.subscription.trial_will_end" not in shop.events()
    shop.subscribe(shop.customer(), shop.price(1000), trial_period_days=3)
    assert "customer.subscription.trial_will_end" in shop.events()
