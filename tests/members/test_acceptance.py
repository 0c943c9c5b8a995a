"""The page behind the link of an invitation: who comes in, and what everybody else is told."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from limits import parse
from sqlalchemy import delete, select

from saas.accounts.models import CustomRole, UserSession
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict, NotAllowed
from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.members.models import Grant, Team, TeamMember
from saas.members.operations.acceptance import accept_as
from saas.members.operations.invitations import resend_invitation
from saas.members.operations.people import deactivate, remove
from saas.tenancy.models import Status
from saas.tenancy.operations import change_status
from saas.tenancy.queries import get_tenant, tenants_of_email
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation
from tests.members.coming import (
    NEWCOMER,
    accept,
    asked_in,
    at_once,
    count_active,
    domain,
    invitation_of,
    limit_seats,
    put,
    user_with,
)
from tests.members.staff import actor_of, custom_role, grant, hire, log, stored, team
from tests.support import Browser

NINA = "nina@example.org"


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


def teams_of(organisation: Organisation, email: str) -> set[str]:
    """The names of the teams of whoever has an address."""
    user = user_with(organisation, email)
    with tenant_scope(organisation) as session:
        query = select(Team.name).join(TeamMember, TeamMember.team_id == Team.id)
        return set(session.scalars(query.where(TeamMember.user_id == user.id)))


def asked_again(organisation: Organisation, person: str) -> UUID:
    """An expired invitation of somebody's address, in place of the one that was closed; its id."""
    asked_in(organisation, organisation.email(person), role="viewer", expires_at=now() - timedelta(minutes=1))
    return invitation_of(organisation, organisation.email(person)).id


def who(browser: Browser) -> str:
    """Who is signed in."""
    return browser.get("/api/me").json["email"]


class TestSomebodyNew:
    def test_looking_does_nothing_and_the_button_brings_them_in(self, acme, browse):
        token = asked_in(acme, NINA, role="viewer", message="Welcome,\nNina")
        browser = browse(acme)
        for _ in range(3):
            page = browser.get(f"/invitation/{token}")
        assert page.status_code == 200
        assert all(word in page.text for word in (NINA, "Viewer", "Alice invites you", "Welcome,\nNina"))
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert user_with(acme, NINA) is None
        answer = browser.post(f"/invitation/{token}", NEWCOMER)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert who(browser) == NINA
        user = user_with(acme, NINA)
        assert (user.name, user.role) == ("Nina", "viewer")

    def test_the_address_counts_as_confirmed_and_the_password_works(self, acme, browse):
        accept(browse(acme), asked_in(acme, NINA))
        assert user_with(acme, NINA).verified_at is not None
        again = browse(acme).post("/sign-in", {"email": NINA, "password": PASSWORD}, page="/sign-in")
        assert again.status_code == 303

    def test_they_find_the_organisation_from_the_public_site(self, acme, browse):
        email = f"nina-{short_id()}@example.org"
        accept(browse(acme), asked_in(acme, email))
        with platform_scope():
            assert [tenant.id for tenant in tenants_of_email(email)] == [acme.id]

    def test_they_are_in_the_teams_without_leading_them(self, acme, browse):
        token = asked_in(acme, NINA, team_ids=[team(acme, "Sales"), team(acme, "Tech")])
        accept(browse(acme), token)
        assert teams_of(acme, NINA) == {"Sales", "Tech"}
        with tenant_scope(acme) as session:
            assert not any(session.scalars(select(TeamMember.leads)))

    def test_a_team_that_is_gone_is_passed_over(self, acme, browse):
        gone = team(acme, "Gone")
        token = asked_in(acme, NINA, team_ids=[gone, team(acme, "Sales")])
        with tenant_work(acme) as session:
            session.execute(delete(Team).where(Team.id == gone))
        assert accept(browse(acme), token).status_code == 303
        assert teams_of(acme, NINA) == {"Sales"}

    def test_extra_fields_change_nothing(self, acme, browse):
        extra = {"role": "owner", "email": "eve@example.org", "team_ids": "x", "teams": "x", "role_id": "x", "id": "1"}
        accept(browse(acme), asked_in(acme, NINA), **extra)
        assert user_with(acme, "eve@example.org") is None
        assert user_with(acme, NINA).role == "member"

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "x" * 101},
            {"name": "evil.com"},
            {"name": "a\0b"},
            {"password": ""},
            {"password": "short"},
            {"password": "nina@example.org"},
            {"password": "x" * 300},
            {"password": "password123"},
        ],
    )
    def test_what_cannot_be_taken_is_said_and_the_link_stays_good(self, acme, browse, fields):
        token, browser = asked_in(acme, NINA), browse(acme)
        answer = accept(browser, token, **fields)
        assert answer.status_code == 422
        assert PASSWORD not in answer.text
        assert user_with(acme, NINA) is None
        assert browser.post(f"/invitation/{token}", NEWCOMER).status_code == 303

    def test_the_log_tells_who_accepted_and_by_whom_they_were_invited(self, acme, browse):
        accept(browse(acme), asked_in(acme, NINA, team_ids=[team(acme, "Sales")]))
        entry = log(acme)[-1]
        assert (entry.event, entry.actor_kind, entry.actor_name, entry.actor_email, entry.target_label) == (
            "members.invitation.accepted",
            "member",
            "Nina",
            NINA,
            NINA,
        )
        assert entry.actor_id == user_with(acme, NINA).id
        assert entry.facts == {"role": "Member", "teams": ["Sales"], "invited_by": "Alice"}

    def test_a_role_that_the_organisation_made_is_given(self, acme, browse):
        key = custom_role(acme, "Bookkeeper", "members.view")
        accept(browse(acme), asked_in(acme, NINA, role="custom", role_id=key))
        assert str(user_with(acme, NINA).role_id) == key

    def test_forms_need_the_token_of_the_page(self, acme, browse):
        browser = browse(acme)
        path = f"/invitation/{asked_in(acme, NINA)}"
        assert browser.client.post(path, data=NEWCOMER, headers={"Host": acme.host}).status_code == 403
        assert user_with(acme, NINA) is None

    def test_twenty_tries_an_hour_are_enough(self, acme, browse, monkeypatch):
        monkeypatch.setattr("saas.members.limits.TRIES_PER_INVITATION", parse("1 per hour"))
        token, browser = asked_in(acme, NINA), browse(acme)
        assert accept(browser, token, password="password123456").status_code == 422
        answer = browser.post(f"/invitation/{token}", NEWCOMER)
        assert (answer.status_code, "A short pause" in answer.text) == (429, True)


