"""Renewals: drafts of an hour, usage, month ends, declined cards and their retries, pausing, cancelling."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from tests.sandbox.stripe.billing.conftest import DAY, START, Amounts, Shop

HOUR = 3_600


def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    known = len(shop.events())
    shop.until(made["items"].data[0].current_period_end)
    assert shop.invoices(made)[-1].status == "draft"
    shop.pass_time(HOUR)
    renewal = shop.invoices(made)[-1]
    assert (renewal.status, renewal.billing_reason, renewal.number) == (
        "paid",
        "subscription_cycle",
        f"{renewal.number}",
    )
    assert shop.events()[known:] == [
        "invoice.upcoming",
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_year_in_one_jump_renews_twelve_times_at_the_right_moments(shop: Shop) -> None:
    customer = shop.api.customers.create({"name": "Example Ltd"}).id
    shop.change_card(customer, "pm_card_visa")
    made = shop.subscribe(customer, shop.price(1000))
    clock.advance(shop.store, 366 * DAY)
    renewals = shop.invoices(made)[1:]
    assert [invoice.amount_paid for invoice in renewals] == [1000] * 12
    assert [invoice.period_start for invoice in renewals[1:]] == [invoice.period_end for invoice in renewals[:-1]]
    assert all(invoice.created == invoice.period_end for invoice in renewals)


def test_the_thirty_first_comes_back_after_february(shop: Shop) -> None:
    shop.until(int(datetime(2027, 1, 31, tzinfo=UTC).timestamp()))
    made = shop.subscribe(shop.customer(), shop.price(1000))
    ends = []
    for _ in range(3):
        shop.until(shop.get(made)["items"].data[0].current_period_end)
        ends.append(datetime.fromtimestamp(shop.now(), UTC).strftime("%d.%m."))
    assert ends == ["28.02.", "31.03.", "30.04."]


def test_use_is_billed_for_the_period_that_ended_with_what_came_late(shop: Shop, amounts: Amounts) -> None:
    customer = shop.customer()
    tiers: Any = [{"up_to": 100, "unit_amount": 0}, {"up_to": "inf", "unit_amount_decimal": "0.5"}]
    calls = shop.metered("calls", billing_scheme="tiered", tiers_mode="graduated", tiers=tiers)
    made = shop.subscribe(customer, shop.price(1000), calls)
    assert amounts(shop.invoices(made)[0]) == [1000]

    def use(count: int) -> None:
        payload = {"stripe_customer_id": customer, "value": str(count)}
        shop.api.billing.meter_events.create({"event_name": "calls", "payload": payload, "timestamp": shop.now() - 1})

    shop.pass_time(10 * DAY)
    use(301)
    shop.until(made["items"].data[0].current_period_end)
    assert sorted(amounts(shop.invoices(made)[-1])) == [0, 101, 1000]
    use(100)
    shop.pass_time(HOUR)
    assert sorted(amounts(shop.invoices(made)[-1])) == [0, 151, 1000]


def test_use_is_billed_at_the_price_under_which_it_was_reported(shop: Shop, amounts: Amounts) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.metered("calls", unit_amount=2))
    assert not shop.invoices(made)
    shop.pass_time(DAY)
    shop.api.billing.meter_events.create(
        {"event_name": "calls", "payload": {"stripe_customer_id": customer, "value": "50"}}
    )
    meter = shop.api.billing.meters.list().data[0].id
    recurring: Any = {"interval": "month", "usage_type": "metered", "meter": meter}
    dearer = shop.api.prices.create(
        {"product": shop.product, "currency": "usd", "unit_amount": 5, "recurring": recurring}
    ).id
    shop.pass_time(1)
    shop.api.subscriptions.update(made.id, {"items": [{"id": made["items"].data[0].id, "price": dearer}]})
    shop.api.billing.meter_events.create(
        {"event_name": "calls", "payload": {"stripe_customer_id": customer, "value": "10"}}
    )
    shop.until(made["items"].data[0].current_period_end)
    assert amounts(shop.invoices(made)[-1]) == [100, 50]


def test_items_of_different_intervals_renew_on_their_own(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), shop.price(9000, "year"))
    shop.pass_time(31 * DAY)
    assert amounts(shop.invoices(made)[-1]) == [1000]


def test_a_declined_renewal_is_tried_after_3_5_and_7_days(shop: Shop) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_chargeCustomerFail")
    shop.until(made["items"].data[0].current_period_end + HOUR)
    failed_at, tries = shop.now(), []
    assert (shop.get(made).status, shop.events()[-3:]) == (
        "past_due",
        ["invoice.payment_failed", "invoice.updated", "customer.subscription.updated"],
    )
    while (following := shop.invoices(made)[-1].next_payment_attempt) is not None:
        tries.append((following - failed_at) // DAY)
        shop.until(following)
    assert tries == [3, 8, 15]
    assert (shop.invoices(made)[-1].attempt_count, shop.get(made).status) == (4, "past_due")


def test_a_better_card_makes_it_active_again(shop: Shop) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_chargeCustomerFail")
    shop.until(made["items"].data[0].current_period_end + HOUR)
    with pytest.raises(stripe.CardError):
        shop.api.invoices.pay(shop.invoices(made)[-1].id)
    shop.change_card(customer, "pm_card_visa")
    shop.pass_time(3 * DAY)
    assert shop.get(made).status == "active"
    assert shop.invoices(made)[-1].status == "paid"


@pytest.mark.parametrize(
    ("choice", "status"), [("cancel", "canceled"), ("unpaid", "unpaid"), ("pause", "paused"), ("past_due", "past_due")]
)
def test_what_the_last_decline_does_is_a_setting(shop: Shop, choice: str, status: str) -> None:
    shop.store.note("billing_settings").update(after_retries=choice, retry_days=[1])
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_chargeCustomerFail")
    shop.until(made["items"].data[0].current_period_end + HOUR)
    shop.pass_time(DAY)
    assert shop.get(made).status == status


def test_a_renewal_that_needs_authentication_asks_for_it(shop: Shop) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(1000))
    shop.change_card(customer, "pm_card_authenticationRequired")
    shop.until(made["items"].data[0].current_period_end + HOUR)
    assert "invoice.payment_action_required" in shop.events()
    assert shop.get(made).status == "past_due"


def test_it_ends_at_the_end_of_its_period_unless_that_is_taken_back(shop: Shop) -> None:
    kept, left = (shop.subscribe(shop.customer(), shop.price(1000)) for _ in "ab")
    for made in (kept, left):
        told = shop.api.subscriptions.update(
            made.id, {"cancel_at_period_end": True, "cancellation_details": {"feedback": "unused"}}
        )
        assert (told.status, told.cancel_at) == ("active", made["items"].data[0].current_period_end)
    shop.api.subscriptions.update(kept.id, {"cancel_at_period_end": False})
    shop.pass_time(31 * DAY)
    ended = shop.get(left)
    assert (shop.get(kept).status, ended.status, ended.ended_at) == ("active", "canceled", START + 31 * DAY)
    assert ended.cancellation_details is not None
    assert (ended.cancellation_details.reason, ended.cancellation_details.feedback) == (
        "cancellation_requested",
        "unused",
    )
    assert len(shop.invoices(left)) == 1


def test_cancelling_now_can_bill_what_is_owed_and_give_back_what_is_unused(shop: Shop, amounts: Amounts) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(3100), shop.metered("calls", unit_amount=1))
    shop.api.billing.meter_events.create(
        {"event_name": "calls", "payload": {"stripe_customer_id": customer, "value": "40"}}
    )
    shop.pass_time(DAY)
    assert shop.api.subscriptions.cancel(made.id, {"invoice_now": True, "prorate": True}).status == "canceled"
    assert amounts(shop.invoices(made)[-1]) == [40, -3000]
    assert shop.api.customers.retrieve(customer).balance == -2960
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.api.subscriptions.cancel(made.id)


def test_pausing_gives_back_the_unused_time_and_makes_no_invoices(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(3100))
    shop.pass_time(DAY)
    paused = shop.api.subscriptions.pause(made.id)
    assert paused.status_details is not None
    assert (paused.status, paused.status_details.paused.subscription.type) == ("paused", "pause_requested")
    shop.pass_time(40 * DAY)
    assert len(shop.invoices(made)) == 1
    resumed = shop.api.subscriptions.resume(made.id)
    assert (resumed.status, amounts(shop.invoices(made)[-1])) == ("active", [-3000, 3100])
    with pytest.raises(stripe.InvalidRequestError, match="paused subscription"):
        shop.api.subscriptions.resume(made.id)


@pytest.mark.parametrize(
    ("behaviour", "status"), [("keep_as_draft", "draft"), ("void", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_a_paused_collection_renews_and_charges_nobody(shop: Shop, behaviour: Any, status: str) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.api.subscriptions.update(made.id, {"pause_collection": {"behavior": behaviour}})
    shop.until(made["items"].data[0].current_period_end + HOUR)
    assert (shop.get(made).status, shop.invoices(made)[-1].status) == ("active", status)


def test_a_schedule_changes_the_price_at_the_end_of_the_period(shop: Shop, amounts: Amounts) -> None:
    made, cheap = shop.subscribe(shop.customer(), shop.price(9000, "year")), shop.price(500)
    schedule = shop.api.subscription_schedules.create({"from_subscription": made.id})
    first = schedule.phases[0]
    now: Any = {
        "items": [{"price": first.items[0].price, "quantity": 1}],
        "start_date": first.start_date,
        "end_date": first.end_date,
    }
    shop.api.subscription_schedules.update(schedule.id, {"phases": [now, {"items": [{"price": cheap}]}]})
    assert shop.get(made).schedule == schedule.id
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        shop.api.subscriptions.update(made.id, {"cancel_at_period_end": True})
    shop.until(first.end_date)
    changed = shop.get(made)
    assert (changed["items"].data[0].price.id, amounts(shop.invoices(made)[-1])) == (cheap, [500])
    shop.pass_time(32 * DAY)
    assert shop.get(made).schedule is None
    assert shop.api.subscription_schedules.retrieve(schedule.id).status == "released"
    assert amounts(shop.invoices(made)[-1]) == [500]


def test_deleting_a_customer_ends_what_is_subscribed_to(shop: Shop) -> None:
    customer = shop.customer()
    made = shop.subscribe(customer, shop.price(1000))
    shop.api.customers.delete(customer)
    assert shop.get(made).status == "canceled"
    shop.pass_time(40 * DAY)
    assert len(shop.invoices(made)) == 1


def test_a_detached_card_is_charged_no_more(shop: Shop) -> None:
    customer = shop.customer(None)
    card = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    made = shop.subscribe(customer, shop.price(1000), default_payment_method=card)
    shop.api.payment_methods.detach(card)
    shop.until(made["items"].data[0].current_period_end + HOUR)
    assert shop.get(made).status == "past_due"
    assert len(shop.api.charges.list({"customer": customer}).data) == 1


def test_a_cancelled_subscription_takes_its_schedule_with_it(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    schedule = shop.api.subscription_schedules.create({"from_subscription": made.id})
    with pytest.raises(stripe.InvalidRequestError, match="already attached"):
        shop.api.subscription_schedules.create({"from_subscription": made.id})
    shop.api.subscriptions.cancel(made.id)
    assert shop.api.subscription_schedules.retrieve(schedule.id).status == "canceled"


@pytest.mark.parametrize(("end_behaviour", "status"), [("release", "active"), ("cancel", "canceled")])
def test_a_schedule_lets_go_or_ends_the_subscription(shop: Shop, end_behaviour: Any, status: str) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    schedule = shop.api.subscription_schedules.create({"from_subscription": made.id})
    shop.api.subscription_schedules.update(schedule.id, {"end_behavior": end_behaviour})
    shop.pass_time(31 * DAY)
    assert shop.get(made).status == status


def test_an_incomplete_subscription_that_is_cancelled_owes_nothing(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), payment_behavior="default_incomplete")
    shop.api.subscriptions.cancel(made.id)
    assert (shop.get(made).status, shop.invoices(made)[0].status) == ("canceled", "void")


def test_items_can_be_added_and_taken_away(shop: Shop, amounts: Amounts) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000))
    shop.pass_time(31 * DAY // 2)
    extra = shop.api.subscription_items.create({"subscription": made.id, "price": shop.price(600), "quantity": 2})
    assert [it.id for it in shop.api.subscription_items.list({"subscription": made.id}).data][1] == extra.id
    shop.api.subscription_items.update(extra.id, {"quantity": 1})
    shop.api.subscription_items.delete(extra.id)
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        shop.api.subscription_items.delete(made["items"].data[0].id)
    shop.until(made["items"].data[0].current_period_end)
    assert amounts(shop.invoices(made)[-1]) == [600, -600, 300, -300, 1000]


def sdk(running: Running) -> stripe.V1Services:
    return stripe.StripeClient("sk_test_sandbox", base_addresses=running.base_addresses).v1


def test_a_sandbox_that_was_written_to_a_file_goes_on_where_it_stood(tmp_path: Path) -> None:
    file = tmp_path / "stripe.json"
    with serving(Store(file)) as running:
        api = sdk(running)
        product, customer = api.products.create({"name": "Pro"}).id, api.customers.create({}).id
        recurring: Any = {"interval": "month"}
        price = api.prices.create(
            {"product": product, "currency": "usd", "unit_amount": 900, "recurring": recurring}
        ).id
        card = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
        made = api.subscriptions.create(
            {"customer": customer, "items": [{"price": price}], "default_payment_method": card}
        )
    with serving(Store(file)) as running:
        clock.advance(running.store, 32 * DAY)
        invoices = sdk(running).invoices.list({"subscription": made.id}).data
    assert [invoice.amount_paid for invoice in invoices] == [900, 900]
