"""Changing a subscription: what was quoted is charged, what is less waits for the end, and what is cancelled can go on."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from saas.billing.gateway import Declined
from saas.billing.models import Invoice, Subscription
from saas.billing.operations.changing import cancel, change_subscription, quote_change, resume
from saas.billing.operations.subscribing import Choice
from saas.billing.queries.subscriptions import get_subscription
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.errors import Conflict
from saas.tenancy.scope import platform_work, tenant_scope
from tests.billing.conftest import Stripe
from tests.billing.test_subscribing import standing
from tests.cast import Organisation

PRO, TRIAL, PRO_YEAR = Choice("pro", "month"), Choice("trial", "month"), Choice("pro", "year")


def inside(organisation: Organisation, act: Callable[[], Any]) -> Any:
    """Do something as an edge would: in the tenant's scope, committed."""
    with tenant_scope(organisation) as session:
        done = act()
        session.commit()
        return done


def change(organisation: Organisation, choice: Choice) -> int:
    """Look at the price of a change and take it; what was quoted."""
    quote = inside(organisation, lambda: quote_change(choice, actor=SYSTEM))
    inside(organisation, lambda: change_subscription(choice, moment=quote.moment, due=quote.due, actor=SYSTEM))
    return int(quote.due)


def mirror(organisation: Organisation) -> Subscription:
    found = inside(organisation, get_subscription)
    assert isinstance(found, Subscription)
    return found


def charged(organisation: Organisation) -> list[int]:
    """What was charged, oldest first."""
    with tenant_scope(organisation):
        return [one.paid for one in db.session.scalars(select(Invoice).order_by(Invoice.created_at, Invoice.id))]


def test_a_plan_in_another_currency_is_refused_in_our_words(subscribed, stripe_there: Stripe):
    acme = subscribed("trial")
    assert inside(acme, lambda: quote_change(PRO, actor=SYSTEM)).currency == "EUR"
    with platform_work() as session:
        session.get_one(Subscription, mirror(acme).id).currency = "USD"
    with pytest.raises(Conflict, match="sold in EUR, and this subscription is paid in USD"):
        inside(acme, lambda: quote_change(PRO, actor=SYSTEM))


def test_a_trial_moves_to_another_plan_whatever_the_clock_at_stripe(subscribed, stripe_there: Stripe):
    acme = subscribed("trial", trial=14)
    with stripe_there.store.lock:
        tried = stripe_there.store.get("subscription", mirror(acme).id)
        for name in ("current_period_start", "current_period_end"):
            tried["items"]["data"][0][name] += 40 * 86_400
    assert change(acme, PRO) == 0
    stripe_there.bring()
    assert standing(acme) == ("pro", "trialing")


