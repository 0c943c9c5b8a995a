"""The way to the payment provider's pages and back, walked on both sides."""

import pytest
from sqlalchemy import select

from saas.billing.models import Invoice
from saas.core.database import db
from saas.tenancy.scope import tenant_scope
from tests.sandbox.stripe.visitor import Visitor, card
from tests.support import path_of


@pytest.fixture
def visitor(stripe_there) -> Visitor:
    return Visitor(stripe_there.running)


@pytest.fixture
def configured(stripe_there):
    """A portal that lets people change cards and cancel."""
    features = {
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
    }
    stripe_there.api.billing_portal.configurations.create({"features": features})


class TestCheckout:
    def go(self, alice):
        return alice.post("/billing/subscribe", {"plan": "pro", "cycle": "month"}, page="/billing/subscribe?plan=pro")

    def test_paying_leads_back_to_what_was_bought(self, stripe_there, acme, browse, visitor):
        alice = browse(acme, "Alice")
        address = self.go(alice).location
        assert "Pro" in visitor.get(address).text
        back = visitor.post(address, **card(act="pay", email="alice@acme.example.com"))
        assert back.status == 303
        assert "Refresh" in alice.get(path_of(back.to)).headers
        stripe_there.bring()
        assert "The subscription has begun." in alice.follow(alice.get(path_of(back.to))).text

    def test_a_declined_card_leaves_the_way_open(self, stripe_there, acme, browse, visitor):
        alice = browse(acme, "Alice")
        address = self.go(alice).location
        assert visitor.post(address, **card("4000000000000002", act="pay", email="a@example.com")).status == 402
        stripe_there.bring()
        with tenant_scope(acme):
            assert db.session.scalars(select(Invoice)).all() == []
        assert visitor.post(address, **card(act="pay", email="a@example.com")).status == 303


class TestPortal:
    def test_a_new_card_is_given_and_leads_back(self, subscribed, stripe_there, configured, browse, visitor):
        alice = browse(subscribed("pro"), "Alice")
        address = alice.post("/billing/portal", {"flow": "card"}, page="/billing").location
        assert "Add a card" in visitor.go(address).text
        back = visitor.post(visitor.get(address).to, **card("5555555555554444"))
        assert path_of(back.to) == "/billing"
        stripe_there.bring()
        assert "4444" in alice.get("/billing").text

    def test_cancelling_there_is_known_here(self, subscribed, stripe_there, configured, browse, visitor):
        alice = browse(subscribed("pro"), "Alice")
        address = alice.post("/billing/portal", {"flow": "cancel"}, page="/billing").location
        back = visitor.post(visitor.get(address).to, reason="", comment="")
        assert path_of(back.to) == "/billing"
        assert "Ends on" not in alice.get("/billing").text
        stripe_there.bring()
        assert stripe_there.store.find("subscription")[0]["cancel_at_period_end"]
        assert "Ends on" in alice.get("/billing").text