class TestOnce:
    def test_a_link_works_once(self, acme, browse):
        token = asked_in(acme, NINA)
        accept(browse(acme), token)
        for answer in (browse(acme).get(f"/invitation/{token}"), accept(browse(acme), token, name="Eve")):
            assert (answer.status_code, "was accepted already" in answer.text) == (410, True)
        assert user_with(acme, NINA).name == "Nina"

    def test_of_those_who_follow_one_link_at_once_a_single_one_comes_in(self, acme, browse):
        token, browsers = asked_in(acme, NINA), [browse(acme) for _ in range(8)]
        for browser in browsers:
            browser.get(f"/invitation/{token}")
        works = [
            partial(one.post, f"/invitation/{token}", {**NEWCOMER, "name": f"N{n}"}) for n, one in enumerate(browsers)
        ]
        answers = at_once(works)
        assert [answer.status_code for answer in answers].count(303) == 1
        assert count_active(acme) == 5
        assert [entry.event for entry in log(acme)] == ["members.invitation.accepted"]
        with tenant_scope(acme) as session:
            assert len(session.scalars(select(UserSession)).all()) == 1


class TestDeadLinks:
    @pytest.mark.parametrize("token", ["nothing", "x" * 500, "%00", "..%2f..", "0" * 43])
    def test_a_link_that_was_never_made_is_dead(self, acme, browse, token):
        assert browse(acme).get(f"/invitation/{token}").status_code == 404
        assert accept(browse(acme), token).status_code == 404

    def test_the_link_of_another_organisation_is_dead_here_and_good_there(self, cast, browse):
        token = asked_in(cast.acme, NINA)
        for answer in (browse(cast.umbrella).get(f"/invitation/{token}"), accept(browse(cast.umbrella), token)):
            assert (answer.status_code, "no longer works" in answer.text, "Acme" in answer.text) == (404, True, False)
        assert user_with(cast.umbrella, NINA) is None
        assert accept(browse(cast.acme), token).status_code == 303

    @pytest.mark.parametrize(
        ("closed", "words"),
        [
            ({"expires_at": now() - timedelta(seconds=1)}, "This invitation has expired"),
            ({"revoked_at": now()}, "was taken back"),
            ({"accepted_at": now()}, "was accepted already"),
        ],
    )
    def test_one_that_is_closed_says_so_and_what_to_do(self, acme, browse, closed, words):
        token = asked_in(acme, NINA, **closed)
        for answer in (browse(acme).get(f"/invitation/{token}"), accept(browse(acme), token)):
            assert (answer.status_code, words in answer.text, "/sign-in" in answer.text) == (410, True, True)
        assert user_with(acme, NINA) is None

    def test_where_people_may_join_they_are_led_there(self, acme, browse):
        token = asked_in(acme, NINA, expires_at=now() - timedelta(seconds=1))
        assert "/join" not in browse(acme).get(f"/invitation/{token}").text
        domain(acme, "example.org")
        assert 'href="/join"' in browse(acme).get(f"/invitation/{token}").text


