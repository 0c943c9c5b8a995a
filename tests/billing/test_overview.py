"""What pages say of money: the next invoice, a payment that failed, why an organisation is closed."""

from tests.billing.conftest import Stripe
from tests.billing.test_dunning import days_later, owing, pay
from tests.billing.test_subscribing import standing
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
        assert "A payment failed. Pay by" in page
        assert "or Acme is suspended on" in page
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
