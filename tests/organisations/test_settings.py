"""The settings of an organisation."""

import re

import pytest

from saas.core.database import db
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_scope, platform_work

GOOD = {"name": "Acme Ltd", "time_zone": "Europe/Berlin", "language": "de", "support_address": "Help@Acme.example.com"}


def stored(organisation) -> Tenant:
    with platform_scope():
        return db.session.get(Tenant, organisation.id)


@pytest.mark.parametrize("person", ["Alice", "Adam"])
def test_owners_and_admins_change_the_profile(acme, umbrella, browse, person):
    browser = browse(acme, person)
    response = browser.post("/settings", GOOD)

    assert response.status_code == 303
    tenant = stored(acme)
    assert (tenant.name, tenant.time_zone, tenant.language) == ("Acme Ltd", "Europe/Berlin", "de")
    assert tenant.support_address == "help@acme.example.com"
    page = browser.follow(response).text
    assert "Your settings are saved." in page
    assert "Acme Ltd" in page
    assert "help@acme.example.com" in page
    assert stored(umbrella).name == "Umbrella"


def test_of_two_tabs_the_second_does_not_overwrite_the_first_unseen(acme, browse):
    alice = browse(acme, "Alice")
    version = re.search(r'name="version" type="hidden" value="(\w+)"', alice.get("/settings").text)[1]
    assert alice.post("/settings", {**GOOD, "version": version}).status_code == 303
    overtaken = alice.post("/settings", {**GOOD, "name": "Acme plc", "version": version})
    assert overtaken.status_code == 409
    assert "Somebody changed the settings" in overtaken.text
    assert 'value="Acme plc"' in overtaken.text
    assert stored(acme).name == "Acme Ltd"
    version = re.search(r'name="version" type="hidden" value="(\w+)"', overtaken.text)[1]
    assert alice.post("/settings", {**GOOD, "name": "Acme plc", "version": version}).status_code == 303


@pytest.mark.parametrize("person", ["Bob", "Vera"])
def test_others_may_not(acme, browse, person):
    browser = browse(acme, person)
    browser.get("/")

    assert browser.get("/settings").status_code == 403
    assert browser.post("/settings", GOOD).status_code == 403
    assert stored(acme).name == "Acme"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Please enter a name."),
        ("name", "   ", "Please enter a name."),
        ("name", "x" * 101, "Use at most 100 characters."),
        ("name", "Ac\0me", "cannot be used here"),
        ("name", "Pay at WWW.evil.example", "A name cannot hold a web address."),
        ("name", "Claim your prize at evil.com/x", "A name cannot hold a web address."),
        ("time_zone", "Mars/Olympus", "Choose one of the time zones."),
        ("time_zone", "../../etc/passwd", "Choose one of the time zones."),
        ("time_zone", "", "Choose one of the time zones."),
        ("language", "tlh", "Choose one of the languages."),
        ("support_address", "help", "Please enter an e-mail address such as"),
        ("support_address", "a@b", "not a domain name"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_changes(acme, browse, field, value, message):
    response = browse(acme, "Alice").post("/settings", {**GOOD, field: value})

    assert response.status_code == 422
    assert message in response.text
    assert f'id="{field}-error"' in response.text
    kept = stored(acme)
    assert (kept.name, kept.time_zone, kept.support_address) == ("Acme", "UTC", "")


def test_a_name_is_shown_as_text_wherever_it_stands(acme, browse):
    browser = browse(acme, "Alice")
    browser.post("/settings", {**GOOD, "name": "<b>Bold & Sons</b>"})

    for path in ("/", "/settings", "/settings/delete"):
        page = browser.get(path).text
        assert "&lt;b&gt;Bold &amp; Sons&lt;/b&gt;" in page
        assert "<b>Bold" not in page


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "US/Pacific"])
def test_the_present_time_zone_is_chosen_in_the_list_and_can_be_kept(acme, browse, zone):
    with platform_work() as session:
        session.get(Tenant, acme.id).time_zone = zone
    browser = browse(acme, "Alice")
    page = browser.get("/settings").text

    assert page.count(f'value="{zone}" selected>') == 1
    assert page.count(" selected>") == 1
    assert browser.post("/settings", {**GOOD, "time_zone": zone}).status_code == 303
    assert stored(acme).time_zone == zone


def test_what_is_typed_into_the_list_by_hand_is_shown_as_text(acme, browse):
    page = browse(acme, "Alice").post("/settings", {**GOOD, "time_zone": '"><script>'}).text
    assert "<script>" not in page
    assert "&#34;&gt;&lt;script&gt;" in page


def test_dates_follow_the_time_zone_and_the_formats(acme, browse):
    browser = browse(acme, "Alice")
    with platform_work() as session:
        tenant = session.get(Tenant, acme.id)
        tenant.trial_ends_at = tenant.trial_ends_at.replace(year=2031, month=3, day=1, hour=23, minute=30)
    assert "1 Mar 2031" in browser.get("/").text
    browser.post("/settings", {**GOOD, "support_address": ""})
    assert "2.3.2031" in browser.get("/").text


def test_settings_stand_in_the_menu_of_whoever_may_change_them(acme, browse):
    link = 'href="/settings"'
    assert link in browse(acme, "Adam").get("/").text
    assert link not in browse(acme, "Bob").get("/").text


def test_a_suspended_organisation_says_so_instead(acme, browse):
    with platform_work() as session:
        tenant = session.get(Tenant, acme.id)
        tenant.status, tenant.status_reason = Status.SUSPENDED, "The last invoice is not paid."
    response = browse(acme, "Alice").get("/settings")

    assert response.status_code == 403
    assert "Acme is suspended" in response.text
    assert "The last invoice is not paid." in response.text
    assert 'href="/account"' in response.text
    assert 'href="/sign-in"' in browse(acme).get("/settings").text
    assert browse(acme, "Alice").get("/account").status_code == 200
    assert browse(acme, "Alice").get("/settings/delete").status_code == 200
