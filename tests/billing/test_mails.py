"""Mail about money: a receipt for what was paid, and each change of the subscription with its price and its days; each once."""

import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import get_ident
from zoneinfo import ZoneInfo

import pytest
import stripe
import time_machine
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.details import Details
from saas.billing.emails import stops_at
from saas.billing.facts import moment
from saas.billing.gateway import Declined, Unanswered
from saas.billing.models import Invoice
from saas.billing.module import SUBSCRIPTION_CHANGED
from saas.billing.offers import get_offer
from saas.billing.operations.changing import cancel, resume
from saas.billing.operations.details import set_details
from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import Choice, read_choice
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.tenancy.directory import directory
from saas.tenancy.locales import day_in
from saas.tenancy.models import Tenant
from saas.tenancy.operations import set_profile
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_scope
from tests.billing.conftest import Stripe, text_of
from tests.billing.lives import Life
from tests.billing.test_changing import PRO_YEAR, TRIAL, change, inside, mirror
from tests.billing.test_dunning import days_later, failing, pay
from tests.cast import Organisation
from tests.support import work_off

DETAILS = Details("Acme GmbH", "Torstraße 1", "", "Berlin", "10119", "", "DE", emails=("bills@example.com",))


class Post:
    """What Alice was written, one subject and text after the other; what was there before is left out."""

    def __init__(self, mailbox, organisation: Organisation) -> None:
        self.mailbox, self.to, self.before = mailbox, organisation.email("Alice"), 0
        self.before = len(self.mailbox.messages(self.to))

    def new(self) -> dict[str, str]:
        """The new mails, text by subject; none stands there twice."""
        mails = self.mailbox.messages(self.to)[self.before :]
        found = {m["Subject"]: " ".join(m.get_body(("plain",)).get_content().split()) for m in mails}
        assert len(found) == len(mails), [m["Subject"] for m in mails]
        return found

    def only(self, start: str) -> str:
        """The text of the one new mail whose subject begins so."""
        (text,) = (text for subject, text in self.new().items() if subject.startswith(start))
        return text


@pytest.fixture
def post(mailbox, acme) -> Post:
    return Post(mailbox, acme)


def day(at: datetime | None, zone: str = "UTC") -> str:
    assert at is not None
    return day_in("en", at.astimezone(ZoneInfo(zone)).date(), "long")


def cancelled(organisation: Organisation, there: Stripe) -> None:
    inside(organisation, lambda: cancel(reason="unused", comment="", at_once=False, actor=SYSTEM))
    there.bring()


def bring_badly(organisation: Organisation, there: Stripe, seed: int) -> None:
    """Bring all messages so far in any order, more than once, by workers that die; then what is left."""
    life = Life(there, organisation, there.customer_of(organisation)["id"], there.events(), {})
    life.bring(random.Random(seed), times=3, kills=True)
    there.bring()


def offer_of(organisation: Organisation, saas, plan: str, amount: str) -> Choice:
    """Have the organisation offered a plan for so much a month."""
    made = saas("billing", "offer", organisation.slug, "--plan", plan, "--amount", amount, "--cycle", "month")
    assert made.exit_code == 0, made.output
    return inside(organisation, lambda: read_choice("", "", offer=get_offer().price))


def plan_offer(organisation: Organisation, there: Stripe, saas, amount: str) -> None:
    """Have it take the plan that it has at another price, which waits for the end of the period."""
    assert change(organisation, offer_of(organisation, saas, "pro", amount)) == 0
    there.bring()


def waiting(subscribed, there: Stripe, mailbox) -> tuple[Organisation, Post]:
    """Acme with Pro, for which another plan waits; what was written so far is left out."""
    acme = subscribed("pro")
    change(acme, TRIAL)
    there.bring()
    return acme, Post(mailbox, acme)


UPDATE = 4
"""Which call to Stripe of an upgrade does it: two look at its price, and one lets go of what waits."""


