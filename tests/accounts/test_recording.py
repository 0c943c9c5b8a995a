"""What the audit log tells of accounts: each operation one entry, by whom and of whom, and never a secret."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from saas.accounts.models import Purpose, User
from saas.accounts.operations import (
    change_email,
    change_password,
    confirm_email,
    confirm_password,
    create_user,
    end_other_sessions,
    end_session,
    issue_hand_over,
    redeem_hand_over,
    request_reset,
    reset_password,
    send_verification,
    sign_out,
    update_profile,
    verify_email,
)
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.core.module import Role
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.accounts.conftest import FIREFOX, NEW_PASSWORD, Browse, cookie_of, sessions_of, sign_in
from tests.cast import PASSWORD, Organisation
from tests.log import news

VISITOR = Actor("visitor", "Visitor", address="192.0.2.9", agent=FIREFOX, request_id="request-9")
OTHER = "bob.barker@example.com"


def person(organisation: Organisation, name: str) -> User:
    """Somebody's account in the present scope."""
    return db.session.get_one(User, organisation.people[name].id)


def actor(organisation: Organisation, name: str) -> Actor:
    """Somebody as the actor of an operation."""
    user = organisation.people[name]
    return Actor("member", name, user.id, address="192.0.2.7", agent=FIREFOX, email=user.email)


def is_about(entry: AuditEntry, organisation: Organisation, name: str) -> bool:
    user = organisation.people[name]
    return (entry.target_kind, entry.target_id, entry.target_label) == ("member", str(user.id), user.name)


def is_by(entry: AuditEntry, organisation: Organisation, name: str) -> bool:
    user = organisation.people[name]
    return (entry.actor_kind, entry.actor_id, entry.actor_name, entry.actor_email) == (
        "member",
        user.id,
        user.name,
        user.email,
    )


