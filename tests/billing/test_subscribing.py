"""Subscribing: from a plan to a subscription that Stripe charges, whatever the way."""

import re
from calendar import monthrange
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from saas.billing.gateway import Declined, Unanswered
from saas.billing.models import BillingRequest, Invoice, Subscription
from saas.billing.operations.leaving import let_go_closed
from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import UNDERWAY, begin_checkout, open_checkout, read_choice
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.jobs import enqueue
from saas.sandbox.stripe.billing.checkout.completing import complete
from saas.tenancy.jobs import purge_expired
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.removal import purge_tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.billing.conftest import Stripe, text_of
from tests.cast import Organisation


def standing(organisation: Organisation) -> tuple[str, str]:
    with platform_scope() as session:
        tenant = session.get_one(Tenant, organisation.id)
        return tenant.plan, tenant.status


class TestWithCard:
    def test_the_organisation_has_what_it_pays_for(self, subscribed):
        acme = subscribed("pro")
        assert standing(acme) == ("pro", "active")
        with tenant_scope(acme):
            (invoice,) = db.session.scalars(select(Invoice)).all()
            (subscription,) = db.session.scalars(select(Subscription)).all()
        assert (invoice.status, invoice.total, invoice.paid, invoice.currency) == ("paid", 2900, 2900, "EUR")
        assert (subscription.plan, subscription.cycle, subscription.amount) == ("pro", "month", 2900)

    def test_a_card_that_is_declined_changes_nothing(self, subscribed, acme):
        before = standing(acme)
        with pytest.raises(Declined):
            subscribed("pro", card="pm_card_chargeDeclined")
        assert standing(acme) == before


class TestLeaving:
    def test_who_is_closed_is_charged_no_more(self, subscribed, stripe_there: Stripe):
        acme = subscribed("pro")
        with platform_work() as session:
            change_status(session.get_one(Tenant, acme.id), Status.CANCELLED, reason="closed", actor=SYSTEM)
        assert let_go_closed() == 1
        stripe_there.bring()
        stripe_there.advance(40)
        stripe_there.bring()
        with tenant_scope(acme):
            assert [one.paid for one in db.session.scalars(select(Invoice))] == [2900]
        assert standing(acme)[1] == "cancelled"

    def test_a_page_of_payment_ends_with_the_organisation(self, acme, stripe_there: Stripe, browse):
        alice = browse(acme, "Alice")
        alice.get("/billing/subscribe?plan=pro")
        alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"})
        (page,) = stripe_there.store.find("checkout.session")
        assert page["status"] == "open"
        with platform_work() as session:
            change_status(session.get_one(Tenant, acme.id), Status.CANCELLED, reason="closed", actor=SYSTEM)
        let_go_closed()
        assert stripe_there.api.checkout.sessions.retrieve(page["id"]).status == "expired"

    def test_a_page_of_payment_opens_in_real_time_whatever_a_test_clock_says(self, acme, stripe_there: Stripe, browse):
        stripe_there.advance(30)
        alice = browse(acme, "Alice")
        alice.get("/billing/subscribe?plan=pro")
        answer = alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"})
        assert answer.location.startswith(stripe_there.running.url)
        (page,) = stripe_there.store.find("checkout.session")
        assert page["status"] == "open"
        stripe_there.advance(1)
        assert stripe_there.api.checkout.sessions.retrieve(page["id"]).status == "expired"

    @pytest.mark.usefixtures("without_free_plan")
    def test_who_is_brought_back_chooses_a_plan_anew(self, subscribed, stripe_there: Stripe, saas, run_jobs):
        acme = subscribed("pro")
        saas("tenants", "cancel", acme.slug, "--reason", "Asked for it.")
        let_go_closed()
        stripe_there.bring()
        saas("tenants", "resume", acme.slug)
        with tenant_work(acme):
            enqueue("plans.look_at_trial")
        run_jobs()
        assert standing(acme) == ("pro", "past_due")

    def test_an_account_that_was_deleted_at_stripe_is_over_and_one_can_subscribe_anew(
        self, subscribed, stripe_there: Stripe
    ):
        acme = subscribed("pro")
        stripe_there.api.customers.delete(stripe_there.customer_of(acme)["id"])
        stripe_there.bring()
        assert standing(acme) == ("free", "active")
        with time_machine.travel(now() + 2 * UNDERWAY, tick=True):
            subscribed("pro")
        assert standing(acme) == ("pro", "active")

    def test_of_two_that_live_the_older_counts_also_after_the_younger_came_first(
        self, subscribed, stripe_there: Stripe
    ):
        acme = subscribed("pro")
        with tenant_scope(acme):
            older = db.session.scalars(select(Subscription.id)).one()
        customer = stripe_there.customer_of(acme)["id"]
        price = next(one for one in stripe_there.store.find("price") if one["unit_amount"] == 4900)["id"]
        stripe_there.advance(1)
        younger = stripe_there.api.subscriptions.create({"customer": customer, "items": [{"price": price}]}).id
        with stripe_there.store.lock:
            stripe_there.store.get("subscription", older)["status"] = "canceled"
        look_at(customer)
        assert standing(acme) == ("trial", "active")
        with stripe_there.store.lock:
            stripe_there.store.get("subscription", older)["status"] = "active"
        look_at(customer)
        assert standing(acme) == ("pro", "active")
        with platform_scope() as session:
            assert session.get_one(Subscription, younger).duplicate

    def test_one_that_cannot_be_deleted_does_not_keep_the_others(
        self, subscribed, umbrella, stripe_there: Stripe, run_jobs
    ):
        acme = subscribed("pro")
        with platform_work() as session:
            for organisation in (acme, umbrella):
                tenant = session.get_one(Tenant, organisation.id)
                change_status(tenant, Status.DELETING, reason="closed", actor=SYSTEM)
        stripe_there.set(stripe_api_base="http://127.0.0.1:9")
        with pytest.raises(RuntimeError, match="could not be purged"):
            purge_expired()
        with platform_scope() as session:
            assert session.get(Tenant, acme.id) is not None
            assert session.get(Tenant, umbrella.id) is None

    def test_nothing_is_deleted_while_stripe_does_not_answer(self, subscribed, stripe_there: Stripe, saas):
        acme = subscribed("pro")
        with platform_work() as session:
            change_status(session.get_one(Tenant, acme.id), Status.DELETING, reason="closed", actor=SYSTEM)
        stripe_there.set(stripe_api_base="http://127.0.0.1:9")
        with owner_connection() as connection, pytest.raises(Unanswered):
            purge_tenant(connection, acme.id, actor=SYSTEM)
        with platform_scope() as session:
            assert session.get(Tenant, acme.id) is not None
        stripe_there.set(stripe_api_base=stripe_there.running.url)
        with owner_connection() as connection:
            purge_tenant(connection, acme.id, actor=SYSTEM)
        (left,) = stripe_there.store.find("subscription")
        assert left["status"] == "canceled"


