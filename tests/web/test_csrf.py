"""Unsafe requests come from our own pages, or not at all."""

import pytest
from pydantic import SecretStr

from tests.cast import PASSWORD

THEME = {"theme": "dark"}


def test_a_form_of_ours_is_taken(acme, browse):
    assert browse(acme).post("/theme", THEME, page="/sign-in").status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", "ü" * 10, "0" * 5000])
def test_a_form_with_a_wrong_token_is_refused(acme, browse, token):
    assert browse(acme).post("/theme", {**THEME, "csrf_token": token}, page="/sign-in").status_code == 403


def test_a_token_of_another_browser_is_refused(acme, browse):
    other = browse(acme)
    other.get("/sign-in")
    mine = browse(acme)
    mine.get("/sign-in")
    assert mine.post("/theme", {**THEME, "csrf_token": other.token}).status_code == 403


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(acme, browse):
    browser = browse(acme)
    browser.get("/sign-in")
    before = browser.token
    browser.carry_session(acme.session_of("Bob"))
    assert browser.post("/theme", {**THEME, "csrf_token": before}).status_code == 403


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
    refused = browse(acme).post("/theme", THEME, page="/sign-in", headers=headers)
    assert refused.status_code == 400
    assert "This came from another site" in refused.text


def test_a_signed_cookie_of_one_organisation_means_nothing_at_another(acme, umbrella, browse):
    here = browse(acme)
    here.get("/sign-in")
    cookie = here.client.get_cookie("visit", domain=acme.host)
    there = browse(umbrella)
    there.client.set_cookie("visit", cookie.value, domain=umbrella.host)
    there.token = here.token
    assert there.post("/theme", THEME).status_code == 403


def test_an_open_form_outlives_a_new_secret_key_but_not_the_end_of_the_former_one(
    acme, browse, settings, change_settings
):
    browser = browse(acme, "Alice")
    browser.get("/account")

    change_settings(secret_key=SecretStr("n" * 40), secret_key_fallbacks=settings.secret_key)
    assert browser.post("/theme", THEME).status_code == 303

    change_settings(secret_key=SecretStr("n" * 40), secret_key_fallbacks=SecretStr(""))
    assert browser.post("/theme", THEME).status_code == 403


class TestAPageFromBeforeThePresentSession:
    """A form stands open in one window while somebody signs in or out in another."""

    @pytest.fixture
    def window(self, acme, browse):
        """Bob's window, with his profile open."""
        browser = browse(acme, "Bob")
        browser.get("/account")
        return browser

    def test_of_somebody_signed_out_meanwhile_leads_to_sign_in_and_back_to_the_form(self, acme, window):
        window.client.delete_cookie("session", domain=acme.host)
        refused = window.post("/account", {"name": "Robert <b>", "theme": "dark"})
        assert refused.status_code == 401
        assert "You were signed out" in refused.text
        assert 'href="/sign-in?next=%2Faccount"' in refused.text
        assert "<dt>Name</dt><dd>Robert &lt;b&gt;</dd>" in refused.text

        window.get("/sign-in?next=%2Faccount")
        again = window.post("/sign-in?next=%2Faccount", {"email": acme.email("Bob"), "password": PASSWORD})
        assert 'value="Bob"' in window.follow(again).text

    def test_shows_what_was_typed_but_no_password_and_nothing_that_was_not_typed(self, acme, window):
        window.client.delete_cookie("session", domain=acme.host)
        typed = {"current_password": "hunter2 hunter2", "password": "hunter3 hunter3", "next": "/away", "note": "kept"}
        refused = window.post("/account/password", typed)
        assert "<dd>kept</dd>" in refused.text
        assert "hunter" not in refused.text
        assert "/away" not in refused.text
        assert window.token not in refused.text

    @pytest.mark.parametrize(
        ("referrer", "back"),
        [
            ("http://{host}/account/sessions?page=2", "/sign-in?next=%2Faccount%2Fsessions%3Fpage%3D2"),
            ("http://elsewhere.example.com/account", "/sign-in"),
            ("http://{host}//elsewhere.example.com", "/sign-in"),
            ("no address at all", "/sign-in"),
        ],
    )
    def test_whose_button_has_no_page_of_its_own_leads_back_to_the_page_that_held_it(
        self, acme, window, referrer, back
    ):
        window.client.delete_cookie("session", domain=acme.host)
        headers = {"Referer": referrer.format(host=acme.host)}
        refused = window.post("/account/sessions/end-others", headers=headers)
        assert refused.status_code == 401
        assert f'href="{back}"' in refused.text

    def test_of_somebody_signed_in_again_says_so_and_where_to_open_it(self, acme, window):
        window.carry_session(acme.session_of("Alice"))
        refused = window.post("/account", {"name": "Robert", "theme": "dark"})
        assert refused.status_code == 403
        assert "Please send that again" in refused.text
        assert "as Alice sees it" in refused.text
        assert 'href="/account"' in refused.text
        assert "<dd>Robert</dd>" in refused.text

        window.get("/account")
        assert window.post("/account", {"name": "Alicia", "theme": "dark"}).status_code == 303

    def test_of_the_public_site_says_so_too(self, apex):
        apex.get("/find")
        refused = apex.post("/find", {"csrf_token": "old", "email": "ana@example.com"})
        assert refused.status_code == 403
        assert 'href="/find"' in refused.text

    def test_makes_htmx_load_the_page_again(self, acme, window):
        window.client.delete_cookie("session", domain=acme.host)
        assert window.post("/account", headers={"HX-Request": "true"}).status_code == 401

    def test_sends_a_program_without_a_token_away_with_401(self, acme, window):
        window.client.delete_cookie("session", domain=acme.host)
        path = "/api/workflows/0193a5f0-0000-7000-8000-000000000000/runs"
        assert window.client.post(path, headers={"Host": acme.host}).status_code == 401

    def test_tells_a_program_with_a_cookie_alone_what_is_missing(self, acme, window):
        path = "/api/workflows/0193a5f0-0000-7000-8000-000000000000/runs"
        refused = window.client.post(path, headers={"Host": acme.host})
        assert (refused.status_code, refused.json["code"]) == (403, "stale_form")
        assert "X-CSRF-Token" in refused.json["detail"]
        assert window.client.post(path, headers={"Host": acme.host, "X-CSRF-Token": window.token}).status_code == 404
