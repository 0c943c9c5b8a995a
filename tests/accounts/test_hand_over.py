"""Handing a person over from the page where the organisation was made."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from saas.accounts.models import Purpose
from saas.accounts.operations import issue_hand_over
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.scope import tenant_work
from tests.accounts.conftest import Browse, cookie_of, is_signed_in, sessions_of
from tests.cast import Organisation
from tests.support import Browser


def token_for(organisation: Organisation, person: str) -> str:
    with tenant_work(organisation):
        return issue_hand_over(organisation.people[person], actor=SYSTEM)


def test_a_token_signs_in_once(acme: Organisation, browse: Browse) -> None:
    token, browser, late = token_for(acme, "Alice"), browse(acme), browse(acme)
    done = browser.get(f"/hand-over/{token}")
    assert done.status_code == 302
    assert done.headers["Location"] == "/"
    assert done.headers["Referrer-Policy"] == "no-referrer"
    assert is_signed_in(browser)
    refused = late.get(f"/hand-over/{token}")
    assert refused.headers["Location"] == "/sign-in"
    assert "used already or is too old" in late.follow(refused).text
    assert not is_signed_in(late)
    assert len(sessions_of(acme, "Alice")) == 1


def test_it_can_lead_to_a_page_of_this_host_only(acme: Organisation, browse: Browse) -> None:
    within = browse(acme).get(f"/hand-over/{token_for(acme, 'Alice')}?next=/account")
    beyond = browse(acme).get(f"/hand-over/{token_for(acme, 'Alice')}?next=//evil.example")
    assert (within.headers["Location"], beyond.headers["Location"]) == ("/account", "/")


def test_it_works_for_a_minute(acme: Organisation, browse: Browse) -> None:
    token = token_for(acme, "Alice")
    browser = browse(acme)
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert browser.get(f"/hand-over/{token}").headers["Location"] == "/sign-in"
    assert browser.get(f"/hand-over/{token}").headers["Location"] == "/"


def test_it_works_at_its_own_organisation_only(acme: Organisation, umbrella: Organisation, browse: Browse) -> None:
    token = token_for(acme, "Alice")
    assert browse(umbrella).get(f"/hand-over/{token}").headers["Location"] == "/sign-in"
    assert browse(acme).get(f"/hand-over/{token}").headers["Location"] == "/"


@pytest.mark.parametrize("purpose", [Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL])
def test_a_token_for_something_else_signs_nobody_in(acme: Organisation, browse: Browse, purpose: Purpose) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Alice"], purpose)
    assert browse(acme).get(f"/hand-over/{token}").headers["Location"] == "/sign-in"
    assert sessions_of(acme, "Alice") == []


@pytest.mark.parametrize("strange", ["x", "%00", "a" * 4000, "..", "'%20OR%201=1", "%F0%9F%98%80", "%ff"])
def test_a_strange_token_leads_to_the_sign_in_page(acme: Organisation, browse: Browse, strange: str) -> None:
    assert browse(acme).get(f"/hand-over/{strange}").headers["Location"] == "/sign-in"


def test_of_twenty_redemptions_at_once_one_signs_in(app: Flask, acme: Organisation) -> None:
    token = token_for(acme, "Alice")

    def redeem(_number: int) -> str:
        return Browser(app, acme.host).get(f"/hand-over/{token}").headers["Location"]

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(redeem, range(20)))
    assert answers == ["/"] + ["/sign-in"] * 19
    assert len(sessions_of(acme, "Alice")) == 1


def test_looking_without_opening_spends_nothing(acme: Organisation, browse: Browse) -> None:
    token, browser = token_for(acme, "Alice"), browse(acme)
    assert browser.client.head(f"/hand-over/{token}", headers={"Host": acme.host}).status_code == 200
    assert browser.get(f"/hand-over/{token}").headers["Location"] == "/"


def test_whoever_is_signed_in_goes_on_with_a_used_one(acme: Organisation, browse: Browse) -> None:
    token, browser = token_for(acme, "Alice"), browse(acme)
    browser.get(f"/hand-over/{token}")
    present = cookie_of(browser)
    assert browser.get(f"/hand-over/{token}").headers["Location"] == "/"
    assert cookie_of(browser) == present


def test_it_ends_the_session_that_the_browser_carried(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get(f"/hand-over/{token_for(acme, 'Alice')}")
    assert sessions_of(acme, "Bob") == []
    assert "Alice" in browser.get("/account").text
