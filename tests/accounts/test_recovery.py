"""Lost passwords."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from saas.accounts.models import OneTimeToken, Purpose, User
from saas.accounts.tokens import issue_token
from saas.core.clock import now
from saas.tenancy.scope import tenant_work
from tests.accounts.conftest import NEW_PASSWORD, Browse, Work, is_signed_in, mail_about, sessions_of, sign_in, user_of
from tests.cast import PASSWORD, Organisation, tenant_scope
from tests.support import Browser, Mailbox, path_of


def ask(browser: Browser, email: str) -> str:
    """The text of the answer to a forgotten password."""
    browser.get("/forgot")
    answer = browser.post("/forgot", {"email": email})
    assert answer.status_code == 200
    return answer.text


def link_for(organisation: Organisation, person: str) -> str:
    with tenant_work(organisation):
        return f"/reset/{issue_token(organisation.people[person], Purpose.RESET_PASSWORD)}"


def choose(browser: Browser, link: str, password: str = NEW_PASSWORD) -> int:
    browser.get(link)
    return browser.post(link, {"password": password}).status_code


def test_the_whole_way_from_a_forgotten_password_to_a_new_one(
    acme: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    elsewhere, browser, email = browse(acme, "Bob"), browse(acme), acme.email("Bob")
    assert email in ask(browser, email)
    mail = mailbox.messages(email)[-1]
    assert mail["Subject"] == "Choose a new password for Acme"
    link = path_of(mailbox.link(email))
    page = browser.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = browser.post(link, {"password": NEW_PASSWORD})
    assert done.status_code == 303
    assert done.headers["Location"] == "/sign-in"
    assert "Your password is changed" in browser.follow(done).text
    assert not is_signed_in(elsewhere)
    assert sign_in(browser, email, PASSWORD).status_code == 422
    assert sign_in(browser, email, NEW_PASSWORD).status_code == 303


def test_the_person_is_told_that_the_password_changed(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    choose(browse(acme), link_for(acme, "Bob"))
    told = mailbox.messages(acme.email("Bob"))[-1]
    assert told["Subject"] == "Your password for Acme was changed"
    assert f"http://{acme.host}/forgot" in mailbox.text(acme.email("Bob"))


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(
    acme: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    answers = set()
    for email in (acme.email("Bob"), "nobody@example.com"):
        text = ask(browse(acme), email).replace(email, "ADDRESS")
        answers.add(re.sub(r'(name="csrf_token" value="|X-CSRF-Token": ")[^"]+', "", text))
    assert len(answers) == 1
    assert [to for to, _ in mail_about(acme, mailbox)] == [acme.email("Bob")]


def test_the_work_is_the_same_whether_there_is_an_account_or_not(
    acme: Organisation, browse: Browse, work: Work
) -> None:
    browser, costs = browse(acme), set()
    browser.get("/forgot")
    for email in (acme.email("Bob"), "nobody@example.com"):
        with work as done:
            browser.post("/forgot", {"email": email})
        costs.add(done.statements)
    assert len(costs) == 1


def test_a_deactivated_account_gets_no_link(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    with tenant_scope(acme) as session:
        session.get_one(User, acme.people["Vera"].id).is_active = False
        session.commit()
    ask(browse(acme), acme.email("Vera"))
    ask(browse(acme), acme.email("Bob"))
    assert [to for to, _ in mail_about(acme, mailbox)] == [acme.email("Bob")]


def test_mail_goes_to_the_stored_address_alone(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    browser, bob = browse(acme), acme.email("Bob")
    browser.get("/forgot")
    several = {"email": [bob.upper(), "eve@example.com"], "email[]": "eve@example.com", "email[1]": "eve@example.com"}
    assert browser.post("/forgot", several).status_code == 200
    for trick in (
        f"{bob},eve@example.com",
        f"{bob}\r\nBcc: eve@example.com",
        f"{bob}%0aCc:eve@example.com",
        f"{bob} eve@example.com",
    ):
        assert browser.post("/forgot", {"email": trick}).status_code == 422
    assert [to for to, _ in mail_about(acme, mailbox)] == [bob]
    assert not mailbox.messages("eve@example.com")


def test_looking_at_the_page_spends_nothing_and_the_button_spends_it(acme: Organisation, browse: Browse) -> None:
    link, browser = link_for(acme, "Bob"), browse(acme)
    assert [browser.get(link).status_code for _ in range(3)] == [200] * 3
    assert choose(browser, link) == 303
    assert browser.get(link).status_code == 404
    assert "no longer works" in browser.get(link).text
    browser.get("/sign-in")
    assert browser.post(link, {"password": "yet another 12 words"}).status_code == 404
    assert sign_in(browse(acme), acme.email("Bob"), NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "password",
    ["", "short", "password123", "aaaaaaaaaaaa", "acme acme acme", "bob bob bob", "x" * 10_000, "nul\0nul\0nul"],
)
def test_an_unusable_password_is_told_and_the_link_still_works(
    acme: Organisation, browse: Browse, password: str
) -> None:
    link, browser = link_for(acme, "Bob"), browse(acme)
    browser.get(link)
    refused = browser.post(link, {"password": password})
    assert refused.status_code == 422
    assert 'id="password-error"' in refused.text
    assert refused.headers["Referrer-Policy"] == "no-referrer"
    assert choose(browser, link) == 303


def test_a_link_works_for_an_hour(acme: Organisation, browse: Browse) -> None:
    link, browser = link_for(acme, "Bob"), browse(acme)
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert browser.get(link).status_code == 404
        assert browser.post(link, {"password": NEW_PASSWORD}, page="/sign-in").status_code == 404
    assert choose(browser, link) == 303


def test_a_link_works_at_its_own_organisation_only(acme: Organisation, umbrella: Organisation, browse: Browse) -> None:
    link = link_for(acme, "Bob")
    assert browse(umbrella).get(link).status_code == 404
    assert browse(acme).get(link).status_code == 200


def test_a_link_for_something_else_resets_nothing(acme: Organisation, browse: Browse) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Bob"], Purpose.VERIFY_EMAIL)
    assert browse(acme).get(f"/reset/{token}").status_code == 404
    assert browse(acme).get(f"/verify/{token}").status_code == 200


def test_a_link_sent_to_a_former_address_is_worth_nothing(acme: Organisation, browse: Browse) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Bob"], Purpose.RESET_PASSWORD, email="former@example.com")
    browser = browse(acme)
    assert browser.post(f"/reset/{token}", {"password": NEW_PASSWORD}, page="/sign-in").status_code == 404
    assert sign_in(browse(acme), acme.email("Bob"), PASSWORD).status_code == 303


def test_of_many_uses_at_once_one_counts(app: Flask, acme: Organisation) -> None:
    link = link_for(acme, "Bob")

    browsers = [Browser(app, acme.host) for _ in range(8)]
    for browser in browsers:
        browser.get(link)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda browser: browser.post(link, {"password": NEW_PASSWORD}).status_code, browsers)
        assert sorted(answers) == [303] + [404] * 7


def test_a_new_password_makes_other_links_worthless(acme: Organisation, browse: Browse) -> None:
    first, second = link_for(acme, "Bob"), link_for(acme, "Bob")
    browser = browse(acme)
    assert choose(browser, first) == 303
    assert browser.get(second).status_code == 404


def test_a_reset_proves_the_address(acme: Organisation, browse: Browse) -> None:
    with tenant_scope(acme) as session:
        session.get_one(User, acme.people["Bob"].id).verified_at = None
        session.commit()
    choose(browse(acme), link_for(acme, "Bob"))
    assert user_of(acme, "Bob").verified_at is not None


def test_only_hashes_of_links_are_stored(acme: Organisation) -> None:
    token = link_for(acme, "Bob").removeprefix("/reset/")
    with tenant_scope(acme) as session:
        stored = session.scalars(select(OneTimeToken)).one()
    assert token.encode() not in stored.token_hash
    assert sessions_of(acme, "Bob") == []
