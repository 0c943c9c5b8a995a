"""Signing in and out."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bcrypt
import pytest
from flask import Flask

from saas.accounts.models import User
from saas.accounts.operations import open_session
from saas.core.actor import Actor
from saas.core.database import db
from saas.tenancy.scope import tenant_work
from tests.accounts.conftest import (
    FIREFOX,
    IPHONE,
    Browse,
    Work,
    cookie_of,
    is_signed_in,
    rotated_secret,
    sessions_of,
    sign_in,
    user_of,
)
from tests.cast import PASSWORD, Organisation
from tests.cast import tenant_scope as inside_of
from tests.support import Browser, Mailbox

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "evil.example",
    "@evil.example",
    "/ok\n",
    "/ok\r\nSet-Cookie: a=b",
    "/\u3002evil.example",
    "%2F%2Fevil.example",
    "/" + "a" * 5000,
]


def switch_off(organisation: Organisation, person: str) -> None:
    with inside_of(organisation) as session:
        user = session.get(User, organisation.people[person].id)
        assert user is not None
        user.is_active = False
        session.commit()


def test_the_right_password_opens_a_session_and_a_wrong_one_does_not(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    refused = sign_in(browser, acme.email("Bob"), "not his password")
    assert refused.status_code == 422
    assert "is not right" in refused.text
    assert not cookie_of(browser)
    accepted = sign_in(browser, acme.email("Bob"))
    assert accepted.status_code == 303
    assert accepted.headers["Location"] == "/"
    assert is_signed_in(browser)


def test_the_form_keeps_the_address_and_never_the_password(acme: Organisation, browse: Browse) -> None:
    refused = sign_in(browse(acme), acme.email("Bob"), "not his password")
    assert f'value="{acme.email("Bob")}"' in refused.text
    assert "not his password" not in refused.text


def test_an_address_is_the_same_in_other_letters(acme: Organisation, browse: Browse) -> None:
    assert sign_in(browse(acme), f"  {acme.email('Bob').upper()} ").status_code == 303


def test_a_wrong_password_an_unknown_and_a_deactivated_account_get_the_same_answer(
    acme: Organisation, browse: Browse
) -> None:
    switch_off(acme, "Vera")
    tries = {
        acme.email("Bob"): "not his password",
        acme.email("Bob").replace("bob", "eve"): PASSWORD,
        acme.email("Vera"): PASSWORD,
    }
    answers = set()
    for email, password in tries.items():
        refused = sign_in(browse(acme), email, password)
        text = refused.text.replace(email, "ADDRESS")
        text = re.sub(r'(name="csrf_token" value="|X-CSRF-Token": ")[^"]+', "", text)
        headers = {
            k: v for k, v in refused.headers if k not in ("X-Request-ID", "Set-Cookie", "Content-Length", "Date")
        }
        answers.add((refused.status_code, text, str(sorted(headers.items()))))
    assert len(answers) == 1


def test_those_three_cost_the_same_work(acme: Organisation, browse: Browse, work: Work) -> None:
    switch_off(acme, "Vera")
    browser, costs = browse(acme), set()
    for email in (acme.email("Bob"), "nobody@example.com", acme.email("Vera")):
        browser.get("/sign-in")
        with work as done:
            browser.post("/sign-in", {"email": email, "password": "some other password"})
        costs.add((done.statements, done.hashes))
    assert len(costs) == 1
    assert costs.pop()[1] == 1


def test_an_account_of_another_organisation_is_unknown_here(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    assert sign_in(browse(acme), umbrella.email("Charlie")).status_code == 422
    assert sign_in(browse(umbrella), umbrella.email("Charlie")).status_code == 303


def test_signing_in_never_takes_over_a_token_and_ends_the_session_before(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    before = cookie_of(browser)
    browser.get("/account")
    browser.post("/sign-in", {"email": acme.email("Bob"), "password": PASSWORD})
    after = cookie_of(browser)
    assert after != before
    assert len(sessions_of(acme, "Bob")) == 1
    old = browse(acme)
    old.carry_session(before)
    assert not is_signed_in(old)


def test_a_token_planted_before_signing_in_opens_nothing_afterwards(acme: Organisation, browse: Browse) -> None:
    victim, planted = browse(acme), "a-token-that-an-attacker-chose"
    victim.carry_session(planted)
    sign_in(victim, acme.email("Bob"))
    attacker = browse(acme)
    attacker.carry_session(planted)
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)


def test_forms_from_before_signing_in_are_worth_nothing_afterwards(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    sign_in(browser, acme.email("Bob"))
    old_token = browser.token
    browser.get("/account")
    assert browser.token != old_token
    fresh = browser.token
    browser.token = old_token
    assert browser.post("/account", {"name": "Robert", "theme": "dark"}).status_code == 403
    browser.token = fresh
    assert browser.post("/account", {"name": "Robert", "theme": "dark"}).status_code == 303


def test_the_session_cookie_is_for_this_host_only_and_out_of_reach_of_scripts(
    acme: Organisation, browse: Browse
) -> None:
    cookies = sign_in(browse(acme), acme.email("Bob")).headers.getlist("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Path=/" in session
    assert "Domain" not in session


def test_two_session_cookies_are_none(app: Flask, acme: Organisation) -> None:
    token = acme.session_of("Bob")

    def open_with(cookie: str) -> int:
        client = app.test_client(use_cookies=False)
        return client.get("/account", headers={"Host": acme.host, "Cookie": cookie}).status_code

    assert open_with(f"session={token}") == 200
    assert open_with(f"session={token}; session=other") == 302
    assert open_with(f"session=other; session={token}") == 302


def test_a_session_means_nothing_at_another_organisation(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    elsewhere = browse(umbrella)
    elsewhere.carry_session(acme.session_of("Bob"))
    assert not is_signed_in(elsewhere)


def test_after_signing_in_one_comes_back_to_the_page_wanted(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    asked = browser.get("/account/sessions?x=1")
    assert asked.headers["Location"] == "/sign-in?next=%2Faccount%2Fsessions%3Fx%3D1"
    done = sign_in(browser, acme.email("Bob"), path=asked.headers["Location"])
    assert done.headers["Location"] == "/account/sessions?x=1"


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_after_signing_in_nobody_is_sent_elsewhere(acme: Organisation, browse: Browse, wanted: str) -> None:
    browser = browse(acme)
    browser.get("/sign-in")
    form = {"email": acme.email("Bob"), "password": PASSWORD, "next": wanted}
    assert browser.post("/sign-in", form).headers["Location"] == "/"
    again = browser.get("/sign-in", query_string={"next": wanted})
    assert again.headers["Location"] == "/"


def test_whoever_is_signed_in_does_not_see_the_sign_in_page(acme: Organisation, browse: Browse) -> None:
    assert browse(acme).get("/sign-in").status_code == 200
    assert browse(acme, "Bob").get("/sign-in?next=/account").headers["Location"] == "/account"


def test_signing_out_ends_the_session_and_clears_the_browser(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    token = cookie_of(browser)
    browser.get("/account")
    done = browser.post("/sign-out")
    assert done.status_code == 303
    assert done.headers["Location"] == "/sign-in"
    assert done.headers["Clear-Site-Data"] == '"cache"'
    assert not cookie_of(browser)
    assert sessions_of(acme, "Bob") == []
    browser.carry_session(token)
    assert not is_signed_in(browser)
    assert "signed out" in browser.get("/sign-in").text


def test_signing_out_needs_a_form_of_ours(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    assert browser.get("/sign-out").status_code == 405
    assert browser.client.post("/sign-out", headers={"Host": acme.host}).status_code == 403
    assert is_signed_in(browser)


def test_whoever_is_signed_out_already_is_led_to_sign_in(acme: Organisation, browse: Browse) -> None:
    refused = browse(acme).post("/sign-out", page="/sign-in")
    assert (refused.status_code, refused.headers["Location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    "password",
    ["", "\0", "right\0wrong", "\x1b[31m", "x" * 10_000, "é" * 5_000, "' OR 1=1 --", "%00", "\ud83d\ude00" * 3],
    ids=range(9),
)
def test_odd_passwords_are_wrong_and_nothing_more(acme: Organisation, browse: Browse, password: str) -> None:
    text = password.encode("utf-16", "surrogatepass").decode("utf-16")
    assert sign_in(browse(acme), acme.email("Bob"), text).status_code == 422


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no address",
        "bob@",
        "@example.com",
        "bob@example.com\0",
        "bob@example.com\r\nBcc: eve@example.com",
        "bob@example.com,eve@example.com",
        "böb@example.com",
        "b" * 5_000 + "@example.com",
        "bob@" + "x." * 3_000 + "com",
        "<script>@example.com",
        "bob@exa\u200bmple.com",
    ],
    ids=range(12),
)
def test_what_is_no_address_is_told_beside_the_field(acme: Organisation, browse: Browse, email: str) -> None:
    refused = sign_in(browse(acme), email)
    assert refused.status_code == 422
    assert 'id="email-error"' in refused.text


def test_of_several_addresses_only_the_first_counts(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    browser.get("/sign-in")
    first: dict[str, Any] = {"email": [acme.email("Bob"), acme.email("Alice")], "password": [PASSWORD, "x"]}
    assert browser.post("/sign-in", first).status_code == 303
    assert len(sessions_of(acme, "Bob")) == 1
    browser = browse(acme)
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"email[]": acme.email("Bob"), "password": PASSWORD}).status_code == 422


def test_a_form_without_its_token_is_a_page_that_leads_back_to_it(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    form = {"email": acme.email("Bob"), "password": PASSWORD}
    refused = browser.client.post("/sign-in", data=form, headers={"Host": acme.host})
    assert refused.status_code == 403
    assert "Please send that again" in refused.text
    assert 'href="/sign-in"' in refused.text
    assert browser.client.post("/sign-in", json=form, headers={"Host": acme.host}).status_code == 403
    assert sign_in(browser, **form).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_a_405_page(acme: Organisation, browse: Browse, method: str) -> None:
    browser = browse(acme)
    assert browser.client.open("/sign-in", method=method, headers={"Host": acme.host}).status_code == 405


def test_a_hash_of_bcrypt_opens_the_account_and_is_upgraded(acme: Organisation, browse: Browse) -> None:
    imported = "imported " * 10
    with inside_of(acme) as session:
        user = session.get(User, acme.people["Bob"].id)
        assert user is not None
        user.password_hash = bcrypt.hashpw(imported.encode()[:72], bcrypt.gensalt(4)).decode()
        session.commit()
    assert sign_in(browse(acme), acme.email("Bob"), "imported").status_code == 422
    assert sign_in(browse(acme), acme.email("Bob"), imported).status_code == 303
    assert user_of(acme, "Bob").password_hash.startswith("$argon2id$")
    assert sign_in(browse(acme), acme.email("Bob"), imported).status_code == 303


def test_whoever_is_deactivated_is_out_at_the_next_request(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Vera")
    assert is_signed_in(browser)
    switch_off(acme, "Vera")
    assert not is_signed_in(browser)


def test_a_new_browser_or_place_is_told_by_mail_and_a_known_one_is_not(
    acme: Organisation, browse: Browse, mailbox: Any
) -> None:
    def come(agent: str, address: str) -> int:
        options = {"headers": {"User-Agent": agent}, "environ_base": {"REMOTE_ADDR": address}}
        assert sign_in(browse(acme), acme.email("Bob"), **options).status_code == 303
        return len(mailbox.messages(acme.email("Bob")))

    assert come(FIREFOX, "192.0.2.7") == 0, "the very first time"
    assert come(FIREFOX, "192.0.2.7") == 0
    assert come(FIREFOX.replace("128", "129"), "192.0.2.7") == 0, "an update of the browser"
    assert come(FIREFOX, "192.0.2.8") == 1
    assert come(FIREFOX, "192.0.2.8") == 1
    assert come("curl/8.5.0", "192.0.2.7") == 2
    text = mailbox.text(acme.email("Bob"))
    assert "Browser: curl" in text
    assert "Address: 192.0.2.7" in text
    assert f"http://{acme.host}/account/sessions" in text


def test_a_device_is_known_though_the_secret_was_rotated(acme: Organisation, mailbox: Mailbox) -> None:
    def come(agent: str) -> None:
        with tenant_work(acme):
            open_session(acme.people["Bob"], actor=Actor("member", "Bob", address="192.0.2.7", agent=agent))

    come(FIREFOX)
    with rotated_secret():
        come(FIREFOX)
    assert mailbox.messages(acme.email("Bob")) == []
    with rotated_secret():
        come(IPHONE)
    assert "iPhone" in mailbox.text(acme.email("Bob"))


def test_many_right_passwords_at_once_all_open_a_session(app: Flask, acme: Organisation) -> None:
    def come(_number: int) -> int:
        return sign_in(Browser(app, acme.host), acme.email("Bob")).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(come, range(8))) == {303}
    assert len(sessions_of(acme, "Bob")) == 8


def test_nothing_of_a_session_but_its_hash_is_stored(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme)
    sign_in(browser, acme.email("Bob"))
    assert cookie_of(browser).encode() not in sessions_of(acme, "Bob")[0].token_hash
    with inside_of(acme):
        assert db.session.get(User, acme.people["Bob"].id) is not None


def test_a_suspended_organisation_still_lets_its_people_in(acme: Organisation, browse: Browse, suspend: Any) -> None:
    suspend(acme)
    browser = browse(acme)
    assert sign_in(browser, acme.email("Bob")).status_code == 303
    assert is_signed_in(browser)
    assert browser.get("/api/me").status_code == 402