@contextmanager
def at_call(number: int, act: Callable[[], object]) -> Iterator[None]:
    """Do something before the so many-th call to Stripe of this thread."""
    original, left, own = gateway._client, [number], get_ident()

    def client(*given):
        left[0] -= get_ident() == own
        if left[0] == 0 and get_ident() == own:
            act()
        return original(*given)

    gateway._client = client
    try:
        yield
    finally:
        gateway._client = original


def unanswered() -> None:
    raise stripe.APIConnectionError("The line is dead.")


def looked(organisation: Organisation, there: Stripe) -> None:
    """Have a worker look at the account meanwhile."""
    customer = there.customer_of(organisation)["id"]
    with ThreadPoolExecutor(1) as workers:
        assert workers.submit(look_at, customer).result()


class TestReceipt:
    def test_what_was_paid_is_told_with_number_sum_time_and_card(self, subscribed, post):
        acme = subscribed("pro")
        text, had = post.only("Receipt for Acme: invoice"), mirror(acme)
        assert "over €29.00 is paid" in text
        assert f"from {day(had.period_start)} to {day(had.period_end - timedelta(seconds=1))}." in text
        assert "€29.00 was charged to Visa ending in 4242 on" in text
        assert re.search(r"https?://\S+/billing/invoices/in_\w+", text)

    def test_a_card_that_is_not_the_one_on_file_is_not_named(self, subscribed, stripe_there: Stripe, post):
        acme = subscribed("pro", card="pm_card_chargeCustomerFail", trial=7)
        stripe_there.advance(7.1)
        stripe_there.bring()
        other = stripe_there.api.payment_methods.attach(
            "pm_card_mastercard", {"customer": stripe_there.customer_of(acme)["id"]}
        )
        stripe_there.api.invoices.pay(failing(acme).id, {"payment_method": other.id})
        stripe_there.bring()
        text = post.only("Acme is paid up")
        assert "€29.00 was paid on" in text
        assert "ending in" not in text

    def test_nothing_is_told_of_nothing(self, subscribed, post):
        subscribed("pro", trial=7)
        assert [subject for subject in post.new() if "Receipt" in subject] == []

    def test_the_last_day_is_the_last_one_of_the_time_as_the_page_has_it(self, subscribed, stripe_there: Stripe, post):
        acme = subscribed("pro")
        customer, api = stripe_there.customer_of(acme)["id"], stripe_there.api
        made = api.invoices.create({"customer": customer, "currency": "eur"})
        month = {name: int(datetime(2026, at, 1, tzinfo=UTC).timestamp()) for name, at in (("start", 1), ("end", 2))}
        item = {"customer": customer, "invoice": made.id, "amount": 5000, "currency": "eur", "period": month}
        api.invoice_items.create(item)
        api.invoices.finalize_invoice(made.id)
        api.invoices.pay(made.id)
        stripe_there.bring()
        (text,) = (text for text in post.new().values() if "€50.00" in text)
        assert "It is for the time from 1 January 2026 to 31 January 2026." in text

    def test_it_goes_to_the_billing_addresses(self, acme, subscribed, mailbox, post):
        with tenant_scope(acme) as session:
            set_details(DETAILS, actor=SYSTEM)
            session.commit()
        subscribed("pro")
        to = [m["To"] for m in mailbox.messages() if m["Subject"].startswith("Receipt")]
        assert to == ["bills@example.com"]

    def test_who_pays_after_a_failure_is_written_to_once(self, subscribed, stripe_there: Stripe, post):
        acme = subscribed("pro", card="pm_card_chargeCustomerFail", trial=7)
        stripe_there.advance(7.1)
        stripe_there.bring()
        pay(acme, stripe_there)
        bring_badly(acme, stripe_there, 5)
        assert [s for s in post.new() if "paid up" in s or "Receipt" in s] == ["Acme is paid up"]

    def test_an_invoice_that_is_not_charged_by_itself_says_by_when_it_is_to_be_paid(
        self, subscribed, stripe_there: Stripe, mailbox
    ):
        acme = subscribed("pro")
        post, customer = Post(mailbox, acme), stripe_there.customer_of(acme)["id"]
        asked = {"customer": customer, "collection_method": "send_invoice", "days_until_due": 14, "currency": "eur"}
        made = stripe_there.api.invoices.create(asked)
        item = {"customer": customer, "invoice": made.id, "amount": 5000, "currency": "eur"}
        stripe_there.api.invoice_items.create(item)
        stripe_there.api.invoices.finalize_invoice(made.id)
        bring_badly(acme, stripe_there, 3)
        with tenant_scope(acme) as session:
            due_at = session.get_one(Invoice, made.id).due_at
        assert f"over €50.00 is to be paid by {day(due_at)}" in post.only("An invoice for Acme")
        stripe_there.api.invoices.pay(made.id)
        bring_badly(acme, stripe_there, 4)
        assert [subject.partition(":")[0] for subject in post.new()] == ["An invoice for Acme", "Receipt for Acme"]


