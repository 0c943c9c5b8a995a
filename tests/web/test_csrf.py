"""Unsafe requests come from our own pages, or not at all."""

import pytest
from pydantic import SecretStr

THEME = {"theme": "dark"}


def test_a_form_of_ours_is_taken(acme, browse):
    assert browse(acme).post("/theme", THEME, page="/sign-in").status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", "ü" * 10, "0" * 5000])
def test_a_form_with_a_wrong_token_is_refused(acme, browse, token):
    assert browse(acme).post("/theme", {**THEME, "csrf_token": token}, page="/sign-in").status_code == 400


def test_a_token_of_another_browser_is_refused(acme, browse):
    other = browse(acme)
    other.get("/sign-in")
    mine = browse(acme)
    mine.get("/sign-in")
    assert mine.post("/theme", {**THEME, "csrf_token": other.token}).status_code == 400


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(acme, browse):
    browser = browse(acme)
    browser.get("/sign-in")
    before = browser.token
    browser.carry_session(acme.session_of("Bob"))
    assert browser.post("/theme", {**THEME, "csrf_token": before}).status_code == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://{host}"}])
def test_the_browsers_word_for_our_own_origin_is_taken(acme, browse, headers):
    own = {name: value.format(host=acme.host) for name, value in headers.items()}
    assert browse(acme).post("/theme", THEME, page="/sign-in", headers=own).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "http://umbrella.example.test"},
        {"Origin": "null"},
    ],
)
def test_another_origin_is_refused_even_with_the_token(acme, browse, headers):
    assert browse(acme).post("/theme", THEME, page="/sign-in", headers=headers).status_code == 400


def test_a_signed_cookie_of_one_organisation_means_nothing_at_another(acme, umbrella, browse):
    here = browse(acme)
    here.get("/sign-in")
    cookie = here.client.get_cookie("visit", domain=acme.host)
    there = browse(umbrella)
    there.client.set_cookie("visit", cookie.value, domain=umbrella.host)
    there.token = here.token
    assert there.post("/theme", THEME).status_code == 400


def test_an_open_form_outlives_a_new_secret_key_but_not_the_end_of_the_former_one(
    acme, browse, settings, change_settings
):
    browser = browse(acme, "Alice")
    browser.get("/account")

    change_settings(secret_key=SecretStr("n" * 40), secret_key_fallbacks=settings.secret_key)
    assert browser.post("/theme", THEME).status_code == 303

    change_settings(secret_key=SecretStr("n" * 40), secret_key_fallbacks=SecretStr(""))
    assert browser.post("/theme", THEME).status_code == 400
