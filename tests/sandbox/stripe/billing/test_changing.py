"""Changing a subscription: proration as documented, previews that equal the charge, new cycles, pending updates."""

from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.sandbox.stripe.billing.conftest import DAY, START, Amounts, Shop

HALF = 31 * DAY // 2


def preview(shop: Shop, made: stripe.Subscription, **details: Any) -> stripe.Invoice:
    return shop.api.invoices.create_preview({"subscription": made.id, "subscription_details": details})


def item(shop: Shop, made: stripe.Subscription) -> stripe.SubscriptionItem:
    return shop.get(made)["items"].data[0]


def test_half_way_from_10_to_20_dollars_credits_5_and_debits_10(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    entry: Any = {"id": item(shop, made).id, "price": shop.price(2000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "always_invoice"})
    first, invoice = shop.invoices(made)
    assert amounts(invoice) == [-500, 1000]
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_update", "paid", 500)
    credit = invoice.lines.data[0].parent
    assert credit is not None
    assert credit.subscription_item_details is not None
    details = credit.subscription_item_details.proration_details
    assert credit.subscription_item_details.proration
    assert details is not None
    assert details.credited_items is not None
    assert details.credited_items.invoice_line_items == [first.lines.data[0].id]


def test_prorations_wait_for_the_renewal_unless_told_otherwise(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    shop.api.subscriptions.update(made.id, {"items": [{"id": item(shop, made).id, "price": shop.price(2000)}]})
    assert len(shop.invoices(made)) == 1
    assert amounts(preview(shop, made)) == [-500, 1000, 2000]
    shop.until(item(shop, made).current_period_end)
    assert amounts(shop.invoices(made)[-1]) == [-500, 1000, 2000]


def test_without_proration_only_the_price_changes(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    entry: Any = {"id": item(shop, made).id, "price": shop.price(2000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "none"})
    shop.until(item(shop, made).current_period_end)
    assert amounts(shop.invoices(made)[-1]) == [2000]


def test_a_credit_is_of_what_was_debited_even_if_the_price_between_was_never_billed(
    shop: Shop, amounts: Amounts
) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    entry: Any = {"id": item(shop, made).id, "price": shop.price(4000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "none"})
    shop.pass_time(HALF)
    entry = {"id": item(shop, made).id, "price": shop.price(2000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "always_invoice"})
    assert amounts(shop.invoices(made)[-1]) == [-500, 1000]


def test_a_smaller_quantity_credits_the_whole_debit_and_debits_the_rest(shop: Shop, amounts: Amounts) -> None:
    price = shop.price(1000)
    customer = shop.customer()
    made = shop.api.subscriptions.create({"customer": customer, "items": [{"price": price, "quantity": 4}]})
    shop.pass_time(HALF)
    entry: Any = {"id": item(shop, made).id, "quantity": 1}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "always_invoice"})
    assert amounts(shop.invoices(made)[-1]) == [-2000, 500]
    assert shop.invoices(made)[-1].status == "paid"
    assert shop.api.customers.retrieve(customer).balance == -1500
    shop.until(item(shop, made).current_period_end)
    shop.pass_time(3_600)
    renewal = shop.invoices(made)[-1]
    assert (renewal.total, renewal.amount_due, renewal.ending_balance) == (1000, 0, -500)


def test_another_interval_begins_a_cycle_and_is_paid_at_once(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    shop.api.subscriptions.update(made.id, {"items": [{"id": item(shop, made).id, "price": shop.price(9000, "year")}]})
    assert amounts(shop.invoices(made)[-1]) == [-500, 9000]
    changed = shop.get(made)
    assert changed.billing_cycle_anchor == START + HALF
    assert item(shop, made).current_period_end == START + HALF + 365 * DAY


def test_the_cycle_can_be_begun_anew_by_hand(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    shop.api.subscriptions.update(made.id, {"billing_cycle_anchor": {"type": "now"}})
    assert amounts(shop.invoices(made)[-1]) == [-500, 1000]
    assert item(shop, made).current_period_start == START + HALF


def test_a_trial_that_ends_now_is_charged_now(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), trial_period_days=14)
    shop.pass_time(DAY)
    changed = shop.api.subscriptions.update(made.id, {"trial_end": "now"})
    assert (changed.status, changed.trial_end) == ("active", START + DAY)
    assert (amounts(shop.invoices(made)[-1]), shop.invoices(made)[-1].status) == ([1000], "paid")


def test_a_discount_is_a_part_of_what_is_prorated(shop: Shop, amounts: Amounts) -> None:
    coupon = shop.api.coupons.create({"percent_off": 50, "duration": "forever"}).id
    made = shop.subscribe(shop.customer(), shop.price(1000), discounts=[{"coupon": coupon}])
    assert shop.invoices(made)[0].amount_paid == 500
    shop.pass_time(HALF)
    entry: Any = {"id": item(shop, made).id, "price": shop.price(2000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "always_invoice"})
    assert amounts(shop.invoices(made)[-1]) == [-250, 500]


@pytest.mark.parametrize(
    ("behaviour", "status", "price_changed"),
    [
        ("allow_incomplete", "past_due", True),
        ("pending_if_incomplete", "active", False),
        ("error_if_incomplete", "active", False),
    ],
)
def test_a_change_that_cannot_be_paid(shop: Shop, behaviour: Any, status: str, price_changed: bool) -> None:
    customer, new = shop.customer(), shop.price(2000)
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_chargeCustomerFail")
    shop.pass_time(HALF)
    values: Any = {
        "items": [{"id": item(shop, made).id, "price": new}],
        "proration_behavior": "always_invoice",
        "payment_behavior": behaviour,
    }
    if behaviour == "error_if_incomplete":
        with pytest.raises(stripe.CardError):
            shop.api.subscriptions.update(made.id, values)
        assert len(shop.invoices(made)) == 1
    else:
        shop.api.subscriptions.update(made.id, values)
    assert shop.get(made).status == status
    assert (item(shop, made).price.id == new) is price_changed


@pytest.mark.parametrize("paid", [True, False])
def test_a_pending_update_is_applied_when_paid_and_dropped_when_not(shop: Shop, paid: bool) -> None:
    customer, new = shop.customer(), shop.price(2000)
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_chargeCustomerFail")
    values: Any = {"items": [{"id": item(shop, made).id, "price": new}], "proration_behavior": "always_invoice"}
    waiting = shop.api.subscriptions.update(made.id, values | {"payment_behavior": "pending_if_incomplete"})
    assert waiting.pending_update is not None
    if paid:
        shop.api.invoices.pay(
            shop.invoices(made)[-1].id, {"payment_method": shop.change_card(customer, "pm_card_visa")}
        )
    else:
        shop.pass_time(DAY)
    assert shop.get(made).pending_update is None
    assert (item(shop, made).price.id == new) is paid
    assert shop.events()[-1] == f"customer.subscription.pending_update_{'applied' if paid else 'expired'}"
    assert shop.invoices(made)[-1].status == ("paid" if paid else "void")


def test_a_cancelled_subscription_cannot_be_changed(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    entry: Any = {"id": item(shop, made).id, "quantity": 2}
    shop.api.subscriptions.update(made.id, {"items": [entry]})
    shop.api.subscriptions.cancel(made.id)
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        shop.api.subscriptions.update(made.id, {"items": [entry]})


CHANGE = st.tuples(
    st.integers(0, 20 * DAY),
    st.sampled_from([500, 1000, 1999, 4900, 12345]),
    st.sampled_from(["month", "year"]),
    st.integers(0, 7),
    st.sampled_from(["always_invoice", "create_prorations", "none"]),
)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chain=st.lists(CHANGE, min_size=1, max_size=5), percent=st.sampled_from([None, 17.5, 33]))
def test_a_preview_is_what_is_charged(shop: Shop, amounts: Amounts, chain: Any, percent: float | None) -> None:
    shop, more = shop.fresh(), dict[str, Any]()
    if percent:
        more = {"discounts": [{"coupon": shop.api.coupons.create({"percent_off": percent, "duration": "forever"}).id}]}
    made = shop.subscribe(shop.customer(), shop.price(1000), **more)
    for wait, amount, interval, quantity, behaviour in chain:
        shop.pass_time(wait + 1)
        entry: Any = {"id": item(shop, made).id, "price": shop.price(amount, interval), "quantity": quantity}
        asked: Any = {"items": [entry], "proration_behavior": behaviour, "proration_date": shop.now()}
        expected = preview(shop, made, **asked)
        count = len(shop.invoices(made))
        shop.api.subscriptions.update(made.id, asked)
        if len(shop.invoices(made)) == count:
            shop.until(item(shop, made).current_period_end + 3_600)
        charged = shop.invoices(made)[-1]
        assert amounts(charged) == amounts(expected)
        assert (charged.total, charged.amount_due) == (expected.total, expected.amount_due)


def test_a_trial_that_begins_later_gives_back_the_unused_time(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(HALF)
    changed = shop.api.subscriptions.update(made.id, {"trial_end": START + 40 * DAY})
    assert (changed.status, item(shop, made).current_period_end) == ("trialing", START + 40 * DAY)
    shop.until(START + 40 * DAY)
    assert amounts(shop.invoices(made)[-1]) == [-500, 1000]


def test_a_change_while_paused_costs_nothing_until_it_is_resumed(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.api.subscriptions.pause(made.id, {"bill_for": {"unused_time_from": {"type": "none"}}})
    shop.pass_time(DAY)
    entry: Any = {"id": item(shop, made).id, "price": shop.price(2000)}
    shop.api.subscriptions.update(made.id, {"items": [entry], "proration_behavior": "none"})
    assert len(shop.invoices(made)) == 1
    shop.api.subscriptions.resume(made.id)
    assert amounts(shop.invoices(made)[-1]) == [2000]


def test_a_change_of_the_card_alone_charges_nothing_and_a_foreign_card_is_refused(shop: Shop) -> None:
    customer, other = shop.customer(), shop.customer(None)
    made = shop.subscribe(customer, shop.price(1000))
    own, foreign = (
        shop.api.payment_methods.attach("pm_card_mastercard", {"customer": it}).id for it in (customer, other)
    )
    assert shop.api.subscriptions.update(made.id, {"default_payment_method": own}).default_payment_method == own
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        shop.api.subscriptions.update(made.id, {"default_payment_method": foreign})
    assert len(shop.invoices(made)) == 1