class TestSessions:
    def test_whoever_is_signed_in_as_somebody_else_is_told_and_can_switch(self, acme, browse):
        token, browser = asked_in(acme, NINA), browse(acme, "Bob")
        page = browser.get(f"/invitation/{token}")
        assert page.status_code == 403
        assert all(
            word in page.text for word in (NINA, acme.email("Bob"), "Sign out and go on", "Stay signed in as Bob")
        )
        assert browser.post(f"/invitation/{token}", NEWCOMER).status_code == 403
        assert user_with(acme, NINA) is None
        switched = browser.post(f"/invitation/{token}/switch")
        assert (switched.status_code, switched.headers["Location"]) == (303, f"/invitation/{token}")
        assert browser.get("/account").status_code == 302
        assert accept(browser, token).status_code == 303
        assert who(browser) == NINA

    def test_switching_without_a_session_just_leads_back(self, acme, browse):
        token = asked_in(acme, NINA)
        assert browse(acme).post(f"/invitation/{token}/switch", page=f"/invitation/{token}").status_code == 303

    def test_the_invited_account_gets_the_teams_with_one_press_and_keeps_its_role(self, acme, browse):
        sales = team(acme, "Sales")
        token = asked_in(acme, acme.email("Bob"), role="admin", team_ids=[sales])
        browser = browse(acme, "Bob")
        page = browser.get(f"/invitation/{token}")
        assert (page.status_code, 'name="password"' in page.text, "Accept" in page.text) == (200, False, True)
        assert browser.post(f"/invitation/{token}").status_code == 303
        assert teams_of(acme, acme.email("Bob")) == {"Sales"}
        assert stored(acme, "Bob").role == "member"
        assert log(acme)[-1].event == "members.invitation.accepted"

    def test_who_has_an_account_and_no_session_signs_in_first(self, acme, browse):
        token = asked_in(acme, acme.email("Bob"), team_ids=[team(acme, "Sales")])
        browser = browse(acme)
        page = browser.get(f"/invitation/{token}")
        assert (page.status_code, "Sign in to accept" in page.text) == (200, True)
        assert browser.post(f"/invitation/{token}", NEWCOMER).status_code == 403
        way = f"/sign-in?next=/invitation/{token}"
        answer = browser.post(way, {"email": acme.email("Bob"), "password": PASSWORD}, page=way)
        assert answer.headers["Location"] == f"/invitation/{token}"
        browser.get(f"/invitation/{token}")
        assert browser.post(f"/invitation/{token}").status_code == 303

    @pytest.mark.parametrize("person", [None, "Bob"])
    def test_whom_it_gives_nothing_new_is_told_that_they_are_here(self, acme, browse, person):
        token = asked_in(acme, acme.email("Bob"))
        for answer in (browse(acme, person).get(f"/invitation/{token}"), accept(browse(acme, person), token)):
            assert (answer.status_code, "You are here already" in answer.text) == (409, True)

    def test_nobody_accepts_for_another_account(self, acme):
        token = asked_in(acme, acme.email("Bob"), team_ids=[team(acme, "Sales")])
        with pytest.raises(Conflict, match="for somebody else"), tenant_work(acme):
            accept_as(token, user_id=acme.people["Vera"].id, actor=actor_of(acme, "Vera"))

    def test_a_suspended_organisation_takes_nobody_in(self, acme, browse):
        token = asked_in(acme, NINA)
        with platform_work():
            change_status(get_tenant(acme.slug), Status.SUSPENDED, reason="unpaid", actor=SYSTEM)
        assert browse(acme).get(f"/invitation/{token}").status_code == 403


