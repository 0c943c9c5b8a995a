"""One's own account: profile, password, e-mail address."""

from datetime import timedelta

import pytest
import time_machine

from saas.accounts.models import Purpose
from saas.accounts.operations import change_email, confirm_email
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.queries import tenants_of_email
from saas.tenancy.scope import platform_scope, tenant_work
from tests.accounts.conftest import (
    NEW_PASSWORD,
    Browse,
    cookie_of,
    is_signed_in,
    mail_about,
    rotated_secret,
    sign_in,
    user_of,
)
from tests.cast import PASSWORD, Organisation
from tests.support import Mailbox, path_of


def test_name_and_theme_are_saved(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    assert 'value="Bob"' in browser.get("/account").text
    assert browser.post("/account", {"name": "  Bob  Barker ", "theme": "dark"}).status_code == 303
    page = browser.get("/account").text
    assert 'value="Bob Barker"' in page
    assert '<html lang="en" data-theme="dark">' in page
    user = user_of(acme, "Bob")
    assert (user.name, user.theme) == ("Bob Barker", "dark")


@pytest.mark.parametrize(
    ("name", "theme", "field"),
    [
        ("", "dark", "name"),
        ("   ", "dark", "name"),
        ("B\0b", "dark", "name"),
        ("B\u202eob", "dark", "name"),
        ("B" * 101, "dark", "name"),
        ("Claim your prize at evil.com/x", "dark", "name"),
        ("Bob", "", "theme"),
        ("Bob", "purple", "theme"),
    ],
)
def test_what_cannot_be_saved_is_told_beside_the_field_and_kept(
    acme: Organisation, browse: Browse, name: str, theme: str, field: str
) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account")
    refused = browser.post("/account", {"name": name, "theme": theme})
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert (user_of(acme, "Bob").name, user_of(acme, "Bob").theme) == ("Bob", "system")


def test_a_name_is_shown_as_text(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account")
    browser.post("/account", {"name": "<b>Bob</b> {{ 7 * 7 }}", "theme": "light"})
    page = browser.get("/account").text
    assert "<b>Bob</b>" not in page
    assert "&lt;b&gt;Bob&lt;/b&gt; {{ 7 * 7 }}" in page


def test_nobody_changes_role_or_address_through_the_profile(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Vera")
    browser.get("/account")
    form = {"name": "Vera", "theme": "light", "role": "owner", "email": "x@example.com", "is_active": "", "id": "1"}
    assert browser.post("/account", form).status_code == 303
    user = user_of(acme, "Vera")
    assert (user.role, user.email) == ("viewer", acme.email("Vera"))


def test_a_password_is_changed_with_the_present_one(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    here, there = browse(acme, "Bob"), browse(acme, "Bob")
    before = cookie_of(here)
    here.get("/account/password")
    refused = here.post("/account/password", {"current_password": "not his", "password": NEW_PASSWORD})
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    assert is_signed_in(there)
    done = here.post("/account/password", {"current_password": PASSWORD, "password": NEW_PASSWORD})
    assert done.status_code == 303
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert cookie_of(here) != before
    assert mailbox.messages(acme.email("Bob"))[-1]["Subject"] == "Your password for Acme was changed"
    assert sign_in(browse(acme), acme.email("Bob"), PASSWORD).status_code == 422
    assert sign_in(browse(acme), acme.email("Bob"), NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize("wanted", ["short", PASSWORD, "x" * 10_000, "password password", "bob bob bob bob"])
def test_an_unusable_new_password_changes_nothing(acme: Organisation, browse: Browse, wanted: str) -> None:
    browser, other = browse(acme, "Bob"), browse(acme, "Bob")
    browser.get("/account/password")
    refused = browser.post("/account/password", {"current_password": PASSWORD, "password": wanted})
    assert refused.status_code == 422
    assert 'id="password-error"' in refused.text
    assert is_signed_in(other)
    assert sign_in(browse(acme), acme.email("Bob"), PASSWORD).status_code == 303


def test_a_changed_password_makes_links_sent_before_worthless(acme: Organisation, browse: Browse) -> None:
    with tenant_work(acme):
        reset = issue_token(acme.people["Bob"], Purpose.RESET_PASSWORD)
        move = issue_token(acme.people["Bob"], Purpose.CHANGE_EMAIL, email="eve@example.com")
    browser = browse(acme, "Bob")
    browser.get("/account/password")
    browser.post("/account/password", {"current_password": PASSWORD, "password": NEW_PASSWORD})
    assert browser.get(f"/reset/{reset}").status_code == 404
    assert browser.get(f"/confirm-email/{move}").status_code == 404


def test_an_address_changes_when_the_new_mailbox_confirms_it(
    acme: Organisation, browse: Browse, mailbox: Mailbox
) -> None:
    browser, former = browse(acme, "Bob"), acme.email("Bob")
    wanted = former.replace("bob@", "robert@")
    browser.get("/account/email")
    assert browser.post("/account/email", {"email": wanted.upper()}).status_code == 303
    assert [to for to, _ in mail_about(acme, mailbox)] == [wanted]
    assert user_of(acme, "Bob").email == former
    link = path_of(mailbox.link(wanted))
    page = browser.get(link)
    assert wanted in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert user_of(acme, "Bob").email == former
    assert browser.post(link).status_code == 303
    assert user_of(acme, "Bob").email == wanted
    assert mailbox.messages(former)[-1]["Subject"] == "Your e-mail address for Acme was changed"
    assert f"New address: {wanted}" in mailbox.text(former)
    assert sign_in(browse(acme), former).status_code == 422
    assert sign_in(browse(acme), wanted).status_code == 303
    with platform_scope():
        assert [tenant.id for tenant in tenants_of_email(wanted)] == [acme.id]
        assert tenants_of_email(former) == []


def test_the_link_to_a_new_address_works_once_for_a_day_and_at_home(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Bob"], Purpose.CHANGE_EMAIL, email="robert@example.com")
    link, browser = f"/confirm-email/{token}", browse(acme)
    assert browse(umbrella).get(link).status_code == 404
    with time_machine.travel(now() + timedelta(hours=25)):
        assert browser.get(link).status_code == 404
    browser.get(link)
    assert browser.post(link).headers["Location"] == "/sign-in"
    assert browser.get(link).status_code == 404
    assert browser.post(link, page="/sign-in").status_code == 404


def test_only_the_newest_request_for_an_address_counts(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    for wanted in ("first@example.com", "second@example.com"):
        with tenant_work(acme):
            change_email(acme.people["Bob"], wanted, actor=SYSTEM)
    browser = browse(acme)
    assert browser.get(path_of(mailbox.link("first@example.com"))).status_code == 404
    assert browser.get(path_of(mailbox.link("second@example.com"))).status_code == 200


def test_an_address_that_is_taken_or_no_address_is_told(acme: Organisation, browse: Browse, mailbox: Mailbox) -> None:
    for wanted in (acme.email("Alice"), acme.email("Bob"), "no address"):
        browser = browse(acme, "Bob")
        browser.get("/account/email")
        refused = browser.post("/account/email", {"email": wanted})
        assert refused.status_code == 422
        assert 'id="email-error"' in refused.text
    assert mail_about(acme, mailbox) == []


def test_an_address_taken_meanwhile_stays_with_who_took_it(acme: Organisation, browse: Browse) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Bob"], Purpose.CHANGE_EMAIL, email=acme.email("Alice"))
    browser = browse(acme)
    browser.get(f"/confirm-email/{token}")
    assert browser.post(f"/confirm-email/{token}").status_code == 409
    assert user_of(acme, "Bob").email == acme.email("Bob")


def test_the_same_address_may_be_used_at_two_organisations(
    acme: Organisation, umbrella: Organisation, browse: Browse
) -> None:
    with tenant_work(acme):
        token = issue_token(acme.people["Bob"], Purpose.CHANGE_EMAIL, email=umbrella.email("Charlie"))
    browser = browse(acme)
    browser.get(f"/confirm-email/{token}")
    assert browser.post(f"/confirm-email/{token}").status_code == 303
    with platform_scope():
        assert {tenant.id for tenant in tenants_of_email(umbrella.email("Charlie"))} == {acme.id, umbrella.id}


def test_a_changed_address_finds_nothing_though_the_secret_was_rotated_in_between(acme: Organisation) -> None:
    former, present = acme.email("Bob"), f"bob@new.{acme.slug}.example.com"
    with rotated_secret():
        with platform_scope():
            assert [tenant.id for tenant in tenants_of_email(former)] == [acme.id]
        with tenant_work(acme):
            confirm_email(issue_token(acme.people["Bob"], Purpose.CHANGE_EMAIL, email=present), actor=SYSTEM)
        with platform_scope():
            assert tenants_of_email(former) == []
            assert [tenant.id for tenant in tenants_of_email(present)] == [acme.id]


def test_three_requests_for_an_address_an_hour(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account/email")
    answers = [browser.post("/account/email", {"email": f"b{number}@example.com"}).status_code for number in range(4)]
    assert answers == [303, 303, 303, 429]


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/email", "/account/sessions", "/confirm"])
def test_strangers_are_asked_to_sign_in(acme: Organisation, umbrella: Organisation, browse: Browse, path: str) -> None:
    assert browse(acme).get(path).headers["Location"].startswith("/sign-in?next=")
    foreign = browse(acme)
    foreign.carry_session(umbrella.session_of("Charlie"))
    assert foreign.get(path).status_code == 302
    assert browse(acme, "Vera").get(path).status_code == 200


def test_a_theme_chosen_in_one_browser_holds_there_and_the_profiles_elsewhere(
    acme: Organisation, browse: Browse
) -> None:
    here, there = browse(acme, "Bob"), browse(acme, "Bob")
    here.get("/account")
    here.post("/account", {"name": "Bob", "theme": "dark"})
    assert 'data-theme="dark"' in there.get("/account").text
    here.get("/account")
    here.post("/theme", {"theme": "light"})
    assert 'data-theme="light"' in here.get("/account").text
    assert 'data-theme="dark"' in there.get("/account").text
