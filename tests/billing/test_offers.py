"""Offers: a price for one organisation and nobody else, as long as it is good and is not taken back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from saas.billing.models import BillingRequest, StripePrice
from saas.billing.offers import Offer, get_offer, require_offer
from saas.billing.operations.offering import compare_offering
from saas.billing.prices import price_id_of
from saas.catalogue.current import catalogue
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid
from saas.tenancy.scope import platform_scope, tenant_scope
from tests.billing.conftest import Stripe
from tests.billing.test_changing import inside
from tests.billing.test_subscribing import standing

MAKE = ("--plan", "enterprise", "--amount", "1200.00", "--cycle", "year")


@pytest.fixture
def offered(acme, stripe_there: Stripe, saas) -> Callable[..., Offer]:
    """Acme with an offer: Enterprise for 1200 EUR a year, for thirty days."""

    def make(*more: str) -> Offer:
        made = saas("billing", "offer", acme.slug, *MAKE, *more)
        assert made.exit_code == 0, made.output
        found = inside(acme, get_offer)
        assert isinstance(found, Offer)
        return found

    return make


def address(offer: Offer) -> str:
    return f"/billing/subscribe?offer={offer.price}"


def test_from_years_to_months_the_next_charge_is_a_month_from_now(subscribed, saas, browse):
    acme = subscribed("pro", cycle="year")
    assert saas("billing", "offer", acme.slug, *MAKE[:5], "month").exit_code == 0
    offer = inside(acme, get_offer)
    page = browse(acme, "Alice").get(f"/billing/change?offer={offer.price}").text
    told = re.search(r"on (\d+ \w+ \d+) and then each month", page)
    assert told, page
    assert 27 < (datetime.strptime(told[1], "%d %B %Y").replace(tzinfo=UTC) - now()).days + 1 < 32


class TestMaking:
    def test_it_is_a_price_at_stripe_that_names_its_organisation(self, acme, offered, stripe_there: Stripe):
        offer = offered("--note", "As agreed on the phone.")
        price = stripe_there.store.get("price", offer.price)
        assert (price["unit_amount"], price["currency"], price["recurring"]["interval"]) == (120_000, "eur", "year")
        version = catalogue().terms("enterprise").version
        about = {"kind": "plan", "plan": "enterprise", "version": version, "cycle": "year", "tenant": str(acme.id)}
        assert price["metadata"] == about
        assert (offer.amount, offer.currency, offer.version, offer.note) == (
            120_000,
            "EUR",
            version,
            "As agreed on the phone.",
        )

    def test_nothing_is_refused_on_the_way(self, offered, capfd):
        offered()
        offered()
        assert "stripe_refused" not in "".join(capfd.readouterr())

    def test_those_who_may_take_it_are_written_to_and_the_log_tells_it(self, acme, offered, mailbox):
        offered("--note", "As agreed on the phone.")
        mail = mailbox.text(acme.email("Alice"))
        assert "Enterprise for €1,200.00 a year" in mail
        assert "As agreed on the phone." in mail
        assert mailbox.messages(acme.email("Bob")) == []
        with tenant_scope(acme):
            assert "billing.offer.made" in db.session.scalars(select(AuditEntry.event)).all()

    @pytest.mark.parametrize(
        "wrong",
        [
            ("--plan", "nothing"),
            *(("--amount", text) for text in ("", "-1", "0", "1e9", "NaN", "Infinity", "12.345", "a lot")),
            *(("--days", days) for days in ("0", "-1", "366", "1000000000")),
            ("--cycle", "week"),
            ("--note", "x" * 501),
        ],
    )
    def test_what_is_wrong_is_refused_and_makes_nothing(self, acme, stripe_there: Stripe, saas, wrong):
        before = len(stripe_there.store.find("price"))
        assert saas("billing", "offer", acme.slug, *MAKE, *wrong).exit_code != 0
        assert (len(stripe_there.store.find("price")), inside(acme, get_offer)) == (before, None)
        assert saas("billing", "offer", acme.slug, *MAKE).exit_code == 0

    def test_what_everybody_pays_stays_what_it_is(self, acme, offered, stripe_there: Stripe, saas):
        with platform_scope():
            before = price_id_of(catalogue().terms("pro"), "month")
        saas("billing", "offer", acme.slug, "--plan", "pro", "--amount", "5", "--cycle", "month")
        offer = inside(acme, get_offer)
        with platform_scope() as session:
            assert price_id_of(catalogue().terms("pro"), "month") == before
            assert session.get_one(StripePrice, offer.price).name == "pro"
        assert offer.price not in [step.id for step in compare_offering()[1]]


class TestTaking:
    def test_the_pages_show_it_and_lead_to_the_checkout_with_its_price(
        self, acme, offered, stripe_there: Stripe, browse
    ):
        offer, alice = offered(), browse(acme, "Alice")
        for page in ("/plan", "/billing"):
            assert "We offer you Enterprise for €1,200.00 a year" in alice.get(page).text
            assert address(offer) in alice.get(page).text
        assert "€1,200.00 a year" in alice.get(address(offer)).text
        answer = alice.post("/billing/subscribe", {"offer": offer.price})
        assert (answer.status_code, answer.location.startswith(stripe_there.running.url)) == (303, True)
        with tenant_scope(acme):
            facts = db.session.scalars(select(BillingRequest.facts).where(BillingRequest.kind == "checkout")).one()
        assert (facts["plan"], facts["cycle"], facts["price"]) == ("enterprise", "year", offer.price)

    def test_who_may_not_change_the_plan_does_not_see_it(self, acme, offered, browse):
        offer, bob = offered(), browse(acme, "Bob")
        assert "We offer you" not in bob.get("/plan").text
        assert bob.get(address(offer)).status_code == 403

    def test_paying_it_gives_the_plan_and_the_offer_is_gone(self, acme, offered, subscribed, stripe_there, browse):
        offer, alice = offered(), browse(acme, "Alice")
        customer = subscribed("pro") and stripe_there.customer_of(acme)["id"]
        page = alice.get(address(offer))
        assert (page.status_code, page.location) == (303, f"/billing/change?plan=&cycle=month&offer={offer.price}")
        quote = alice.follow(page)
        assert "€1,200.00 a year" in quote.text
        fields = dict(_hidden(quote.text))
        assert fields["offer"] == offer.price
        assert alice.post("/billing/change", fields, page="/billing").location.startswith("/billing/done")
        stripe_there.bring()
        assert standing(acme) == ("enterprise", "active")
        assert "We offer you" not in alice.get("/billing").text
        (subscription,) = stripe_there.api.subscriptions.list({"customer": customer}).data
        assert [item.price.id for item in subscription["items"].data] == [offer.price]

    def test_another_organisation_cannot_use_the_price(self, acme, umbrella, offered, stripe_there: Stripe, browse):
        offer = offered()
        stranger = browse(umbrella, "Charlie")
        assert "We offer you" not in stranger.get("/plan").text
        for answer in (
            stranger.get(address(offer)),
            stranger.post("/billing/subscribe", {"offer": offer.price}, page="/billing"),
        ):
            assert (answer.status_code, answer.location) == (303, "/plan")
        with tenant_scope(umbrella), pytest.raises(Invalid):
            require_offer(offer.price)
        with tenant_scope(acme):
            assert require_offer(offer.price) == offer
        assert stripe_there.store.find("checkout.session") == []

    def test_an_offer_that_is_over_is_refused_and_says_so(self, acme, offered, stripe_there: Stripe, browse):
        offer = offered("--days", "2")
        with time_machine.travel(now() + timedelta(days=1.9), tick=True):
            assert browse(acme, "Alice").get(address(offer)).status_code == 200
        with time_machine.travel(now() + timedelta(days=2.1), tick=True):
            alice = browse(acme, "Alice")
            answer = alice.post("/billing/subscribe", {"offer": offer.price}, page="/billing")
            assert answer.location == "/plan"
            page = alice.follow(answer).text
            assert "This offer was good until" in page
            assert "Our offer has ended" in page
        assert stripe_there.store.find("checkout.session") == []

    def test_an_offer_that_was_taken_back_cannot_be_taken(self, acme, offered, stripe_there: Stripe, browse, saas):
        offer, alice = offered(), browse(acme, "Alice")
        assert alice.post("/billing/subscribe", {"offer": offer.price}, page=address(offer)).status_code == 303
        assert saas("billing", "offer", acme.slug, "--withdraw").exit_code == 0
        (page,) = stripe_there.store.find("checkout.session")
        assert (page["status"], stripe_there.store.get("price", offer.price)["active"]) == ("expired", False)
        assert alice.get(address(offer)).location == "/plan"
        assert "We offer you" not in alice.get("/plan").text
        assert saas("billing", "offer", acme.slug, "--withdraw").exit_code != 0
        assert saas("billing", "offer", acme.slug, *MAKE).exit_code == 0
        assert inside(acme, get_offer).price != offer.price


def _hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="(plan|cycle|moment|due|offer)" value="([^"]*)"', page)
