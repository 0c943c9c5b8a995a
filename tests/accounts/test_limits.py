"""Limits: guessing and asking for mail end soon, and nobody who knows the password is punished."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from limits import parse
from sqlalchemy import text

from saas.core.extensions import limiter
from saas.tenancy.scope import platform_work
from saas.web.gates import Gate
from tests.accounts.conftest import NEW_PASSWORD, Browse, Work, sign_in
from tests.cast import PASSWORD, Organisation
from tests.support import Browser


def guess(browser: Browser, email: str, address: str = "127.0.0.1", password: str = "a guess") -> Any:
    return sign_in(browser, email, password, environ_base={"REMOTE_ADDR": address})


def besiege(organisation: Organisation) -> None:
    """As if strangers had guessed three hundred times."""
    gate = Gate.of((parse("300 per 15 minutes"), f"{organisation.id} guess"))
    for _ in range(300):
        gate.take()


def let_the_window_pass() -> None:
    with platform_work() as session:
        session.execute(text("UPDATE platform.rate_limits SET ends_at = now() - interval '1 second'"))


def test_five_wrong_passwords_close_an_account_for_a_while(acme: Organisation, browse: Browse) -> None:
    browser, email = browse(acme), acme.email("Bob")
    assert [guess(browser, email).status_code for _ in range(5)] == [422] * 5
    refused = guess(browser, email)
    assert refused.status_code == 429
    assert "Please wait 15 minutes" in refused.text
    assert 840 < int(refused.headers["Retry-After"]) <= 900
    assert guess(browser, email, password=PASSWORD).status_code == 429
    assert guess(browser, acme.email("Alice"), password=PASSWORD).status_code == 303
    let_the_window_pass()
    assert guess(browse(acme), email, password=PASSWORD).status_code == 303


def test_an_account_that_does_not_exist_closes_alike(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    assert [guess(browser, "nobody@example.com").status_code for _ in range(6)] == [422] * 5 + [429]


def test_other_spellings_of_an_address_are_one_account(acme: Organisation, browse: Browse) -> None:
    browser, email = browse(acme), acme.email("Bob")
    for spelling in (email, email.upper(), email.title(), f" {email}", email):
        guess(browser, spelling)
    assert guess(browser, email).status_code == 429


def test_the_same_address_at_another_organisation_is_another_account(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    email = acme.email("Bob")
    for _ in range(6):
        guess(browse(umbrella), email)
    assert guess(browse(umbrella), email).status_code == 429
    assert guess(browse(acme), email, password=PASSWORD).status_code == 303


def test_a_right_password_costs_nothing(acme: Organisation, browse: Browse) -> None:
    browser, email = browse(acme), acme.email("Bob")
    for _ in range(4):
        guess(browser, email)
    for _ in range(8):
        assert guess(browse(acme), email, "192.0.2.1", PASSWORD).status_code == 303
    assert guess(browser, email).status_code == 422
    assert guess(browser, email).status_code == 429


def test_a_browser_that_the_account_knows_has_tries_of_its_own(acme: Organisation, browse: Browse) -> None:
    known, email, stranger = browse(acme), acme.email("Bob"), "192.0.2.66"
    assert guess(known, email, password=PASSWORD).status_code == 303
    assert [guess(browse(acme), email, stranger).status_code for _ in range(6)] == [422] * 5 + [429]
    assert guess(browse(acme), email, stranger, PASSWORD).status_code == 429
    assert guess(browse(acme), email, password=PASSWORD).status_code == 303
    assert [guess(browse(acme), email).status_code for _ in range(6)] == [422] * 5 + [429]
    assert guess(browse(acme), email, password=PASSWORD).status_code == 429


def test_the_network_of_one_account_is_a_stranger_to_another(acme: Organisation, browse: Browse) -> None:
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 303
    for _ in range(5):
        guess(browse(acme), acme.email("Alice"), "192.0.2.66")
    assert guess(browse(acme), acme.email("Alice"), password=PASSWORD).status_code == 429
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 303


def test_strangers_are_answered_alike_whether_there_is_an_account_or_not(
    acme: Organisation, browse: Browse, work: Work
) -> None:
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 303
    answers, costs = [], []
    for email in (acme.email("Bob"), "nobody@example.com"):
        browser = browse(acme)
        browser.get("/sign-in")
        for _ in range(6):
            with work:
                answer = guess(browser, email, "192.0.2.66")
            text = answer.text.replace(email, "").replace(browser.token, "")
            answers.append((email, answer.status_code, text.replace(answer.headers["X-Request-ID"], "")))
            costs.append((work.statements, work.hashes))
    assert [answer[1:] for answer in answers[:6]] == [answer[1:] for answer in answers[6:]]
    assert costs[:6] == costs[6:]


def test_guesses_at_the_same_time_are_counted_one_by_one(app: Flask, acme: Organisation) -> None:
    def attempt(_number: int) -> int:
        return int(guess(Browser(app, acme.host), acme.email("Bob")).status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(attempt, range(20)))
    assert answers == [422] * 5 + [429] * 15


def test_thirty_wrong_passwords_from_one_network_close_it_everywhere(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    here, browser = "192.0.2.50", browse(acme)
    assert {guess(browser, f"person{number}@example.com", here).status_code for number in range(30)} == {422}
    assert guess(browser, acme.email("Bob"), here, PASSWORD).status_code == 429
    assert guess(browse(umbrella), umbrella.email("Charlie"), here, PASSWORD).status_code == 429
    assert guess(browser, acme.email("Bob"), "192.0.2.51", PASSWORD).status_code == 303


def test_a_network_of_ipv6_is_what_one_customer_holds(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    for number in range(30):
        guess(browser, f"person{number}@example.com", f"2001:db8:0:1::{number:x}")
    assert guess(browser, acme.email("Bob"), "2001:db8:0:1:ffff::1", PASSWORD).status_code == 429
    assert guess(browser, acme.email("Bob"), "2001:db8:0:2::1", PASSWORD).status_code == 303


def test_three_hundred_wrong_passwords_close_an_organisation_only(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    browser = browse(acme)
    browser.get("/sign-in")
    for number in range(300):
        form = {"email": f"person{number}@example.com", "password": "x" * 300}
        options = {"environ_base": {"REMOTE_ADDR": f"198.51.100.{number % 250}"}}
        assert browser.post("/sign-in", form, **options).status_code == 422
    assert guess(browser, acme.email("Bob"), password=PASSWORD).status_code == 429
    assert guess(browse(umbrella), umbrella.email("Charlie"), password=PASSWORD).status_code == 303


def test_a_known_browser_gets_in_while_strangers_besiege_the_organisation_only_more_slowly(
    acme: Organisation, browse: Browse
) -> None:
    email = acme.email("Bob")
    assert guess(browse(acme), email, password=PASSWORD).status_code == 303
    besiege(acme)
    assert guess(browse(acme), acme.email("Alice"), password=PASSWORD).status_code == 429
    assert guess(browse(acme), email, password=PASSWORD).status_code == 303
    assert guess(browse(acme), email).status_code == 422
    slowed = guess(browse(acme), email, password=PASSWORD)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) <= 60


def test_without_a_siege_a_known_browser_is_not_slowed(acme: Organisation, browse: Browse) -> None:
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 303
    assert guess(browse(acme), acme.email("Bob")).status_code == 422
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 303


def test_whoever_is_signed_in_is_not_shut_out_by_the_guesses_of_others(acme: Organisation, browse: Browse) -> None:
    bob = browse(acme, "Bob")
    for _ in range(5):
        guess(browse(acme), acme.email("Bob"), "192.0.2.66")
    assert guess(browse(acme), acme.email("Bob"), password=PASSWORD).status_code == 429
    bob.get("/confirm")
    assert bob.post("/confirm", {"password": PASSWORD}).status_code == 303


def test_the_password_cannot_be_guessed_on_other_pages_either(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/confirm")
    for _ in range(2):
        assert browser.post("/confirm", {"password": "a guess"}).status_code == 422
    change = {"current_password": "a guess", "password": NEW_PASSWORD}
    for _ in range(3):
        assert browser.post("/account/password", change).status_code == 422
    assert browser.post("/account/password", change).status_code == 429
    assert browser.post("/account/password", {**change, "current_password": PASSWORD}).status_code == 429
    assert browser.post("/confirm", {"password": PASSWORD}).status_code == 429
    assert sign_in(browse(acme), acme.email("Bob")).status_code == 303


def test_an_unusable_new_password_is_no_wrong_guess(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account/password")
    for _ in range(7):
        refused = browser.post("/account/password", {"current_password": PASSWORD, "password": "password123"})
        assert refused.status_code == 422


def test_a_person_gets_three_reset_mails_an_hour(acme: Organisation, browse: Browse, mailbox: Any) -> None:
    browser, email = browse(acme), acme.email("Bob")
    browser.get("/forgot")
    for _ in range(3):
        assert browser.post("/forgot", {"email": email}).status_code == 200
    refused = browser.post("/forgot", {"email": email})
    assert refused.status_code == 429
    assert "Please wait 60 minutes" in refused.text
    assert len(mailbox.messages(email)) == 3
    assert browser.post("/forgot", {"email": acme.email("Alice")}).status_code == 200


def test_nobody_learns_from_the_limit_who_has_an_account(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    browser.get("/forgot")
    answers = [browser.post("/forgot", {"email": "nobody@example.com"}).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_one_network_gets_ten_reset_mails_an_hour(acme: Organisation, browse: Browse) -> None:
    browser, here = browse(acme), {"environ_base": {"REMOTE_ADDR": "192.0.2.60"}}
    browser.get("/forgot")
    for number in range(10):
        assert browser.post("/forgot", {"email": f"person{number}@example.com"}, **here).status_code == 200
    assert browser.post("/forgot", {"email": acme.email("Bob")}, **here).status_code == 429
    assert browser.post("/forgot", {"email": acme.email("Bob")}).status_code == 200


def test_choosing_a_new_password_opens_the_account_again(acme: Organisation, browse: Browse, mailbox: Any) -> None:
    browser, email = browse(acme), acme.email("Bob")
    for _ in range(6):
        guess(browser, email)
    browser.post("/forgot", {"email": email})
    link = mailbox.link(email).partition(acme.host)[2]
    browser.get(link)
    assert browser.post(link, {"password": NEW_PASSWORD}).status_code == 303
    assert guess(browser, email, password=NEW_PASSWORD).status_code == 303


def test_without_the_common_storage_each_process_counts_for_itself(
    acme: Organisation, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, email = browse(acme), acme.email("Bob")
    monkeypatch.setitem(limiter.storage._options, "begin", "SELECT 1/0")
    assert guess(browser, email, password=PASSWORD).status_code == 303
    answers = [guess(browse(acme), email).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
