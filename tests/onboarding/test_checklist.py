"""The checklist of getting started."""

import re

import pytest

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.scope import tenant_work

DETAILS = {"name": "Acme", "time_zone": "Europe/Berlin", "language": "de", "support_address": ""}


@pytest.fixture
def unverified(acme):
    """Acme, whose owner has not opened the link in the mail."""
    with tenant_work(acme):
        db.session.get(User, acme.people["Alice"].id).verified_at = None
    return acme


def test_an_owner_sees_what_is_left_to_do(unverified, browse):
    page = browse(unverified, "Alice").get("/").text

    assert "Getting started" in page
    assert "Verify your e-mail address" in page
    assert "Complete your organisation&#39;s details" in page


def test_the_home_of_others_is_left_to_their_work(unverified, browse):
    assert "Getting started" in browse(unverified, "Adam").get("/").text
    for person in ("Bob", "Vera"):
        assert "Getting started" not in browse(unverified, person).get("/").text
        assert "Getting started" in browse(unverified, person).get("/getting-started").text


def test_a_step_that_is_done_is_ticked(unverified, browse):
    owner = browse(unverified, "Alice")
    before = owner.get("/getting-started").text.count("checklist-done")
    owner.post("/settings", DETAILS)

    assert owner.get("/getting-started").text.count("checklist-done") == before + 1


def test_a_step_that_needs_a_permission_is_shown_to_whoever_holds_it(acme, browse):
    assert "organisation&#39;s details" in browse(acme, "Adam").get("/getting-started").text
    assert "organisation&#39;s details" not in browse(acme, "Bob").get("/getting-started").text


def test_the_checklist_leaves_when_everything_is_done(acme, browse):
    owner = browse(acme, "Alice")
    assert "Getting started" in owner.get("/").text
    owner.post("/settings", DETAILS)
    with tenant_work(acme):
        db.session.get(User, acme.people["Alice"].id).verified_at = now()
    open_steps = re.findall('class="checklist-item"', owner.get("/getting-started").text)
    assert ("Getting started" in owner.get("/").text) == bool(open_steps)


def test_an_admin_puts_it_away_for_everyone_and_brings_it_back(acme, umbrella, browse):
    admin, owner = browse(acme, "Adam"), browse(acme, "Alice")
    admin.get("/")
    assert admin.post("/getting-started/hide").status_code == 303
    assert "Put away for everyone" not in owner.get("/").text
    assert "Put away for everyone" in browse(umbrella, "Charlie").get("/").text

    assert admin.post("/getting-started/show").status_code == 303
    assert "Put away for everyone" in owner.get("/").text


@pytest.mark.parametrize("person", ["Bob", "Vera"])
def test_others_cannot_put_it_away(acme, browse, person):
    browser = browse(acme, person)
    browser.get("/")

    assert browser.post("/getting-started/hide").status_code == 403
    assert "Put away for everyone" in browse(acme, "Alice").get("/").text
