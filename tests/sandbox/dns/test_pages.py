"""The sandbox's pages: opening domains, entering and removing records, giving trouble."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from saas.sandbox.dns.pages import create_pages
from saas.sandbox.dns.server import Running, answering
from saas.sandbox.dns.zones import Zones


@pytest.fixture
def running() -> Iterator[Running]:
    """Resolvers that know nothing yet."""
    with answering(Zones()) as found:
        yield found


@pytest.fixture
def browser(running: Running) -> FlaskClient:
    """A person in front of its pages."""
    return create_pages(running).test_client()


def test_a_domain_is_opened_and_filled_and_emptied_again(browser: FlaskClient, running: Running) -> None:
    assert "No domain was opened yet" in browser.get("/").text
    opened = browser.post("/", data={"zone": "Example.com"}, follow_redirects=True)
    assert "No records yet" in opened.text
    record = {"name": "portal", "type": "CNAME", "value": "custom.localhost"}
    saved = browser.post("/zones/example.com", data=record, follow_redirects=True)
    assert "portal.example.com CNAME is saved" in saved.text
    (entry,) = running.zones.all()[0].entries
    assert (entry.value, entry.proxied) == ("custom.localhost", False)
    assert "example.com" in browser.get("/").text
    browser.post("/zones/example.com/remove", data={"id": entry.id})
    assert running.zones.all()[0].entries == ()
    assert "is empty again" in browser.post("/zones/example.com/close", follow_redirects=True).text
    assert running.zones.all() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"value": ""}, "Please enter a value."),
        ({"type": "A", "value": "no address"}, "no value of a record of the type A"),
        ({"type": "NAPTR"}, "Not a valid choice"),
        ({"name": "a b"}, "Use letters, digits"),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    browser: FlaskClient, running: Running, wrong: dict[str, str], words: str
) -> None:
    running.zones.open("example.com")
    typed = {"name": "portal", "type": "TXT", "value": "some text", **wrong}
    answer = browser.post("/zones/example.com", data=typed)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert f'value="{typed["name"]}"' in answer.text
    assert running.zones.all()[0].entries == ()
    assert (
        browser.post("/zones/example.com", data={**typed, "name": "p", "type": "TXT", "value": "x"}).status_code == 303
    )


def test_a_record_to_be_entered_can_come_with_the_address(browser: FlaskClient, running: Running) -> None:
    running.zones.open("example.com")
    text = browser.get("/zones/example.com?name=portal&type=CNAME&value=custom.localhost").text
    assert 'value="portal"' in text
    assert 'value="custom.localhost"' in text
    assert re.search(r"<option selected value=\"CNAME\"", text)


def test_trouble_is_given_and_taken_away(browser: FlaskClient, running: Running) -> None:
    running.zones.open("example.com")
    for trouble in ("dnssec", ""):
        assert browser.post("/zones/example.com/trouble", data={"trouble": trouble}).status_code == 303
        assert running.zones.all()[0].trouble == trouble
    assert browser.post("/zones/example.com/trouble", data={"trouble": "all of it"}).status_code == 400


def test_resolvers_can_be_made_to_forget(browser: FlaskClient, running: Running) -> None:
    slow = running.resolvers[2]
    slow._look("example.com", "A")
    assert browser.post("/forget").status_code == 303
    assert slow._known == {}
    assert all(address in browser.get("/").text for address in running.addresses)


def test_a_wrong_domain_is_told(browser: FlaskClient, running: Running) -> None:
    answer = browser.post("/", data={"zone": "http://example.com/"})
    assert (answer.status_code, "without scheme" in answer.text) == (422, True)
    assert browser.get("/zones/example").status_code == 404
    assert running.zones.all() == []


def test_a_domain_that_nobody_opened_is_empty_and_opened_by_its_first_record(
    browser: FlaskClient, running: Running
) -> None:
    assert "No records yet" in browser.get("/zones/example.net").text
    assert running.zones.all() == []
    assert browser.post("/zones/example.net", data={"value": "x", "type": "TXT"}).status_code == 303
    assert [zone.name for zone in running.zones.all()] == ["example.net"]


def test_what_was_typed_is_shown_as_text(browser: FlaskClient, running: Running) -> None:
    running.zones.add("example.com", "@", "TXT", "<script>alert(1)</script>")
    answer = browser.get("/zones/example.com")
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_other_sites_cannot_press_its_buttons(browser: FlaskClient, running: Running) -> None:
    form = {"zone": "example.com"}
    assert browser.post("/", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert running.zones.all() == []
    assert browser.post("/", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