class TestComingBack:
    def test_a_removed_person_is_the_same_row_with_nothing_but_what_was_offered(self, acme, browse):
        grant(acme, "Bob", "members.manage")
        before = stored(acme, "Bob")
        with tenant_work(acme):
            remove(before, actor=actor_of(acme, "Alice"))
        browser = browse(acme)
        token = asked_in(acme, before.email, role="viewer", team_ids=[team(acme, "Sales")])
        assert 'value="Bob"' in browser.get(f"/invitation/{token}").text
        assert accept(browser, token, name="Bob B.", password="copper meadow 81 kites").status_code == 303
        after = stored(acme, "Bob")
        assert (after.name, after.role, after.is_active, after.removed_at) == ("Bob B.", "viewer", True, None)
        assert teams_of(acme, after.email) == {"Sales"}
        with tenant_scope(acme) as session:
            assert session.scalars(select(Grant)).all() == []
        signed_in = browse(acme).post("/sign-in", {"email": after.email, "password": PASSWORD}, page="/sign-in")
        assert signed_in.status_code == 422

    @pytest.fixture
    def olga(self, acme) -> UUID:
        """A deactivated owner with an extra permission, who led a team: its id."""
        hire(acme, "Olga", "owner")
        grant(acme, "Olga", "organisations.delete")
        place = team(acme, "Sales", Olga=True)
        with tenant_work(acme):
            deactivate(stored(acme, "Olga"), actor=actor_of(acme, "Alice"))
        return place

    def test_only_who_may_manage_a_deactivated_person_lets_them_in_again(self, acme, browse, olga):
        """An admin cannot turn a deactivated owner into a member by inviting them."""
        by_admin = asked_in(acme, acme.email("Olga"), by="Adam")
        assert browse(acme).get(f"/invitation/{by_admin}").status_code == 403
        assert accept(browse(acme), by_admin, name="Olga").status_code == 403
        assert (stored(acme, "Olga").role, stored(acme, "Olga").is_active) == ("owner", False)
        by_owner = asked_in(acme, acme.email("Olga"), by="Alice")
        assert accept(browse(acme), by_owner, name="Olga").status_code == 303

    def test_inviting_alone_is_not_enough_to_let_a_deactivated_member_in(self, acme, browse):
        grant(acme, "Vera", "members.invite")
        put(acme, "Bob", is_active=False)
        token = asked_in(acme, acme.email("Bob"), by="Vera", role="viewer")
        assert accept(browse(acme), token, name="Bob").status_code == 403
        again = asked_again(acme, "Bob")
        with pytest.raises(NotAllowed, match="deactivated"), tenant_work(acme):
            resend_invitation(again, actor=actor_of(acme, "Vera"))
        with tenant_work(acme):
            resend_invitation(again, actor=actor_of(acme, "Adam"))

    def test_a_deactivated_person_comes_back_with_the_role_offered_and_it_stands_in_their_history(
        self, acme, browse, olga
    ):
        place, token = olga, asked_in(acme, acme.email("Olga"), by="Alice")
        assert accept(browse(acme), token, name="Olga").status_code == 303
        after = stored(acme, "Olga")
        told = [entry for entry in log(acme) if entry.target_id == str(after.id)][-2:]
        assert [(entry.event, entry.actor_name, entry.changes) for entry in told] == [
            ("members.member.reactivated", "Olga", {"is_active": [False, True]}),
            ("members.member.role_changed", "Olga", {"role": ["Owner", "Member"]}),
        ]
        assert told[0].facts == {"grants_ended": ["organisations.delete"], "leads_ended": ["Sales"]}
        assert (after.role, after.is_active) == ("member", True)
        with tenant_scope(acme) as session:
            assert session.scalars(select(Grant)).all() == []
            assert session.get(TeamMember, (place, after.id)).leads is False

    def test_the_seat_is_counted_again(self, acme, browse):
        put(acme, "Bob", is_active=False, removed_at=now())
        limit_seats(acme, 3)
        token = asked_in(acme, acme.email("Bob"))
        assert accept(browse(acme), token).status_code == 409
        limit_seats(acme, 4)
        assert accept(browse(acme), token).status_code == 303


