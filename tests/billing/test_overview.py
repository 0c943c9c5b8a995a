"""What pages say of money: the next invoice, a payment that failed, why an organisation is closed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from saas.billing.models import BillingAccount, Invoice
from saas.billing.operations.cards import charge_again, kept
from saas.billing.operations.looking import look_at
from saas.billing.pace import get_pace
from saas.billing.queries.subscriptions import get_subscription
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.config import keep
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.operations.consuming import consume
from tests.billing.conftest import Stripe, text_of
from tests.billing.test_changing import mirror
from tests.billing.test_dunning import days_later, owing, pay
from tests.billing.test_subscribing import standing
from tests.cast import Organisation
from tests.support import statements_sent

__all__ = ["owing"]


class TestNextInvoice:
    def test_the_overview_loads_it_by_itself_and_links_to_it(self, subscribed, browse):
        acme = subscribed("pro")
        page = browse(acme, "Alice").get("/billing").text
        assert 'hx-get="/billing/next" hx-trigger="load"' in page
        assert '<a href="/billing/next">' in page

    def test_it_says_what_will_be_charged(self, subscribed, browse):
        acme = subscribed("pro")
        page = browse(acme, "Alice").get("/billing/next")
        assert (page.status_code, 'id="next"' in page.text, "€29.00" in page.text) == (200, True, True)

    def test_who_has_cancelled_is_charged_nothing_more(self, subscribed, browse, stripe_there: Stripe):
        acme = subscribed("pro")
        alice = browse(acme, "Alice")
        alice.post("/billing/cancel", {"when": "end", "reason": "unused"})
        stripe_there.bring()
        assert "€29.00" not in alice.get("/billing/next").text

    def test_without_a_subscription_nothing_is_asked(self, acme, stripe_there: Stripe, browse):
        alice = browse(acme, "Alice")
        assert "/billing/next" not in alice.get("/billing").text
        assert "Nothing more is charged" in alice.get("/billing/next").text

    def test_stripe_being_away_is_said_in_words(self, subscribed, browse, stripe_there: Stripe):
        acme = subscribed("pro")
        stripe_there.set(stripe_api_base="http://127.0.0.1:9")
        page = browse(acme, "Alice").get("/billing/next")
        assert (page.status_code, "does not answer" in page.text) == (200, True)


class TestBanner:
    def test_those_who_may_pay_are_told_until_when(self, owing, browse):
        page = browse(owing, "Alice").get("/account").text
        assert "A payment failed. Unless it is paid, Acme is suspended on" in page
        assert "in 7 days." in page
        assert "/billing/invoices/in_" in page

    def test_others_see_nothing_of_it(self, owing, browse):
        assert "payment failed" not in browse(owing, "Bob").get("/account").text

    def test_paying_takes_it_away(self, owing, browse, stripe_there: Stripe):
        pay(owing, stripe_there)
        assert "payment failed" not in browse(owing, "Alice").get("/account").text

    def test_where_nothing_is_owed_it_costs_no_query(self, subscribed, browse):
        acme = subscribed("pro")
        alice = browse(acme, "Alice")
        alice.get("/account")
        with statements_sent() as sent:
            alice.get("/account")
        assert [one for one in sent if "invoices" in one or "subscriptions" in one] == []


class TestOwing:
    def test_no_try_is_promised_for_after_the_suspension(self, owing, browse):
        alice, shown = browse(owing, "Alice"), []
        for days in (3, 30):
            with tenant_work(owing):
                row = failing_row()
                row.facts = {**row.facts, "next_try": int((now() + timedelta(days=days)).timestamp())}
                address = f"/billing/invoices/{row.id}"
            shown.append(
                ("charged again by itself" in alice.get("/billing").text, "tried again" in alice.get(address).text)
            )
        assert shown == [(True, True), (False, False)]

    def test_a_new_card_is_said_to_be_charged_until_it_is(self, owing, browse, stripe_there: Stripe):
        alice = browse(owing, "Alice")
        assert "Pay €29.00 now" in alice.get("/billing").text
        customer, card = give_card(owing, stripe_there, "pm_card_visa")
        look_at(customer)
        page = alice.get("/billing").text
        assert ("Your new card is on file" in page, "Pay €29.00 now" in page) == (True, False)
        assert alice.get("/billing", headers={"HX-Request": "true"}).headers.get("HX-Refresh") is None
        charge_again(customer, card)
        look_at(customer)
        assert alice.get("/billing", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
        assert "Your new card" not in alice.get("/billing").text

    def test_a_new_card_that_is_declined_too_is_said_to_be(self, owing, browse, stripe_there: Stripe):
        customer, card = give_card(owing, stripe_there, "pm_card_chargeCustomerFail")
        look_at(customer)
        charge_again(customer, card)
        look_at(customer)
        page = browse(owing, "Alice").get("/billing").text
        assert ("nor by the new card" in page, "Pay €29.00 now" in page) == (True, True)

    def test_a_card_from_before_the_failure_is_not_said_to_be_charging(self, owing, browse):
        moment = now().replace(microsecond=100_000)
        with time_machine.travel(moment, tick=False), platform_work() as session:
            account = session.get_one(BillingAccount, owing.id)
            account.card = kept({**account.card, "id": "pm_new"}, account.card)
        with tenant_work(owing):
            failing_row().failed_at = moment + timedelta(seconds=0.5)
        assert "Pay €29.00 now" in browse(owing, "Alice").get("/billing").text

    def test_it_is_said_of_that_invoice_only(self, owing, browse, stripe_there: Stripe):
        look_at(give_card(owing, stripe_there, "pm_card_chargeCustomerFail")[0])
        with platform_work() as session:
            account = session.get_one(BillingAccount, owing.id)
            account.card = {**account.card, "declined": ["in_of_last_year"]}
        with time_machine.travel(now() + timedelta(minutes=5), tick=True):
            assert "nor by the new card" not in browse(owing, "Alice").get("/billing").text

    def test_the_page_asks_again_only_while_a_charge_is_under_way(self, owing, browse, stripe_there: Stripe):
        alice = browse(owing, "Alice")
        before = alice.get("/billing").text
        look_at(give_card(owing, stripe_there, "pm_card_visa")[0])
        assert ["every 5s" in page for page in (before, alice.get("/billing").text)] == [False, True]

    def test_a_day_that_is_over_is_no_threat(self, owing, browse):
        shown = []
        for days in (6, 8):
            with time_machine.travel(now() + timedelta(days=days), tick=True):
                shown.append("is suspended on" in browse(owing, "Alice").get("/billing").text)
        assert shown == [True, False]

    def test_what_is_not_heard_of_is_not_waited_for_without_end(self, owing, browse, stripe_there: Stripe):
        look_at(give_card(owing, stripe_there, "pm_card_visa")[0])
        with time_machine.travel(now() + timedelta(minutes=5), tick=True):
            assert "Pay €29.00 now" in browse(owing, "Alice").get("/billing").text


def failing_row() -> Invoice:
    """What is owed, in the present scope."""
    return db.session.scalars(select(Invoice).where(Invoice.failed_at.is_not(None))).one()


def give_card(organisation: Organisation, stripe_there: Stripe, kind: str) -> tuple[str, str]:
    """Have another card on file at Stripe, of which we have not heard; the ids of customer and card."""
    customer = stripe_there.customer_of(organisation)["id"]
    card = str(stripe_there.api.payment_methods.attach(kind, {"customer": customer}).id)
    stripe_there.api.customers.update(customer, {"invoice_settings": {"default_payment_method": card}})
    return customer, card


class TestCosts:
    def test_what_is_expected_goes_on_at_the_present_pace(self, subscribed):
        acme = subscribed("pro")
        with time_machine.travel("2026-11-16T00:00Z", tick=False), tenant_work(acme):
            consume("images", 30, actor=SYSTEM)
        with time_machine.travel("2026-11-16T00:00Z", tick=False), tenant_scope(acme):
            subscription = get_subscription()
            assert subscription is not None
            pace = get_pace(subscription)
            days = [datetime(2026, *day, tzinfo=UTC) for day in ((11, 16), (11, 22), (12, 1), (12, 6), (12, 16))]
            more = [pace.cost_until(day) for day in days]
        beyond = [0, 12, 30, 30, 30 + 60 * 15 / 31 - 10]
        assert [float(one) for one in more] == pytest.approx([0.05 * images for images in beyond])

    def test_in_a_trial_nothing_is_expected_of_use(self, subscribed, browse):
        acme = subscribed("pro", trial=7)
        with tenant_work(acme):
            consume("images", 40, actor=SYSTEM)
        alice = browse(acme, "Alice")
        assert "Cost so far €29.00 Expected €29.00" in text_of(alice.get("/billing/next").text)

    def test_a_budget_is_not_spent_in_a_trial(self, subscribed, acme, browse):
        with tenant_work(acme):
            keep({"budget": {"amount": "20", "stop": False}})
            consume("images", 40, actor=SYSTEM)
        page = text_of(browse(acme, "Alice").get("/billing").text)
        assert "Of the budget of €20.00 for this month nothing is spent" in page
        assert "without the trial it would be €2.00" in page
        subscribed("pro")
        assert "€2.00 of €20.00" in text_of(browse(acme, "Alice").get("/billing").text)


class TestEnded:
    @pytest.mark.usefixtures("without_free_plan")
    def test_who_has_no_subscription_any_more_hears_until_when_it_may_choose(self, subscribed, browse, stripe_there):
        acme = subscribed("pro")
        stripe_there.api.subscriptions.cancel(mirror(acme).id)
        stripe_there.bring()
        alice = browse(acme, "Alice")
        assert (
            "The subscription ended. Choose a plan to go on. Without one the organisation is suspended on"
            in text_of(alice.get("/billing").text)
        )
        assert "The subscription ended Choose a plan below to go on." in text_of(alice.get("/plan").text)
        assert "Without one Acme is suspended on" in text_of(alice.get("/account").text)

    def test_who_has_no_card_adds_one(self, subscribed, browse, stripe_there: Stripe):
        acme = subscribed("pro")
        alice = browse(acme, "Alice")
        assert "Change the card" in alice.get("/billing").text
        with platform_work() as session:
            session.get_one(BillingAccount, acme.id).card = {}
        page = alice.get("/billing").text
        assert ("Add a card" in page, "Change the card" in page) == (True, False)


class TestPlanPage:
    def test_it_tells_what_is_paid_and_what_comes_next(self, subscribed, browse):
        acme = subscribed("pro", cycle="year")
        said = text_of(browse(acme, "Alice").get("/plan").text)
        assert "€290 a year Charged next on" in said
        assert "or €29 a month" in said

    def test_a_trial_that_is_paid_for_says_what_is_charged(self, subscribed, browse):
        acme = subscribed("pro", trial=7)
        said = text_of(browse(acme, "Alice").get("/plan").text)
        assert "in 7 days. Then €29.00, without taxes, are charged to the card on file" in said


class TestClosed:
    def test_those_who_may_pay_are_shown_the_way(self, owing, browse):
        days_later(owing, 7.1)
        assert standing(owing)[1] == "suspended"
        page = browse(owing, "Alice").get("/workflows")
        assert (page.status_code, 'href="/billing"' in page.text) == (403, True)
        assert 'href="/billing"' not in browse(owing, "Bob").get("/workflows").text

    def test_who_was_closed_for_another_reason_is_not(self, acme, browse, saas):
        saas("tenants", "suspend", acme.slug, "--reason", "Asked by a court.")
        assert 'href="/billing"' not in browse(acme, "Alice").get("/workflows").text
