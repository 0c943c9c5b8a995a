"""Sessions: how long they last, where they are listed, who may end them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from saas.accounts.models import User, UserSession
from saas.core.clock import now
from tests.accounts.conftest import (
    FIREFOX,
    IPHONE,
    Browse,
    cookie_of,
    is_signed_in,
    sessions_of,
    sign_in,
)
from tests.cast import Organisation
from tests.cast import tenant_scope as inside_of


def age(organisation: Organisation, **moments: timedelta) -> None:
    """Make every session of an organisation look older."""
    with inside_of(organisation) as session:
        for one in session.query(UserSession):
            for name, distance in moments.items():
                setattr(one, name, now() - distance)
        session.commit()


def test_a_session_in_use_is_noted_at_most_once_a_minute(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    started = sessions_of(acme, "Bob")[0].last_seen_at
    browser.get("/account")
    assert sessions_of(acme, "Bob")[0].last_seen_at == started
    age(acme, last_seen_at=timedelta(seconds=90))
    browser.get("/account", environ_base={"REMOTE_ADDR": "192.0.2.9"})
    noted = sessions_of(acme, "Bob")[0]
    assert now() - noted.last_seen_at < timedelta(seconds=30)
    assert noted.address == "192.0.2.9"


@pytest.mark.parametrize(("path", "status"), [("/account", 200), ("/nothing-here", 404), ("/sign-out", 405)])
def test_it_is_noted_whatever_the_answer_is(acme: Organisation, browse: Browse, path: str, status: int) -> None:
    browser = browse(acme, "Bob")
    age(acme, last_seen_at=timedelta(minutes=5))
    assert browser.get(path).status_code == status
    assert now() - sessions_of(acme, "Bob")[0].last_seen_at < timedelta(seconds=30)


def test_noting_it_keeps_nothing_of_a_refused_form(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account")
    age(acme, last_seen_at=timedelta(minutes=5))
    assert browser.post("/account", {"name": "", "theme": "dark"}).status_code == 422
    with inside_of(acme) as session:
        kept = session.get(UserSession, sessions_of(acme, "Bob")[0].id)
        assert kept is not None
        assert (kept.user.name, kept.user.theme) == ("Bob", "system")
        assert now() - kept.last_seen_at < timedelta(seconds=30)


def test_a_session_ends_when_it_is_not_used(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    age(acme, last_seen_at=timedelta(hours=11, minutes=59))
    assert is_signed_in(browser)
    age(acme, last_seen_at=timedelta(hours=12, minutes=1))
    assert not is_signed_in(browser)


def test_a_session_ends_after_two_weeks_however_much_it_is_used(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    age(acme, created_at=timedelta(days=13, hours=23))
    assert is_signed_in(browser)
    age(acme, created_at=timedelta(days=14, minutes=1))
    assert not is_signed_in(browser)


def test_the_cookie_lasts_as_long_as_the_session_may(acme: Organisation, browse: Browse) -> None:
    done = sign_in(browse(acme), acme.email("Bob"))
    session = next(cookie for cookie in done.headers.getlist("Set-Cookie") if cookie.startswith("session="))
    assert f"Max-Age={14 * 24 * 3600}" in session


def test_the_list_names_browsers_and_marks_this_one(acme: Organisation, browse: Browse) -> None:
    phone, desk = browse(acme), browse(acme)
    sign_in(phone, acme.email("Bob"), headers={"User-Agent": IPHONE}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    sign_in(desk, acme.email("Bob"), headers={"User-Agent": FIREFOX}, environ_base={"REMOTE_ADDR": "192.0.2.2"})
    page = desk.get("/account/sessions").text
    assert page.index("Firefox on Linux") < page.index("This browser") < page.index("Safari on iPhone")
    assert "192.0.2.1" in page
    assert page.count("This browser") == 1


def test_one_browser_can_be_signed_out_from_another(acme: Organisation, browse: Browse) -> None:
    here, there = browse(acme, "Bob"), browse(acme, "Bob")
    here.get("/account/sessions")
    other = sessions_of(acme, "Bob")[1]
    done = here.post(f"/account/sessions/{other.id}/end")
    assert done.headers["Location"] == "/account/sessions"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert here.post(f"/account/sessions/{other.id}/end").status_code == 404


def test_nobody_ends_a_session_of_somebody_else(acme: Organisation, umbrella: Organisation, browse: Browse) -> None:
    alice, bob, charlie = browse(acme, "Alice"), browse(acme, "Bob"), browse(umbrella, "Charlie")
    foreign = [sessions_of(acme, "Bob")[0].id, sessions_of(umbrella, "Charlie")[0].id, uuid4()]
    alice.get("/account/sessions")
    answers = [alice.post(f"/account/sessions/{session_id}/end") for session_id in foreign]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert is_signed_in(bob)
    assert is_signed_in(charlie)
    own = sessions_of(acme, "Alice")[0].id
    assert alice.post(f"/account/sessions/{own}/end").status_code == 303


@pytest.mark.parametrize("strange", ["1", "null", "%00", "0193a5f0-0000-7000-8000-00000000000", "..%2f..", "'"])
def test_a_strange_id_is_404(acme: Organisation, browse: Browse, strange: str) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account/sessions")
    assert browser.post(f"/account/sessions/{strange}/end").status_code == 404


def test_ending_the_present_session_signs_out(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/account/sessions")
    done = browser.post(f"/account/sessions/{sessions_of(acme, 'Bob')[0].id}/end")
    assert done.headers["Location"] == "/sign-in"
    assert done.headers["Clear-Site-Data"] == '"cache"'
    assert not cookie_of(browser)


def test_all_others_can_be_signed_out_at_once(acme: Organisation, browse: Browse) -> None:
    here, others, alice = browse(acme, "Bob"), [browse(acme, "Bob") for _ in range(3)], browse(acme, "Alice")
    here.get("/account/sessions")
    here.post("/account/sessions/end-others")
    assert is_signed_in(here)
    assert [is_signed_in(other) for other in others] == [False] * 3
    assert is_signed_in(alice)
    assert "signed in nowhere else" in here.get("/account/sessions").text


def test_ended_sessions_are_not_listed(acme: Organisation, browse: Browse) -> None:
    browse(acme, "Bob")
    age(acme, last_seen_at=timedelta(hours=13))
    assert "signed in nowhere else" in browse(acme, "Bob").get("/account/sessions").text


def test_a_step_that_needs_the_password_asks_for_it_again_after_a_while(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    assert browser.get("/account/email").status_code == 200
    age(acme, confirmed_at=timedelta(minutes=16))
    asked = browser.get("/account/email")
    assert asked.headers["Location"] == "/confirm?next=%2Faccount%2Femail"
    browser.get(asked.headers["Location"])
    refused = browser.post(asked.headers["Location"], {"password": "not his"})
    assert refused.status_code == 422
    assert browser.get("/account/email").status_code == 302
    done = browser.post(asked.headers["Location"], {"password": "violet harbour 27 lamps"})
    assert done.headers["Location"] == "/account/email"
    assert browser.get("/account/email").status_code == 200


def test_a_password_typed_in_one_browser_confirms_nothing_in_another(acme: Organisation, browse: Browse) -> None:
    here, there = browse(acme, "Bob"), browse(acme, "Bob")
    age(acme, confirmed_at=timedelta(minutes=16))
    here.get("/confirm")
    assert here.post("/confirm", {"password": "violet harbour 27 lamps"}).headers["Location"] == "/"
    assert here.get("/account/email").status_code == 200
    assert there.get("/account/email").status_code == 302


def test_confirming_sends_nobody_elsewhere(acme: Organisation, browse: Browse) -> None:
    browser = browse(acme, "Bob")
    browser.get("/confirm")
    done = browser.post("/confirm?next=//evil.example", {"password": "violet harbour 27 lamps"})
    assert done.headers["Location"] == "/"


def test_signing_in_is_being_here(acme, browse):
    def bob() -> User:
        with inside_of(acme) as session:
            return session.get_one(User, acme.people["Bob"].id)

    before = bob()
    sign_in(browse(acme), acme.email("Bob"))
    assert (before.last_seen_at is None, bob().last_seen_at is None) == (True, False)
    assert bob().updated_at == before.updated_at
