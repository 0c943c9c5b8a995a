"""Dunning: who does not pay is written to, suspended after some days, and let in again within the look that sees the payment."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from saas.billing.models import Invoice, SubscriptionState
from saas.billing.operations.dunning import watch
from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import ensure_customer
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work
from tests.billing.conftest import Stripe
from tests.billing.test_changing import inside, mirror
from tests.billing.test_subscribing import standing
from tests.cast import Organisation


@pytest.fixture
def owing(subscribed, stripe_there: Stripe) -> Organisation:
    """Acme, whose card was declined when its trial ended."""
    acme: Organisation = subscribed("pro", card="pm_card_chargeCustomerFail", trial=7)
    stripe_there.advance(7.1)
    stripe_there.bring()
    return acme


def days_later(organisation: Organisation, days: float) -> None:
    """Watch over debts so many days from now."""
    with time_machine.travel(now() + timedelta(days=days), tick=True), tenant_work(organisation):
        watch()


def failing(organisation: Organisation) -> Invoice:
    with tenant_scope(organisation):
        return db.session.scalars(select(Invoice).where(Invoice.failed_at.is_not(None))).one()


def subjects(mailbox, organisation: Organisation) -> list[str]:
    """What Alice was written about money, oldest first."""
    words = ("payment", "suspended", "paid up")
    return [
        m["Subject"] for m in mailbox.messages(organisation.email("Alice")) if any(w in m["Subject"] for w in words)
    ]


def pay(organisation: Organisation, stripe_there: Stripe) -> None:
    """Use a good card for what is owed."""
    customer = stripe_there.customer_of(organisation)["id"]
    card = stripe_there.api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    stripe_there.api.customers.update(customer, {"invoice_settings": {"default_payment_method": card}})
    stripe_there.api.subscriptions.update(mirror(organisation).id, {"default_payment_method": card})
    stripe_there.api.invoices.pay(failing(organisation).id, {"payment_method": card})
    stripe_there.bring()


def use_card(organisation: Organisation, stripe_there: Stripe, card: str) -> str:
    """Have the customer pay with another card from now on; its id."""
    customer = stripe_there.customer_of(organisation)["id"]
    own = str(stripe_there.api.payment_methods.attach(card, {"customer": customer}).id)
    stripe_there.api.customers.update(customer, {"invoice_settings": {"default_payment_method": own}})
    stripe_there.bring()
    stripe_there.bring()
    return own


class TestDunning:
    def test_people_hear_of_it_at_once_and_everything_stays_open(self, owing, mailbox):
        assert standing(owing) == ("pro", "past_due")
        assert subjects(mailbox, owing) == ["A payment of Acme failed"]

    def test_on_each_of_the_days_there_is_one_mail(self, owing, mailbox):
        for days in (0.5, 2.9, 3.1, 3.5, 4.9, 5.1, 5.2):
            days_later(owing, days)
        assert len(subjects(mailbox, owing)) == 3

    def test_days_that_were_missed_are_told_in_one(self, owing, mailbox):
        days_later(owing, 6)
        assert len(subjects(mailbox, owing)) == 2

    def test_after_the_last_day_the_organisation_is_closed_but_for_its_bills(self, owing, mailbox, browse):
        days_later(owing, 6.9)
        assert standing(owing)[1] == "past_due"
        days_later(owing, 7.1)
        assert standing(owing) == ("pro", "suspended")
        assert subjects(mailbox, owing)[-1] == "Acme is suspended"
        alice = browse(owing, "Alice")
        assert alice.get("/workflows").status_code == 403
        page = alice.get("/billing")
        assert (page.status_code, "is not paid" in page.text) == (200, True)

    def test_the_invoice_tells_what_was_done_about_it(self, owing, browse, stripe_there: Stripe):
        days_later(owing, 3.1)
        days_later(owing, 7.1)
        alice, id = browse(owing, "Alice"), failing(owing).id
        told = ("A payment failed", "A reminder was sent", "The organisation was suspended")
        page = alice.get(f"/billing/invoices/{id}").text
        assert [page.count(words) > 0 for words in told] == [True, True, True]
        pay(owing, stripe_there)
        page = alice.get(f"/billing/invoices/{id}").text
        assert [page.count(words) > 0 for words in told] == [True, True, True]

    def test_what_is_late_is_no_revenue_while_the_organisation_is_closed(self, owing, stripe_there: Stripe):
        def worth() -> tuple[bool, str]:
            with platform_scope() as session:
                own = select(SubscriptionState).where(SubscriptionState.tenant_id == owing.id)
                newest = own.order_by(SubscriptionState.at.desc(), SubscriptionState.source.desc()).limit(1)
                row = session.scalars(newest).one()
                return row.paying, row.reason

        assert worth() == (True, "")
        days_later(owing, 7.05)
        look_at(stripe_there.customer_of(owing)["id"])
        assert worth() == (False, "payment_failed")
        pay(owing, stripe_there)
        assert worth() == (True, "")

    def test_an_old_invoice_closes_nobody_whose_later_ones_are_paid(self, owing, stripe_there: Stripe):
        """What Stripe takes for active was opened again as soon as it was closed: people would hear of both each hour."""
        customer = stripe_there.customer_of(owing)["id"]
        with stripe_there.store.lock:
            old = stripe_there.store.get("invoice", failing(owing).id)
            stripe_there.store.get("subscription", mirror(owing).id)["status"] = "active"
            assert old["status"] == "open"
        look_at(customer)
        assert standing(owing) == ("pro", "active")
        for days in (7.1, 7.2):
            days_later(owing, days)
        assert standing(owing) == ("pro", "active")

    def test_paying_opens_it_again(self, owing, mailbox, stripe_there: Stripe):
        days_later(owing, 7.1)
        pay(owing, stripe_there)
        assert standing(owing) == ("pro", "active")
        assert subjects(mailbox, owing)[-1] == "Acme is paid up"
        with tenant_scope(owing):
            assert db.session.scalars(select(Invoice.id).where(Invoice.failed_at.is_not(None))).all() == []

    def test_another_card_pays_what_is_owed_at_once(self, owing, stripe_there: Stripe):
        card = use_card(owing, stripe_there, "pm_card_mastercard")
        assert standing(owing) == ("pro", "active")
        assert stripe_there.api.subscriptions.retrieve(mirror(owing).id).default_payment_method == card
        with tenant_scope(owing):
            assert [one.status for one in db.session.scalars(select(Invoice).where(Invoice.total > 0))] == ["paid"]

    def test_the_card_that_was_chosen_stays_whichever_of_stripes_pages_it_was_chosen_on(
        self, subscribed, stripe_there: Stripe
    ):
        acme = subscribed("pro")
        customer, id = stripe_there.customer_of(acme)["id"], mirror(acme).id
        new, own = (
            stripe_there.api.payment_methods.attach(card, {"customer": customer}).id
            for card in ("pm_card_mastercard", "pm_card_amex")
        )
        stripe_there.api.customers.update(customer, {"invoice_settings": {"default_payment_method": new}})
        for _ in range(3):
            stripe_there.bring()
        assert stripe_there.api.subscriptions.retrieve(id).default_payment_method == new
        stripe_there.api.subscriptions.update(id, {"default_payment_method": own})
        for _ in range(3):
            stripe_there.bring()
        assert stripe_there.api.customers.retrieve(customer).invoice_settings.default_payment_method == own
        assert stripe_there.api.subscriptions.retrieve(id).default_payment_method == own

    def test_another_card_that_is_declined_too_changes_nothing(self, owing, stripe_there: Stripe, mailbox):
        use_card(owing, stripe_there, "pm_card_chargeCustomerFail")
        assert standing(owing) == ("pro", "past_due")
        assert len(subjects(mailbox, owing)) == 1

    def test_who_was_suspended_for_another_reason_stays_so(self, owing, stripe_there: Stripe, saas):
        saas("tenants", "suspend", owing.slug, "--reason", "Asked by a court.")
        pay(owing, stripe_there)
        assert standing(owing) == ("pro", "suspended")

    def test_an_operators_reason_counts_also_where_we_had_suspended_before(self, owing, stripe_there: Stripe, saas):
        days_later(owing, 7.1)
        saas("tenants", "suspend", owing.slug, "--reason", "Asked by a court.")
        pay(owing, stripe_there)
        assert standing(owing) == ("pro", "suspended")

    def test_a_payment_that_was_never_owed_is_no_debt(self, subscribed, acme, mailbox, stripe_there: Stripe):
        customer = inside(acme, ensure_customer)
        card = stripe_there.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer}).id
        price = next(one for one in stripe_there.store.find("price") if one["unit_amount"] == 2900)["id"]
        stripe_there.api.subscriptions.create(
            {"customer": customer, "items": [{"price": price}], "default_payment_method": card}
        )
        stripe_there.bring()
        assert standing(acme)[0] != "pro"
        assert subjects(mailbox, acme) == []
