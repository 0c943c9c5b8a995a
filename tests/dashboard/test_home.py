"""An organisation's home."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from saas.accounts.models import User, UserSession
from saas.accounts.operations import open_session
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import db
from saas.dashboard.cards import days_until
from saas.dashboard.routes import greeting
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work, tenant_work
from tests.modules.programs import work_with_only
from tests.support import statements_sent

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize("person", ["Alice", "Adam", "Bob", "Vera"])
def test_everybody_in_the_organisation_has_a_home(acme, browse, person):
    page = browse(acme, person).get("/")

    assert page.status_code == 200
    assert f", {person}</h1>" in page.text
    assert "People" in page.text


def test_strangers_are_asked_to_sign_in(acme, umbrella, browse):
    assert browse(acme).get("/").headers["Location"] == "/sign-in"
    foreigner = browse(acme)
    foreigner.carry_session(umbrella.session_of("Charlie"))
    assert foreigner.get("/").status_code == 302


@pytest.mark.parametrize("person", ["Alice", "Bob"])
def test_the_home_costs_few_statements(acme, browse, person):
    """Beside the platform's own there is one product module; each further one adds a card and a step of its own."""
    work_with_only(acme, "workflows")
    browser = browse(acme, person)
    browser.get("/")
    with statements_sent() as sent:
        assert browser.get("/").status_code == 200

    assert len(sent) <= 7, "\n".join(sent)


def test_the_number_of_statements_does_not_grow_with_the_people(acme, browse):
    browser = browse(acme, "Alice")
    browser.get("/")
    with statements_sent() as before:
        browser.get("/")
    for _ in range(12):
        acme.session_of("Bob")
    with statements_sent() as after:
        browser.get("/")

    assert len(after) == len(before)


class TestAtAGlance:
    def test_people_are_counted(self, acme, umbrella, browse):
        assert ">4</p>" in browse(acme, "Alice").get("/").text
        assert ">1</p>" in browse(umbrella, "Charlie").get("/").text

    def test_a_trial_counts_its_days(self, acme, browse):
        assert "14 days left" in browse(acme, "Alice").get("/").text

    def test_a_paying_organisation_has_no_trial(self, acme, browse):
        with platform_work() as session:
            session.get(Tenant, acme.id).status = Status.ACTIVE
        page = browse(acme, "Alice").get("/").text
        assert "days left" not in page
        assert "all in order" in page

    def test_an_overdue_payment_is_said(self, acme, browse):
        with platform_work() as session:
            session.get(Tenant, acme.id).status = Status.PAST_DUE
        assert "payment is due" in browse(acme, "Alice").get("/").text

    def test_days_are_counted_whole_and_never_negative(self):
        with time_machine.travel(datetime(2026, 5, 1, 12, tzinfo=UTC), tick=False):
            assert days_until(now() + timedelta(hours=1)) == 1
            assert days_until(now() + timedelta(days=3)) == 3
            assert days_until(now() + timedelta(days=3, seconds=1)) == 4
            assert days_until(now() - timedelta(days=3)) == 0
            assert days_until(None) is None


class TestRecentSignIns:
    @pytest.fixture(autouse=True)
    def _bob_came(self, acme):
        with tenant_work(acme):
            open_session(acme.people["Bob"], actor=Actor("member", "Bob", address="192.0.2.7", agent=FIREFOX))

    def test_admins_see_everybody(self, acme, browse):
        page = browse(acme, "Adam").get("/").text
        assert "Firefox on Linux" in page
        assert ">Bob</span>" in page

    def test_a_sign_in_that_no_longer_holds_is_not_shown(self, acme, browse, settings):
        with tenant_work(acme):
            bobs = UserSession.user_id == acme.people["Bob"].id
            idle = now() - timedelta(minutes=settings.session_idle_minutes + 1)
            db.session.execute(update(UserSession).where(bobs).values(last_seen_at=idle))
        page = browse(acme, "Adam").get("/").text
        assert ">Adam</span>" in page
        assert ">Bob</span>" not in page

    def test_others_see_their_own(self, acme, browse):
        assert "Firefox on Linux" in browse(acme, "Bob").get("/").text
        assert "Firefox on Linux" not in browse(acme, "Vera").get("/").text
        assert ">Bob</span>" not in browse(acme, "Vera").get("/").text


class TestTheGreeting:
    @pytest.mark.parametrize(
        ("hour", "words"),
        [(5, "Good morning"), (11, "Good morning"), (12, "Good afternoon"), (18, "Good evening"), (3, "Good evening")],
    )
    def test_follows_the_hour(self, hour, words):
        assert greeting(hour) == words

    def test_welcomes_the_owner_of_a_new_organisation(self, acme, browse):
        assert "Welcome, Alice" in browse(acme, "Alice").get("/").text
        assert "Welcome, Bob" not in browse(acme, "Bob").get("/").text

    def test_is_an_ordinary_one_later(self, acme, browse):
        with platform_work() as session:
            session.execute(update(Tenant).where(Tenant.id == acme.id).values(created_at=now() - timedelta(days=2)))
        assert "Welcome, Alice" not in browse(acme, "Alice").get("/").text


def test_an_unverified_organisation_is_told_when_it_will_be_removed(acme, browse):
    assert "will be removed on" not in browse(acme, "Alice").get("/").text
    with platform_work() as session:
        session.get(Tenant, acme.id).verified_at = None
    with tenant_work(acme):
        db.session.get(User, acme.people["Alice"].id).verified_at = None
    assert "Acme will be removed on" in browse(acme, "Alice").get("/").text