class TestBeginning:
    def test_the_thanks_name_price_days_and_the_way_out(self, subscribed, post):
        acme = subscribed("pro")
        text, had = post.only("Thank you: Acme has the plan Pro"), mirror(acme)
        assert "It costs €29.00 a month, without taxes." in text
        assert f"charged first on {day(had.period_start)}" in text
        assert f"runs until {day(had.period_end)}. On that day the next month is charged." in text
        assert "choose “Cancel”: then it ends with what is paid." in text

    def test_a_trial_names_its_end_and_the_first_charge(self, subscribed, post):
        acme = subscribed("pro", cycle="year", trial=7)
        text = post.only("Thank you")
        assert "€290.00 a year" in text
        assert f"tried until {day(mirror(acme).trial_ends_at)}. On that day the card is charged for the first" in text
        assert "it ends with the trial, and nothing is charged" in text


class TestChanging:
    def test_an_upgrade_names_what_was_charged(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("trial")
        post = Post(mailbox, acme)
        due = change(acme, PRO_YEAR)
        bring_badly(acme, stripe_there, 1)
        text = post.only("Acme has the plan Pro now, paid each year")
        assert f"For the change €{due / 100:.2f} was charged at once." in text
        assert "It costs €290.00 a year" in text
        assert day(mirror(acme).period_end) in text
        assert len(post.new()) == 2  # and the receipt

    def test_a_change_to_come_names_day_and_price_and_can_be_taken_back(
        self, subscribed, stripe_there: Stripe, mailbox
    ):
        acme = subscribed("pro")
        post, ends = Post(mailbox, acme), day(mirror(acme).period_end)
        change(acme, TRIAL)
        bring_badly(acme, stripe_there, 2)
        text = post.only(f"Acme changes to Trial, paid each month, on {ends}")
        assert "From then on it costs €49.00 a month" in text
        assert "choose “Keep Pro”" in text
        inside(acme, lambda: resume(actor=SYSTEM))
        bring_badly(acme, stripe_there, 3)
        assert "Pro goes on for €29.00 a month" in post.only("Acme keeps the plan Pro")
        assert len(post.new()) == 2

    def test_a_discount_counts_in_what_is_to_come(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("pro")
        half = stripe_there.api.coupons.create({"percent_off": 50, "duration": "forever"}).id
        stripe_there.api.subscriptions.update(mirror(acme).id, {"discounts": [{"coupon": half}]})
        stripe_there.bring()
        post = Post(mailbox, acme)
        change(acme, TRIAL)
        stripe_there.bring()
        assert "From then on it costs €24.50 a month" in post.only("Acme changes to Trial")

    def test_what_comes_in_the_place_of_a_change_to_come_is_told_alone(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("pro")
        change(acme, TRIAL)
        stripe_there.bring()
        post = Post(mailbox, acme)
        cancelled(acme, stripe_there)
        assert [subject.rpartition(" on ")[0] for subject in post.new()] == ["The subscription of Acme ends"]


class TestAnotherPriceOfThePlan:
    def test_the_day_from_which_it_holds_is_told_as_a_change_and_not_as_one_taken_back(
        self, subscribed, stripe_there: Stripe, saas, mailbox
    ):
        acme = subscribed("pro")
        plan_offer(acme, stripe_there, saas, "20")
        post = Post(mailbox, acme)
        stripe_there.advance(32)
        bring_badly(acme, stripe_there, 1)
        assert "It costs €20.00 a month" in post.only("Acme has the plan Pro now, paid each month")
        assert sorted(subject.partition(":")[0] for subject in post.new()) == [
            "Acme has the plan Pro now, paid each month",
            "Receipt for Acme",
        ]
        with tenant_scope(acme) as session:
            entries = session.scalars(select(AuditEntry.changes).where(AuditEntry.event == SUBSCRIPTION_CHANGED.name))
            assert entries.all() == [{"costs": ["29.00 EUR", "20.00 EUR"]}]

    def test_one_that_comes_in_the_place_of_another_for_the_same_day_is_told(
        self, subscribed, stripe_there: Stripe, saas, mailbox
    ):
        acme = subscribed("pro")
        plan_offer(acme, stripe_there, saas, "20")
        post = Post(mailbox, acme)
        plan_offer(acme, stripe_there, saas, "15")
        bring_badly(acme, stripe_there, 1)
        assert "From then on it costs €15.00 a month" in post.only("Acme changes to Pro, paid each month")
        assert [subject for subject in post.new() if "keeps" in subject] == []

    def test_the_receipt_and_the_page_name_the_time_of_what_was_offered(
        self, acme, subscribed, stripe_there: Stripe, saas, mailbox, browse
    ):
        subscribed("pro")
        stripe_there.advance(10)
        post = Post(mailbox, acme)
        change(acme, offer_of(acme, saas, "enterprise", "200"))
        stripe_there.bring()
        (link,) = re.findall(r"/billing/invoices/in_\w+", post.only("Receipt for Acme"))
        page = text_of(browse(acme, "Alice").get(link).text)
        assert "Enterprise, " in page
        assert "(part of a period)" not in page
        post, ends = Post(mailbox, acme), mirror(acme).period_end
        past = {"start": int(ends.timestamp()) - 40 * 86_400, "end": int(ends.timestamp()) - 39 * 86_400}
        item = {"customer": stripe_there.customer_of(acme)["id"], "amount": 500, "currency": "eur", "period": past}
        stripe_there.api.invoice_items.create(item)
        stripe_there.advance(25)
        stripe_there.bring()
        last = mirror(acme).period_end - timedelta(seconds=1)
        assert f"It is for the time from {day(ends)} to {day(last)}." in post.only("Receipt for Acme")


class TestLooksMeanwhile:
    """Looks while something is asked of Stripe for which a change that waits makes room."""

    def test_nothing_is_told_of_what_waits_again_once_an_upgrade_is_refused(
        self, subscribed, stripe_there: Stripe, mailbox
    ):
        acme, post = waiting(subscribed, stripe_there, mailbox)
        customer = stripe_there.customer_of(acme)["id"]
        card = stripe_there.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer}).id
        stripe_there.api.subscriptions.update(mirror(acme).id, {"default_payment_method": card})
        with at_call(UPDATE, lambda: looked(acme, stripe_there)), pytest.raises(Declined):
            change(acme, PRO_YEAR)
        bring_badly(acme, stripe_there, 1)
        assert (mirror(acme).next["plan"], post.new()) == ("trial", {})

    def test_an_upgrade_that_is_done_is_told_alone(self, subscribed, stripe_there: Stripe, mailbox):
        acme, post = waiting(subscribed, stripe_there, mailbox)
        with at_call(UPDATE, lambda: looked(acme, stripe_there)):
            change(acme, PRO_YEAR)
        bring_badly(acme, stripe_there, 1)
        assert sorted(subject.partition(":")[0] for subject in post.new()) == [
            "Acme has the plan Pro now, paid each year",
            "Receipt for Acme",
        ]

    def test_what_an_unanswered_upgrade_left_gone_is_told_by_the_look_that_comes_later(
        self, subscribed, stripe_there: Stripe, mailbox
    ):
        acme, post = waiting(subscribed, stripe_there, mailbox)
        with at_call(UPDATE, unanswered), pytest.raises(Unanswered):
            change(acme, PRO_YEAR)
        bring_badly(acme, stripe_there, 1)
        assert (mirror(acme).next, post.new()) == ({}, {})
        with owner_connection() as connection:
            connection.execute("SET search_path = jobs")
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        with time_machine.travel(now() + timedelta(minutes=11), tick=True):
            work_off()
        assert list(post.new()) == ["Acme keeps the plan Pro"]

    def test_taking_it_back_is_told_at_once_also_after_an_upgrade_that_was_never_answered(
        self, subscribed, stripe_there: Stripe, mailbox
    ):
        acme, post = waiting(subscribed, stripe_there, mailbox)
        with at_call(UPDATE - 1, unanswered), pytest.raises(Unanswered):
            change(acme, PRO_YEAR)
        stripe_there.bring()
        assert post.new() == {}
        inside(acme, lambda: resume(actor=SYSTEM))
        bring_badly(acme, stripe_there, 1)
        assert list(post.new()) == ["Acme keeps the plan Pro"]

    def test_taking_it_back_without_an_answer_is_told_when_it_is_seen(self, subscribed, stripe_there: Stripe, mailbox):
        acme, post = waiting(subscribed, stripe_there, mailbox)
        with at_call(2, unanswered), pytest.raises(Unanswered):
            inside(acme, lambda: resume(actor=SYSTEM))
        bring_badly(acme, stripe_there, 1)
        assert list(post.new()) == ["Acme keeps the plan Pro"]


class TestCancelling:
    def test_it_names_the_day_and_the_way_back_and_so_does_that(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("pro")
        post = Post(mailbox, acme)
        cancelled(acme, stripe_there)
        bring_badly(acme, stripe_there, 1)
        ends = day(mirror(acme).cancel_at)
        text = post.only(f"The subscription of Acme ends on {ends}")
        assert f"Until {ends} everything stays as it is; no further month is charged." in text
        assert "the plan Free, which costs nothing" in text
        assert "choose “Keep the subscription”" in text
        inside(acme, lambda: resume(actor=SYSTEM))
        bring_badly(acme, stripe_there, 2)
        assert f"runs until {ends}. On that day the next month is charged" in post.only(
            "The subscription of Acme goes on"
        )
        assert len(post.new()) == 2

    @pytest.mark.usefixtures("without_free_plan")
    def test_without_a_free_plan_it_tells_of_the_days_to_choose(self, subscribed, stripe_there: Stripe, post):
        cancelled(subscribed("pro"), stripe_there)
        assert "everything stays open for 7 more days" in post.only("The subscription of Acme ends")


class TestDunning:
    def test_the_next_try_and_the_suspension_are_named_by_their_days_where_the_organisation_is(
        self, acme, subscribed, stripe_there: Stripe, mailbox
    ):
        zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"
        with platform_work() as session:
            tenant = session.get_one(Tenant, acme.id)
            set_profile(tenant, time_zone=zone, language="en", support_address="", actor=SYSTEM)
        directory.forget()
        subscribed("pro", card="pm_card_chargeCustomerFail", trial=7)
        post, end = Post(mailbox, acme), {"trial_end": "now", "payment_behavior": "allow_incomplete"}
        stripe_there.api.subscriptions.update(mirror(acme).id, end)
        stripe_there.bring()
        text, owed = post.only("A payment of Acme failed"), failing(acme)
        stops = stops_at(owed)
        assert day(stops, zone) != day(stops)
        assert f"tried again on {day(moment(owed.facts['next_try']), zone)}." in text
        assert f"Unless it is paid, Acme is suspended on {day(stops, zone)}; nothing is deleted." in text

    def test_a_reminder_names_the_same_day_and_no_try_that_is_over(self, subscribed, stripe_there: Stripe, mailbox):
        acme = subscribed("pro", card="pm_card_chargeCustomerFail", trial=7)
        stripe_there.advance(7.1)
        stripe_there.bring()
        post, stops = Post(mailbox, acme), stops_at(failing(acme))
        days_later(acme, 5.1)
        text = post.only("A payment of Acme failed")
        assert f"Acme is suspended on {day(stops)}" in text
        assert "tried again" not in text