class TestUpgrade:
    def test_what_was_quoted_is_charged_at_once(self, subscribed, stripe_there: Stripe):
        acme = subscribed("trial")
        stripe_there.advance(10)
        due = change(acme, PRO_YEAR)
        stripe_there.bring()
        assert standing(acme) == ("pro", "active")
        assert sum(charged(acme)) == 4900 + due
        assert due > 20_000

    def test_a_price_that_has_changed_since_is_not_charged(self, subscribed, stripe_there: Stripe):
        acme = subscribed("trial")
        quote = inside(acme, lambda: quote_change(PRO_YEAR, actor=SYSTEM))
        with pytest.raises(Conflict, match="price has changed"):
            inside(acme, lambda: change_subscription(PRO_YEAR, moment=quote.moment, due=quote.due - 1, actor=SYSTEM))
        with pytest.raises(Conflict, match="too long ago"):
            inside(acme, lambda: change_subscription(PRO_YEAR, moment=quote.moment - 3700, due=quote.due, actor=SYSTEM))
        with pytest.raises(Conflict, match="too long ago"):
            inside(acme, lambda: change_subscription(PRO_YEAR, moment=quote.moment + 3700, due=0, actor=SYSTEM))
        stripe_there.bring()
        assert (standing(acme)[0], charged(acme)) == ("trial", [4900])

    def test_costs_what_it_costs_by_the_clock_at_stripe(self, subscribed, stripe_there: Stripe):
        acme = subscribed("trial")
        first = inside(acme, lambda: quote_change(PRO_YEAR, actor=SYSTEM))
        stripe_there.advance(10)
        later = inside(acme, lambda: quote_change(PRO_YEAR, actor=SYSTEM))
        assert later.moment - first.moment >= 10 * 86400
        assert 0 < first.due < later.due, "less of what was paid before is left"

    def test_a_card_that_fails_changes_nothing(self, subscribed, stripe_there: Stripe):
        acme = subscribed("trial", card="pm_card_chargeCustomerFail", trial=7)
        stripe_there.api.customers.retrieve(stripe_there.customer_of(acme)["id"])
        assert standing(acme) == ("trial", "trialing")
        end = {"trial_end": "now", "payment_behavior": "allow_incomplete"}
        stripe_there.api.subscriptions.update(mirror(acme).id, end)
        stripe_there.bring()
        assert standing(acme) == ("trial", "past_due")
        with pytest.raises(Declined):
            change(acme, PRO_YEAR)
        stripe_there.bring()
        assert mirror(acme).plan == "trial"

    def test_a_card_that_fails_leaves_what_waits_for_the_end_of_the_period(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        change(acme, TRIAL)
        stripe_there.bring()
        customer = stripe_there.customer_of(acme)["id"]
        card = stripe_there.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer}).id
        stripe_there.api.subscriptions.update(mirror(acme).id, {"default_payment_method": card})
        with pytest.raises(Declined):
            change(acme, PRO_YEAR)
        stripe_there.bring()
        assert (mirror(acme).plan, mirror(acme).cycle, mirror(acme).next["plan"]) == ("pro", "month", "trial")

    def test_in_a_trial_nothing_is_charged_until_it_ends(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro", trial=7)
        assert change(acme, PRO_YEAR) == 0
        stripe_there.bring()
        assert (mirror(acme).cycle, mirror(acme).status, sum(charged(acme))) == ("year", "trialing", 0)
        stripe_there.advance(7.1)
        stripe_there.bring()
        assert (standing(acme), sum(charged(acme))) == (("pro", "active"), 29_000)

    def test_what_one_has_already_is_not_bought_again(self, subscribed):
        acme = subscribed("pro")
        with pytest.raises(Conflict, match="have already"):
            inside(acme, lambda: quote_change(PRO, actor=SYSTEM))


class TestDowngrade:
    def test_it_waits_for_the_end_of_what_is_paid(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        assert change(acme, TRIAL) == 0
        stripe_there.bring()
        assert standing(acme) == ("pro", "active")
        assert mirror(acme).next["plan"] == "trial"
        stripe_there.advance(32)
        stripe_there.bring()
        assert standing(acme) == ("trial", "active")
        assert charged(acme) == [2900, 4900]

    def test_a_discount_goes_on_after_it(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        half = stripe_there.api.coupons.create({"percent_off": 50, "duration": "forever"}).id
        stripe_there.api.subscriptions.update(mirror(acme).id, {"discounts": [{"coupon": half}]})
        stripe_there.bring()
        change(acme, TRIAL)
        stripe_there.advance(32)
        stripe_there.bring()
        assert (standing(acme), charged(acme)) == (("trial", "active"), [2900, 2450])

    def test_it_can_be_taken_back(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        change(acme, TRIAL)
        stripe_there.bring()
        inside(acme, lambda: resume(actor=SYSTEM))
        stripe_there.bring()
        stripe_there.advance(32)
        stripe_there.bring()
        assert (standing(acme), charged(acme)) == (("pro", "active"), [2900, 2900])


class TestCancelling:
    def test_it_ends_with_what_is_paid_and_the_free_plan_goes_on(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("pro")
        inside(acme, lambda: cancel(reason="unused", comment="", at_once=False, actor=SYSTEM))
        stripe_there.bring()
        assert (standing(acme), mirror(acme).cancel_at is not None) == (("pro", "active"), True)
        stripe_there.advance(32)
        stripe_there.bring()
        assert standing(acme) == ("free", "active")
        assert "has ended" in mailbox.messages(acme.email("Alice"))[-1]["Subject"]

    def test_now_means_now(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        inside(acme, lambda: cancel(reason="unused", comment="", at_once=True, actor=SYSTEM))
        stripe_there.bring()
        assert (standing(acme), charged(acme)) == (("free", "active"), [2900])

    def test_until_then_it_can_go_on(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        inside(acme, lambda: cancel(reason="other", comment="x" * 500, at_once=False, actor=SYSTEM))
        stripe_there.bring()
        inside(acme, lambda: resume(actor=SYSTEM))
        stripe_there.bring()
        stripe_there.advance(32)
        stripe_there.bring()
        assert (standing(acme), charged(acme)) == (("pro", "active"), [2900, 2900])

    def test_nothing_is_cancelled_twice(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        inside(acme, lambda: cancel(reason="unused", comment="", at_once=False, actor=SYSTEM))
        stripe_there.bring()
        with pytest.raises(Conflict):
            inside(acme, lambda: cancel(reason="unused", comment="", at_once=False, actor=SYSTEM))