class TestTheInvitersRights:
    """What the inviter holds when it is accepted decides, not what they held when they sent it."""

    @pytest.fixture
    def by_adam(self, acme) -> str:
        return asked_in(acme, NINA, by="Adam", role="admin")

    @pytest.mark.parametrize(
        "fate",
        [
            {"role": "member"},
            {"role": "team_admin"},
            {"is_active": False},
            {"is_active": False, "removed_at": now()},
        ],
    )
    def test_an_inviter_who_lost_them_lets_nobody_in(self, acme, browse, by_adam, fate):
        put(acme, "Adam", **fate)
        for answer in (browse(acme).get(f"/invitation/{by_adam}"), accept(browse(acme), by_adam)):
            assert (answer.status_code, "no longer good" in answer.text) == (403, True)
        assert user_with(acme, NINA) is None

    def test_an_inviter_who_still_holds_them_does(self, acme, browse, by_adam):
        assert accept(browse(acme), by_adam).status_code == 303

    def test_losing_them_between_the_page_and_the_button_is_noticed(self, acme, browse, by_adam):
        browser = browse(acme)
        assert browser.get(f"/invitation/{by_adam}").status_code == 200
        put(acme, "Adam", role="member")
        assert browser.post(f"/invitation/{by_adam}", NEWCOMER).status_code == 403
        assert user_with(acme, NINA) is None

    def test_an_owner_demoted_to_admin_makes_no_owner(self, acme, browse):
        hire(acme, "Olga", "owner")
        owner, admin = (
            asked_in(acme, NINA, by="Olga", role="owner"),
            asked_in(acme, "m@example.org", by="Olga", role="admin"),
        )
        put(acme, "Olga", role="admin")
        assert accept(browse(acme), owner).status_code == 403
        assert accept(browse(acme), admin).status_code == 303

    def test_a_team_admin_who_leads_no_more_lets_nobody_into_the_team(self, acme, browse):
        hire(acme, "Tess", "team_admin")
        sales, tech = team(acme, "Sales", Tess=True), team(acme, "Tech")
        good, bad = (
            asked_in(acme, NINA, by="Tess", team_ids=[sales]),
            asked_in(acme, "m@example.org", by="Tess", team_ids=[tech]),
        )
        assert accept(browse(acme), bad).status_code == 403
        assert accept(browse(acme), good).status_code == 303

    def test_a_role_that_grew_since_is_checked_as_it_is_now(self, acme, browse):
        key = custom_role(acme, "Helper", "members.view")
        token = asked_in(acme, NINA, by="Adam", role="custom", role_id=key)
        with tenant_work(acme) as session:
            session.get_one(CustomRole, key).permissions = ["members.view", "organisations.delete"]
        assert accept(browse(acme), token).status_code == 403

    def test_those_who_may_invite_are_told_once_and_the_invitation_is_closed(self, acme, browse, mailbox, by_adam):
        put(acme, "Adam", role="member")
        browser = browse(acme)
        assert "Tell them by mail" in browser.get(f"/invitation/{by_adam}").text
        accept(browser, by_adam)
        accept(browser, by_adam)
        assert "were told by mail" in browser.get(f"/invitation/{by_adam}").text
        told = [message for message in mailbox.messages() if acme.slug in str(message["To"])]
        assert [(str(message["To"]), str(message["Subject"])) for message in told] == [
            (acme.email("Alice"), f"{NINA} could not join Acme")
        ]
        assert "Adam, who sent it, may no longer invite" in mailbox.text(acme.email("Alice"))
        invitation = invitation_of(acme, NINA)
        assert invitation.revoked_at is not None
        assert [entry.event for entry in log(acme)] == ["members.invitation.refused"]
        assert "Adam, who sent it" in browse(acme, "Alice").get("/people/invitations").text

    def test_looking_closes_nothing(self, acme, browse, mailbox, by_adam):
        """Whoever opens the link, a mail scanner too, while its inviter is deactivated for an hour."""
        put(acme, "Adam", is_active=False)
        assert browse(acme).get(f"/invitation/{by_adam}").status_code == 403
        assert invitation_of(acme, NINA).revoked_at is None
        assert log(acme) == []
        put(acme, "Adam", is_active=True)
        assert accept(browse(acme), by_adam).status_code == 303

    def test_the_address_can_be_invited_anew(self, acme, browse, by_adam):
        put(acme, "Adam", is_active=False)
        accept(browse(acme), by_adam)
        form = {"addresses": NINA, "role": "member", "days": "7"}
        assert (
            browse(acme, "Alice").post("/people/invitations/new", form, page="/people/invitations/new").status_code
            == 303
        )

    def test_sending_it_again_makes_it_good(self, acme, browse, mailbox):
        email = f"nina-{short_id()}@example.org"
        asked_in(acme, email, by="Adam")
        put(acme, "Adam", is_active=False)
        browser = browse(acme, "Alice")
        browser.get("/people/invitations")
        browser.post(f"/people/invitations/{invitation_of(acme, email).id}/resend")
        token = mailbox.link(email).rpartition("/")[2]
        assert accept(browse(acme), token).status_code == 303

    def test_what_the_system_sends_is_always_good(self, acme, browse):
        assert accept(browse(acme), asked_in(acme, NINA, by=None, role="owner")).status_code == 303
        assert user_with(acme, NINA).role == "owner"
