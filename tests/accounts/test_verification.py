"""Proving e-mail addresses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from saas.accounts.models import Purpose, User
from saas.accounts.operations import send_verification
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.models import Tenant
from saas.tenancy.queries import own_tenant
from saas.tenancy.scope import tenant_work
from tests.accounts.conftest import Browse, mail_about, user_of
from tests.cast import Organisation, found, tenant_scope
from tests.support import Browser, Mailbox, path_of


@pytest.fixture
def newborn(app: Flask) -> Organisation:
    """An organisation that has proven nothing yet: Nora owns it, Otto is a member."""
    return found("Newborn", owner="Nora", people={"Otto": "member"}, verified=False)


def link_for(organisation: Organisation, person: str) -> str:
    with tenant_work(organisation):
        return f"/verify/{issue_token(organisation.people[person], Purpose.VERIFY_EMAIL)}"


def tenant_of(organisation: Organisation) -> Tenant:
    with tenant_scope(organisation):
        return own_tenant()


def press(browser: Browser, link: str) -> int:
    browser.get(link)
    return browser.post(link).status_code


def test_the_button_behind_the_link_proves_person_and_organisation(
    newborn: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    with tenant_work(newborn):
        send_verification(newborn.people["Nora"], actor=SYSTEM)
    browser, link = browse(newborn), path_of(mailbox.link(newborn.email("Nora")))
    page = browser.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert newborn.email("Nora") in page.text
    assert user_of(newborn, "Nora").verified_at is None
    done = browser.post(link)
    assert done.headers["Location"] == "/sign-in"
    assert "is confirmed" in browser.follow(done).text
    assert user_of(newborn, "Nora").verified_at is not None
    assert tenant_of(newborn).verified_at is not None


def test_a_later_proof_leaves_the_organisations_own_moment(newborn: Organisation, browse: Browse) -> None:
    press(browse(newborn), link_for(newborn, "Nora"))
    first = tenant_of(newborn).verified_at
    press(browse(newborn), link_for(newborn, "Otto"))
    assert tenant_of(newborn).verified_at == first
    assert user_of(newborn, "Otto").verified_at is not None


def test_whoever_is_signed_in_goes_on_to_the_profile(newborn: Organisation, browse: Browse) -> None:
    browser = browse(newborn, "Nora")
    link = link_for(newborn, "Nora")
    browser.get(link)
    assert browser.post(link).headers["Location"] == "/account"
    assert "Confirmed" in browser.get("/account").text


def test_a_link_proves_once(newborn: Organisation, browse: Browse) -> None:
    browser, link = browse(newborn), link_for(newborn, "Nora")
    assert press(browser, link) == 303
    assert browser.get(link).status_code == 404
    assert "nothing left to do" in browser.get(link).text
    assert browser.post(link, page="/sign-in").status_code == 404


def test_a_link_proves_for_three_days(newborn: Organisation, browse: Browse) -> None:
    browser, link = browse(newborn), link_for(newborn, "Nora")
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        assert browser.get(link).status_code == 404
    assert press(browser, link) == 303


def test_a_link_proves_at_its_own_organisation_only(
    newborn: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    link = link_for(newborn, "Nora")
    assert browse(umbrella).get(link).status_code == 404
    assert browse(umbrella).post(link, page="/sign-in").status_code == 404
    assert press(browse(newborn), link) == 303


def test_a_link_proves_the_address_it_was_sent_to_and_no_other(newborn: Organisation, browse: Browse) -> None:
    link = link_for(newborn, "Nora")
    with tenant_scope(newborn) as session:
        session.get_one(User, newborn.people["Nora"].id).email = "other@example.com"
        session.commit()
    assert press(browse(newborn), link) == 404
    assert user_of(newborn, "Nora").verified_at is None


def test_of_many_presses_at_once_one_counts(app: Flask, newborn: Organisation) -> None:
    link = link_for(newborn, "Nora")

    browsers = [Browser(app, newborn.host) for _ in range(8)]
    for browser in browsers:
        browser.get(link)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda browser: browser.post(link).status_code, browsers)
        assert sorted(answers) == [303] + [404] * 7


@pytest.mark.parametrize("strange", ["x", "%00", "a" * 4000, "%ff"])
@pytest.mark.parametrize("page", ["verify", "reset", "confirm-email"])
def test_a_strange_link_says_what_to_do(acme: Organisation, browse: Browse, page: str, strange: str) -> None:
    answer = browse(acme).get(f"/{page}/{strange}")
    assert answer.status_code == 404
    assert "This link no longer works" in answer.text


def test_the_link_can_be_sent_again_three_times_an_hour(
    newborn: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    browser = browse(newborn, "Otto")
    browser.get("/account")
    for _ in range(3):
        assert (
            browser.post("/account/verification", {"next": "/account/sessions"}).headers["Location"]
            == "/account/sessions"
        )
    refused = browser.post("/account/verification")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 3500
    assert len(mailbox.messages(newborn.email("Otto"))) == 3
    assert press(browser, path_of(mailbox.link(newborn.email("Otto")))) == 303


def test_who_has_proven_the_address_gets_no_mail(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account")
    assert browser.post("/account/verification").status_code == 303
    assert "confirmed already" in browser.get("/account").text
    assert mail_about(acme, mailbox) == []


def test_a_stranger_cannot_have_mail_sent(acme: Organisation, browse: Browse) -> None:
    assert browse(acme).post("/account/verification", page="/sign-in").headers["Location"] == "/sign-in"


def test_a_strip_reminds_those_who_have_not_proven_their_address(
    acme: Organisation, newborn: Organisation, browse: Browse
) -> None:
    assert "Please confirm your e-mail address" in browse(newborn, "Otto").get("/account/sessions").text
    assert "Please confirm your e-mail address" not in browse(acme, "Bob").get("/account/sessions").text


def test_a_name_that_looks_like_a_link_is_left_out_of_mail(
    acme: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    for name, greeting in {"Win at evil.example/now": "Hello,", "Otto O'Neill Jr.": "Hello Otto O'Neill Jr.,"}.items():
        with tenant_work(acme) as session:
            user = session.get_one(User, acme.people["Bob"].id)
            user.name, user.verified_at = name, None
            send_verification(user, actor=SYSTEM)
        text = mailbox.text(acme.email("Bob"))
        assert greeting in text.splitlines()
        assert "evil" not in text