class TestComingIn:
    def test_signing_in_is_told_of_the_person_and_where_they_sat(self, acme: Organisation, browse: Browse) -> None:
        with news(acme) as told:
            sign_in(browse(acme), acme.email("Bob"), headers={"User-Agent": FIREFOX})
        entry = told.only
        assert entry.event == "accounts.session.opened"
        assert is_by(entry, acme, "Bob")
        assert (entry.address, entry.agent) == ("127.0.0.1", FIREFOX)
        assert (entry.target_kind, entry.target_label) == ("session", "Firefox on Linux")
        assert entry.target_id == str(sessions_of(acme, "Bob")[-1].id)
        assert entry.facts == {"method": "password"}

    def test_a_device_not_seen_before_is_told_as_such(self, acme: Organisation, browse: Browse) -> None:
        with news(acme) as told:
            sign_in(browse(acme), acme.email("Bob"), headers={"User-Agent": FIREFOX})
            sign_in(browse(acme), acme.email("Bob"), environ_base={"REMOTE_ADDR": "192.0.2.7"})
        assert told.events == ["accounts.session.opened", "accounts.session.opened_on_new_device"]

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({}, "wrong password"),
            ({"is_active": False}, "deactivated"),
            ({"is_active": False, "removed_at": now()}, "removed"),
        ],
    )
    def test_a_failure_outlives_the_refusal_and_says_why(
        self, acme: Organisation, browse: Browse, values: dict[str, object], reason: str
    ) -> None:
        with tenant_work(acme):
            db.session.execute(update(User).where(User.id == acme.people["Bob"].id).values(**values))
        with news(acme) as told:
            assert sign_in(browse(acme), acme.email("Bob"), "some wrong password").status_code == 422
        entry = told.only
        assert (entry.event, entry.actor_kind, entry.actor_id) == ("accounts.session.refused", "visitor", None)
        assert is_about(entry, acme, "Bob")
        assert entry.facts == {"email": acme.email("Bob"), "reason": reason}

    def test_an_address_that_nobody_has_is_told_as_it_was_typed(self, acme: Organisation, browse: Browse) -> None:
        with news(acme) as told:
            sign_in(browse(acme), "Nobody@Example.com", "some wrong password")
        entry = told.only
        assert (entry.target_kind, entry.target_label) == ("address", "nobody@example.com")
        assert entry.facts["reason"] == "nobody has this address"

    def test_strangers_cannot_fill_the_log_with_failures(self, acme: Organisation, browse: Browse) -> None:
        browser = browse(acme)
        with news(acme) as told:
            for _ in range(8):
                sign_in(browser, acme.email("Bob"), "some wrong password")
        assert told.events == ["accounts.session.refused"] * 5

    def test_a_way_in_is_told_when_it_is_given_and_when_it_is_used(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            token = issue_hand_over(person(acme, "Bob"), actor=VISITOR)
            redeem_hand_over(token, actor=VISITOR)
        assert told.events == ["accounts.session.let_over", "accounts.session.opened"]
        assert all(is_by(entry, acme, "Bob") for entry in told.entries)
        assert told.entries[1].facts["method"] == "hand-over"


class TestGoingOut:
    def test_signing_out_ending_one_and_ending_all_others_are_told_apart(
        self, acme: Organisation, browse: Browse
    ) -> None:
        here, there = browse(acme, "Bob"), sessions_of(acme, "Bob")
        acme.session_of("Bob")
        (other,) = [one for one in sessions_of(acme, "Bob") if one.id not in {session.id for session in there}]
        browse(acme, "Bob")
        here.get("/account/sessions")
        with news(acme) as told:
            assert here.post(f"/account/sessions/{other.id}/end").status_code == 303
            assert here.post("/account/sessions/end-others").status_code == 303
            assert here.post("/sign-out").status_code == 303
        assert told.events == [
            "accounts.session.ended",
            "accounts.session.others_ended",
            "accounts.session.closed",
        ]
        assert told.entries[1].facts == {"sessions": 1}
        assert all(is_by(entry, acme, "Bob") for entry in told.entries)

    def test_ending_the_present_session_from_the_list_is_signing_out(self, acme: Organisation, browse: Browse) -> None:
        here = browse(acme, "Bob")
        (present,) = sessions_of(acme, "Bob")
        here.get("/account/sessions")
        with news(acme) as told:
            here.post(f"/account/sessions/{present.id}/end")
        assert told.events == ["accounts.session.closed"]

    @pytest.mark.parametrize("end", [sign_out, end_session])
    def test_a_session_ends_once_however_often_it_is_asked(self, acme: Organisation, end: Callable[..., None]) -> None:
        acme.session_of("Bob")
        (present,) = sessions_of(acme, "Bob")

        def press() -> str:
            try:
                with tenant_work(acme):
                    end(person(acme, "Bob"), present.id, actor=SYSTEM)
            except NotFound:
                return "gone"
            return "ended"

        with news(acme) as told, ThreadPoolExecutor(6) as pool:
            outcomes = [one.result() for one in [pool.submit(press) for _ in range(6)]]
        assert sorted(outcomes) == ["ended", *["gone"] * 5]
        assert len(told.entries) == 1

    def test_where_nothing_ends_there_is_nothing_to_tell(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            assert end_other_sessions(person(acme, "Bob"), keep=None, actor=SYSTEM) == 0
        assert told.entries == []


class TestPasswords:
    def test_confirming_and_changing_are_one_entry_each(self, acme: Organisation) -> None:
        acme.session_of("Bob")
        acme.session_of("Bob")
        here, bob = sessions_of(acme, "Bob")[0].id, actor(acme, "Bob")
        with news(acme) as told, tenant_work(acme):
            user = person(acme, "Bob")
            confirm_password(user, PASSWORD, session_id=here, actor=bob)
            change_password(user, current=PASSWORD, password=NEW_PASSWORD, session_id=here, actor=bob)
        assert told.events == ["accounts.password.confirmed", "accounts.password.changed"]
        assert told.entries[1].facts == {"sessions_ended": 1}
        assert all(is_about(entry, acme, "Bob") for entry in told.entries)

    def test_a_wrong_one_typed_by_somebody_signed_in_is_told_too(self, acme: Organisation, browse: Browse) -> None:
        bob = browse(acme, "Bob")
        bob.get("/confirm")
        with news(acme) as told:
            assert bob.post("/confirm", {"password": "some wrong password"}).status_code == 422
        entry = told.only
        assert entry.event == "accounts.password.refused"
        assert is_by(entry, acme, "Bob")

    def test_a_reset_is_told_when_asked_for_and_when_done(self, acme: Organisation) -> None:
        acme.session_of("Bob")
        with news(acme) as told, tenant_work(acme):
            request_reset(acme.email("Bob"), actor=VISITOR)
            token = issue_token(person(acme, "Bob"), Purpose.RESET_PASSWORD)
            reset_password(token, NEW_PASSWORD, actor=VISITOR)
        asked, done = told.entries
        assert (asked.event, asked.actor_kind) == ("accounts.password.reset_asked", "visitor")
        assert is_about(asked, acme, "Bob")
        assert (done.event, done.facts) == ("accounts.password.reset", {"sessions_ended": 1})
        assert is_by(done, acme, "Bob")
        assert done.address == "192.0.2.9"

    def test_asking_for_an_unknown_address_is_told_without_a_person(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            request_reset("nobody@example.com", actor=VISITOR)
        assert (told.only.target_kind, told.only.target_label) == ("address", "nobody@example.com")


class TestAddresses:
    def test_verifying_and_moving_to_another_address(self, acme: Organisation) -> None:
        with tenant_work(acme):
            person(acme, "Bob").verified_at = None
        bob = actor(acme, "Bob")
        with news(acme) as told, tenant_work(acme):
            user = person(acme, "Bob")
            send_verification(user, actor=bob)
            verify_email(issue_token(user, Purpose.VERIFY_EMAIL), actor=VISITOR)
            change_email(user, OTHER, actor=bob)
            confirm_email(issue_token(user, Purpose.CHANGE_EMAIL, email=OTHER), actor=VISITOR)
        assert told.events == [
            "accounts.address.verification_sent",
            "accounts.address.verified",
            "accounts.address.change_asked",
            "accounts.address.changed",
        ]
        assert told.entries[2].facts == {"email": acme.email("Bob"), "wanted": OTHER}
        assert told.entries[3].changes == {"email": [acme.email("Bob"), OTHER]}
        assert {entry.actor_id for entry in told.entries} == {acme.people["Bob"].id}

    def test_a_link_opened_where_somebody_else_is_signed_in_is_told_of_them(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            token = issue_token(person(acme, "Bob"), Purpose.VERIFY_EMAIL)
            verify_email(token, actor=actor(acme, "Vera"))
        assert is_by(told.only, acme, "Vera")
        assert is_about(told.only, acme, "Bob")

    def test_who_has_proven_the_address_leaves_no_entry(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            send_verification(person(acme, "Bob"), actor=SYSTEM)
        assert told.entries == []


class TestProfiles:
    def test_a_new_account_and_a_changed_profile(self, acme: Organisation) -> None:
        with news(acme) as told, tenant_work(acme):
            email = f"dora@{acme.slug}.example.com"
            dora = create_user(email=email, name="Dora", password=PASSWORD, role=Role.VIEWER, actor=SYSTEM)
            update_profile(dora, name="Dora Day", theme="system", actor=SYSTEM)
            update_profile(dora, name="Dora Day", theme="system", actor=SYSTEM)
        made, changed = told.entries
        assert (made.event, made.target_id) == ("accounts.user.created", str(dora.id))
        assert made.changes == {"email": [None, email], "role": [None, "viewer"]}
        assert (changed.event, changed.changes) == ("accounts.profile.changed", {"name": ["Dora", "Dora Day"]})

    def test_a_refused_account_leaves_no_entry(self, acme: Organisation) -> None:
        with news(acme) as told, pytest.raises(Invalid), tenant_work(acme):
            create_user(email=acme.email("Bob"), name="Bob", password=PASSWORD, role=Role.VIEWER, actor=SYSTEM)
        assert told.entries == []


def test_no_password_token_or_hash_is_ever_in_the_log(
    acme: Organisation, browse: Browse, run_jobs: Callable[[], None]
) -> None:
    browser = browse(acme)
    sign_in(browser, acme.email("Bob"), "a wrong password of mine")
    sign_in(browser, acme.email("Bob"))
    browser.get("/account/password")
    browser.post("/account/password", {"current_password": PASSWORD, "password": NEW_PASSWORD})
    browser.get("/forgot")
    browser.post("/forgot", {"email": acme.email("Bob")})
    run_jobs()
    with tenant_work(acme):
        token = issue_token(person(acme, "Bob"), Purpose.RESET_PASSWORD)
        reset_password(token, PASSWORD, actor=VISITOR)
        stored = person(acme, "Bob").password_hash
    secrets = (PASSWORD, NEW_PASSWORD, "a wrong password of mine", token, stored, cookie_of(browser))
    with tenant_scope(acme) as session:
        entries = session.query(AuditEntry).all()
        held = " ".join(str([entry.changes, entry.facts, entry.target_id, entry.target_label]) for entry in entries)
    assert len(entries) > 5
    assert [secret for secret in secrets if secret in held] == []
