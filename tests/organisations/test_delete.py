"""Closing an organisation for good."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from saas.accounts.models import UserSession
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.organisations.operations import close_organisation
from saas.tenancy.models import Status, Tenant
from saas.tenancy.queries import list_events
from saas.tenancy.removal import mark_expired
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work


def status_of(organisation) -> str:
    with platform_scope():
        return db.session.scalar(select(Tenant.status).where(Tenant.id == organisation.id))


def test_the_owner_closes_the_organisation(acme, umbrella, browse, mailbox):
    bob, owner = browse(acme, "Bob"), browse(acme, "Alice")
    response = owner.post("/settings/delete", {"confirm": acme.slug})

    assert response.status_code == 303
    assert response.headers["Location"] == "http://example.test/closed"
    assert status_of(acme) == Status.CANCELLED
    assert status_of(umbrella) == Status.TRIALING
    assert bob.get("/").status_code == owner.get("/").status_code == 410
    with tenant_scope(acme):
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
    with platform_scope():
        event = list_events(acme.id)[-1]
    assert (event.status, event.reason, event.actor) == (Status.CANCELLED, "closed by an owner", "Alice")
    mail = mailbox.text(acme.email("Alice"))
    assert "Alice closed the organisation Acme" in mail
    assert mailbox.messages(acme.email("Bob")) == []


def test_it_is_purged_after_its_days_of_grace_and_not_before(acme, browse, settings):
    browse(acme, "Alice").post("/settings/delete", {"confirm": acme.slug})

    def age(days: float) -> bool:
        with platform_work() as session:
            session.execute(update(Tenant).where(Tenant.id == acme.id).values(status_at=now() - timedelta(days=days)))
        with platform_work():
            return acme.id in mark_expired()

    assert not age(settings.purge_days - 0.1)
    assert age(settings.purge_days + 0.1)


@pytest.mark.parametrize("typed", ["", "acme", "Acme", "yes", "\0"])
def test_what_is_typed_must_be_the_address(acme, browse, typed):
    response = browse(acme, "Alice").post("/settings/delete", {"confirm": typed})

    assert response.status_code == 422
    assert 'id="confirm-error"' in response.text
    assert status_of(acme) == Status.TRIALING


@pytest.mark.parametrize("person", ["Adam", "Bob", "Vera"])
def test_nobody_but_an_owner_may(acme, browse, person):
    browser = browse(acme, person)
    browser.get("/")

    assert browser.get("/settings/delete").status_code == 403
    assert browser.post("/settings/delete", {"confirm": acme.slug}).status_code == 403
    assert status_of(acme) == Status.TRIALING


def test_the_password_is_asked_for_again_after_a_while(acme, browse):
    owner = browse(acme, "Alice")
    owner.get("/")
    with tenant_work(acme):
        db.session.execute(update(UserSession).values(confirmed_at=now() - timedelta(minutes=20)))
    response = owner.post("/settings/delete", {"confirm": acme.slug})

    assert response.status_code == 303
    assert "/confirm" in response.headers["Location"]
    assert status_of(acme) == Status.TRIALING


def test_two_owners_who_close_it_at_once_are_told_once(acme, browse, mailbox):
    with tenant_scope(acme):
        close_organisation(typed=acme.slug, actor=SYSTEM)
        with pytest.raises(Conflict, match="closed already"):
            close_organisation(typed=acme.slug, actor=SYSTEM)
        db.session.commit()

    assert len(mailbox.messages(acme.email("Alice"))) == 1
    with platform_scope():
        assert [event.status for event in list_events(acme.id)].count(Status.CANCELLED) == 1


def test_the_mail_writes_the_day_as_the_organisation_does(acme, mailbox, settings):
    with platform_work() as session:
        session.get(Tenant, acme.id).language = "de"
    with time_machine.travel(datetime(2036, 2, 28, 12, tzinfo=UTC), tick=False), tenant_scope(acme):
        close_organisation(typed=acme.slug, actor=SYSTEM)
        db.session.commit()
    purged_on = datetime(2036, 2, 28, tzinfo=UTC) + timedelta(days=settings.purge_days)
    assert f"until {purged_on.day}.3.2036" in mailbox.text(acme.email("Alice"))


def test_the_page_says_how_long_the_data_is_kept(acme, browse, settings):
    assert f"For {settings.purge_days} days the data is kept." in browse(acme, "Alice").get("/settings/delete").text


def test_the_page_may_lead_to_the_public_site(acme, browse):
    policy = browse(acme, "Alice").get("/settings/delete").headers["Content-Security-Policy"]
    assert "form-action 'self' http://example.test;" in policy


def test_the_browser_forgets_its_session(acme, browse):
    response = browse(acme, "Alice").post("/settings/delete", {"confirm": acme.slug})
    assert any(
        cookie.startswith("session=;") and "Max-Age=0" in cookie for cookie in response.headers.getlist("Set-Cookie")
    )