class TestPages:
    def test_from_the_plan_to_stripes_page(self, acme, stripe_there: Stripe, browse):
        alice = browse(acme, "Alice")
        page = alice.get("/billing/subscribe?plan=pro&cycle=year")
        assert "€290.00 a year" in page.text
        assert stripe_there.running.url in page.headers["Content-Security-Policy"]
        answer = alice.post("/billing/subscribe", {"plan": "pro", "cycle": "year"})
        assert (answer.status_code, answer.location.startswith(stripe_there.running.url)) == (303, True)

    @pytest.mark.parametrize(
        "chosen",
        [
            {"plan": "nothing"},
            {"plan": "free"},
            {"plan": "enterprise"},
            {"plan": "internal"},
            {"plan": "trial", "cycle": "year"},
            {"plan": "pro", "cycle": "week"},
        ],
    )
    def test_what_cannot_be_bought_is_refused(self, acme, stripe_there: Stripe, browse, chosen):
        answer = browse(acme, "Alice").post("/billing/subscribe", chosen, page="/billing")
        assert (answer.status_code, answer.location) == (303, "/plan")
        assert stripe_there.store.find("checkout.session") == []

    @pytest.mark.parametrize("way", ["subscribe", "change"])
    @pytest.mark.parametrize("asked", ["", "?plan=nothing"])
    def test_no_plan_and_one_that_is_not_sold_lead_to_the_plans_in_plain_words(self, subscribed, browse, asked, way):
        alice = browse(subscribed("pro"), "Alice")
        answer = alice.get(f"/billing/{way}{asked}")
        assert (answer.status_code, answer.location) == (303, "/plan")
        page = alice.follow(answer).text
        assert ("This plan is not on sale" if asked else "Choose a plan first.") in page

    def test_of_two_who_go_to_pay_at_once_one_page_stays_open(self, acme, stripe_there: Stripe):
        asked = []
        for _ in range(2):
            with tenant_scope(acme) as session:
                asked.append(begin_checkout(read_choice("pro", "month"), actor=SYSTEM).id)
                session.commit()
        with tenant_scope(acme), pytest.raises(Conflict):
            open_checkout(asked[0])
        with tenant_scope(acme):
            assert open_checkout(asked[1])
        statuses = [one["status"] for one in stripe_there.store.find("checkout.session")]
        assert sorted(statuses) == ["expired", "open"]

    def test_who_paid_already_is_not_led_to_pay_again(self, acme, stripe_there: Stripe, browse):
        alice = browse(acme, "Alice")
        answer = alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"}, page="/billing/subscribe?plan=pro")
        with stripe_there.store.lock:
            (session,) = stripe_there.store.find("checkout.session")
            assert complete(stripe_there.store, session, "pm_card_visa").status == "complete"
        answer = alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"})
        assert "on its way" in alice.follow(answer).text
        stripe_there.bring()
        assert standing(acme)[0] == "pro"
        assert len(stripe_there.store.find("subscription")) == 1

    def test_coming_back_without_paying_gives_nothing(self, acme, stripe_there: Stripe, browse):
        alice = browse(acme, "Alice")
        alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"}, page="/billing/subscribe?plan=pro")
        with tenant_scope(acme):
            asked = db.session.scalars(select(BillingRequest.id)).one()
        page = alice.get(f"/billing/done?request={asked}")
        assert (page.status_code, page.headers["Refresh"]) == (200, "1")
        stripe_there.bring()
        assert standing(acme)[0] == "trial"
        answer = alice.get("/billing/done?request=nonsense")
        assert answer.location == "/billing"
        assert "We know of no payment" in alice.follow(answer).text
        with time_machine.travel(now() + timedelta(minutes=1), tick=True):
            page = alice.get(f"/billing/done?request={asked}")
        assert "We have not heard of a payment yet." in page.text
        assert 'href="/billing/subscribe?plan=pro&amp;cycle=month"' in page.text
        with time_machine.travel(now() + timedelta(hours=3), tick=True):
            page = alice.get(f"/billing/done?request={asked}")
        assert ("is closed: nobody can pay there" in page.text, "Refresh" in page.headers) == (True, False)

    def test_stripe_being_away_is_said_and_nothing_is_lost(self, acme, stripe_there: Stripe, browse):
        stripe_there.set(stripe_api_base="http://127.0.0.1:9")
        alice = browse(acme, "Alice")
        answer = alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"}, page="/billing/subscribe?plan=pro")
        assert answer.status_code == 303
        assert "does not answer" in alice.follow(answer).text
        stripe_there.set(stripe_api_base=stripe_there.running.url)
        assert alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"}).location.startswith(
            stripe_there.running.url
        )

    def test_with_a_subscription_the_way_leads_to_a_change(self, subscribed, browse):
        acme = subscribed("pro")
        answer = browse(acme, "Alice").get("/billing/subscribe?plan=trial")
        assert (answer.status_code, answer.location) == (303, "/billing/change?plan=trial&cycle=month")
        assert browse(acme, "Bob").get("/billing").status_code == 403

    def test_a_change_is_looked_at_and_taken(self, subscribed, browse, stripe_there: Stripe):
        acme = subscribed("trial")
        alice = browse(acme, "Alice")
        page = alice.get("/billing/change?plan=pro&cycle=year")
        day = min(now().day, monthrange(now().year + 1, now().month)[1])
        assert f"€290.00 on {day} {now():%B} {now().year + 1} and then each year" in text_of(page.text)
        assert "Unused time on Trial" in page.text
        fields = dict(re.findall(r'name="(plan|cycle|moment|due)" value="([^"]*)"', page.text))
        assert fields["due"] != "0"
        answer = alice.post("/billing/change", fields)
        assert answer.location.startswith("/billing/done")
        stripe_there.bring()
        assert alice.follow(answer).location == "/billing"
        assert standing(acme)[0] == "pro"
        assert "Pro" in alice.get("/billing").text

    def test_who_cancels_says_why(self, subscribed, browse, stripe_there: Stripe):
        acme = subscribed("pro")
        alice = browse(acme, "Alice")
        refused = alice.post("/billing/cancel", {"when": "end", "comment": "As typed"})
        assert (refused.status_code, "As typed" in refused.text) == (422, True)
        assert alice.post("/billing/cancel", {"when": "end", "reason": "unused"}).status_code == 303
        stripe_there.bring()
        assert "Keep the subscription" in alice.get("/billing").text
        assert alice.post("/billing/resume", page="/billing").status_code == 303
