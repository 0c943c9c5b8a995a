"""Billing details: who may change them, what is refused, what is kept."""

import re

import pytest

from saas.billing.details import Details, get_details
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.scope import platform_work, tenant_scope
from tests.log import log_of

GOOD = {
    "company": "Acme  GmbH",
    "line1": "Torstraße 1",
    "line2": "",
    "postcode": "10119",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "vat_id": "de 136 695 976",
    "po_number": "PO-7",
    "emails": "Accounts@Acme.example.com\nboss@acme.example.com, accounts@acme.example.com",
}


def kept(organisation) -> Details:
    with tenant_scope(organisation):
        return get_details()


@pytest.mark.parametrize("person", ["Alice", "Adam"])
def test_owners_and_admins_set_them(acme, umbrella, browse, person):
    browser = browse(acme, person)
    response = browser.post("/billing/details", GOOD)

    assert response.status_code == 303
    assert kept(acme) == Details(
        "Acme GmbH", "Torstraße 1", "", "Berlin", "10119", "", "DE", "DE136695976", "PO-7",
        ("accounts@acme.example.com", "boss@acme.example.com"),
    )  # fmt: skip
    page = browser.follow(response).text
    assert "The billing details are saved." in page
    assert 'value="DE136695976"' in page
    assert '<option selected value="DE">' in page
    assert "Not complete yet" not in page
    assert kept(umbrella) == Details()


@pytest.mark.parametrize("person", ["Bob", "Vera"])
def test_others_may_not(acme, browse, person):
    browser = browse(acme, person)
    browser.get("/")
    assert browser.get("/billing/details").status_code == 403
    assert browser.post("/billing/details", GOOD).status_code == 403
    assert kept(acme) == Details()


def test_the_page_begins_with_the_name_of_the_organisation(acme, browse):
    page = browse(acme, "Alice").get("/billing/details").text
    assert 'value="Acme"' in page
    assert "Not complete yet" in page


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("company", "", "Please enter the company’s name."),
        ("company", "x" * 101, "Use at most 100 characters."),
        ("company", "Ac\x00me", "This holds characters that cannot be used here."),
        ("line1", "", "Please enter the address."),
        ("line2", "Flat \u202e4", "This holds characters that cannot be used here."),
        ("city", " ", "Please enter the city."),
        ("postcode", "1" * 21, "Use at most 20 characters."),
        ("country", "", "Please choose a country."),
        ("country", "ZZ", "Please choose a country."),
        ("country", "Germany", "Please choose a country."),
        ("vat_id", "DE13669597", "too short or too long"),
        ("vat_id", "FR40303265045", "another country (France)"),
        ("vat_id", "DE136695977", "check digit"),
        ("po_number", "x" * 61, "Use at most 60 characters."),
        ("emails", "nobody", "“nobody”: Please enter an e-mail address"),
        ("emails", "a@example.com b@c", "“b@c”: The part after the @ is not a domain name."),
        ("emails", "\n".join(f"a{n}@example.com" for n in range(6)), "Give at most 5 addresses."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(acme, browse, field, value, message):
    alice = browse(acme, "Alice")
    refused = alice.post("/billing/details", {**GOOD, "region": "Somewhere", field: value})

    assert refused.status_code == 422
    told = re.search(rf'id="{field}-error">.*?</p>', refused.text, re.DOTALL)
    assert told
    assert message in told[0]
    assert 'value="Somewhere"' in refused.text
    assert kept(acme) == Details()
    assert alice.post("/billing/details", GOOD).status_code == 303


def test_a_vat_id_must_come_from_the_country_of_the_address(acme, browse):
    alice = browse(acme, "Alice")
    greek = {**GOOD, "country": "GR", "vat_id": "GR094259216"}
    assert alice.post("/billing/details", {**greek, "country": "FR"}).status_code == 422
    assert alice.post("/billing/details", greek).status_code == 303
    assert kept(acme).vat_id == "EL094259216"
    assert alice.post("/billing/details", {**GOOD, "country": "IE", "vat_id": "XI980780684"}).status_code == 422
    assert alice.post("/billing/details", {**GOOD, "country": "GB", "vat_id": "XI980780684"}).status_code == 303


def test_of_two_tabs_the_second_does_not_overwrite_the_first_unseen(acme, browse):
    alice = browse(acme, "Alice")
    version = _version(alice.get("/billing/details").text)
    assert alice.post("/billing/details", {**GOOD, "version": version}).status_code == 303
    overtaken = alice.post("/billing/details", {**GOOD, "city": "Hamburg", "version": version})
    assert overtaken.status_code == 409
    assert "Somebody changed the billing details" in overtaken.text
    assert 'value="Hamburg"' in overtaken.text
    assert kept(acme).city == "Berlin"
    again = {**GOOD, "city": "Hamburg", "version": _version(overtaken.text)}
    assert alice.post("/billing/details", again).status_code == 303
    assert kept(acme).city == "Hamburg"


def _version(page: str) -> str:
    return re.search(r'name="version" type="hidden" value="(\w+)"', page)[1]


def test_the_log_tells_what_changed_and_nothing_where_nothing_did(acme, browse):
    alice = browse(acme, "Alice")
    assert alice.post("/billing/details", GOOD).status_code == 303
    response = alice.post("/billing/details", GOOD)
    assert "Nothing has changed." in alice.follow(response).text
    assert alice.post("/billing/details", {**GOOD, "po_number": "PO-8"}).status_code == 303
    first, second = log_of(acme, "billing.details.changed")
    assert first.changes["city"] == ["", "Berlin"]
    assert second.changes == {"po_number": ["PO-7", "PO-8"]}


def test_they_can_be_changed_while_the_organisation_is_suspended(acme, browse):
    alice = browse(acme, "Alice")
    with platform_work():
        change_status(
            db.session.get_one(Tenant, acme.id), Status.SUSPENDED, reason="The invoice was not paid.", actor=SYSTEM
        )
    assert alice.get("/settings").status_code != 200
    assert alice.get("/billing/details").status_code == 200
    assert alice.post("/billing/details", GOOD).status_code == 303


def test_details_become_the_party_that_papers_name(acme, browse):
    browse(acme, "Alice").post("/billing/details", GOOD)
    party = kept(acme).party
    assert (party.name, party.lines, party.country) == ("Acme GmbH", ("Torstraße 1",), "DE")
    assert party.email == "accounts@acme.example.com"
