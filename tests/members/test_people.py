"""People: the list, and what is done to one of them. Each refusal stands beside what is allowed."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread
from types import ModuleType
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from saas.accounts.models import KnownDevice, OneTimeToken, Purpose, User, UserSession
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM, Actor
from saas.core.clock import now
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed
from saas.core.module import Module
from saas.core.registry import Feature
from saas.core.runtime import install, runtime
from saas.members.holdings import Holding
from saas.members.models import Grant, Invitation, TeamMember
from saas.members.operations import people as operations
from saas.members.operations.seats import SeatsFull
from saas.tenancy.models import Tenant
from saas.tenancy.queries import tenants_of_email
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation
from tests.members.coming import limit_seats
from tests.members.staff import (
    VIEWS,
    actor_of,
    crowd,
    custom_role,
    grant,
    hire,
    last_entry,
    log,
    stored,
    team,
)
from tests.support import statements_sent

NEW_PASSWORD = "copper meadow 81 kites"


def names(page: str) -> list[str]:
    """The people of a list, in their order."""
    return re.findall(r'<a class="person-name" href="/people/[^"]+">([^<]*)</a>', page)


def invite(organisation: Organisation, email: str, role: str = "member", **values) -> None:
    with tenant_work(organisation) as session:
        given = {"token_hash": email.encode(), "expires_at": now() + timedelta(days=7), **values}
        session.add(Invitation(email=email, role=role, **given))


def vouchers(organisation: Organisation) -> dict[str, str]:
    """Who vouches for each open invitation."""
    names = {user.id: name for name, user in organisation.people.items()}
    with tenant_scope(organisation) as session:
        query = select(Invitation.email, Invitation.invited_by_id).where(Invitation.revoked_at.is_(None))
        return {email: names[inviter] for email, inviter in session.execute(query)}


def change_role(
    organisation: Organisation, person: str, to: str, *, by: str = "Alice", seen: str | None = None
) -> None:
    with tenant_work(organisation):
        actor = SYSTEM if by == "system" else actor_of(organisation, by)
        operations.change_role(organisation.people[person], to=to, seen=seen, actor=actor)


def act(organisation: Organisation, what: str, person: str, *, by: str = "Alice", **values) -> None:
    with tenant_work(organisation):
        getattr(operations, what)(organisation.people[person], actor=actor_of(organisation, by), **values)


class TestTheList:
    def test_it_is_searched_filtered_and_ordered(self, acme, browse):
        sales = team(acme, "Sales", Adam=False)
        north = team(acme, "North", parent=sales, Bob=True)
        auditor = custom_role(acme, "Auditor", "members.view")
        hire(acme, "Zoe 100 %", auditor, last_seen_at=now())
        hire(acme, "Dora", is_active=False)
        vera = browse(acme, "Vera")
        assert names(vera.get("/people").text) == ["Adam", "Alice", "Bob", "Dora", "Vera", "Zoe 100 %"]
        assert names(vera.get("/people?sort=-name").text)[0] == "Zoe 100 %"
        assert names(vera.get("/people?sort=role").text) == ["Alice", "Adam", "Zoe 100 %", "Bob", "Dora", "Vera"]
        assert names(vera.get("/people?sort=-seen").text)[:2] == ["Vera", "Zoe 100 %"]
        assert names(vera.get("/people?q=%25").text) == ["Zoe 100 %"]
        assert names(vera.get("/people?q=BOB@acme").text) == ["Bob"]
        assert names(vera.get("/people?role=admin").text) == ["Adam"]
        assert names(vera.get(f"/people?role={auditor}").text) == ["Zoe 100 %"]
        assert names(vera.get(f"/people?team={sales}").text) == ["Adam", "Bob"]
        assert names(vera.get(f"/people?team={north}").text) == ["Bob"]
        assert names(vera.get("/people?status=deactivated").text) == ["Dora"]
        assert names(vera.get("/people?status=active&seen=7").text) == ["Vera", "Zoe 100 %"]
        assert names(vera.get("/people?seen=not30&role=admin").text) == ["Adam"]
        assert names(vera.get("/people?seen=never&role=member").text) == ["Bob", "Dora"]
        nothing = vera.get("/people?q=nobody").text
        assert "Nothing matches" in nothing

    def test_removed_people_and_invitations_have_lists_of_their_own(self, acme, browse):
        act(acme, "remove", "Bob")
        invite(acme, "ines@example.com", "admin")
        invite(acme, "late@example.com", expires_at=now() - timedelta(days=1))
        alice = browse(acme, "Alice")
        assert "Bob" not in names(alice.get("/people").text)
        assert names(alice.get("/people?status=removed").text) == ["Bob"]
        invited = alice.get("/people?status=invited").text
        assert "ines@example.com" in invited
        assert "late@example.com" not in invited
        assert "ines@example.com" not in alice.get("/people?status=invited&role=member").text

    def test_who_is_invited_is_for_those_who_look_after_the_invitation(self, acme, browse):
        """The same rule as on the page of invitations, in the list and in its CSV."""
        hire(acme, "Tess", "team_admin")
        sales, tech = team(acme, "Sales", Tess=True), team(acme, "Tech")
        invite(acme, "sales@example.com", team_ids=[sales])
        invite(acme, "tech@example.com", team_ids=[tech])
        seen = {"Alice": {"sales", "tech"}, "Tess": {"sales"}, "Vera": set()}
        for person, expected in seen.items():
            browser = browse(acme, person)
            for path in ("/people?status=invited", "/people/export.csv?status=invited"):
                text = browser.get(path).text
                assert {name for name in ("sales", "tech") if f"{name}@example.com" in text} == expected
            assert ('value="invited"' in browser.get("/people").text) == bool(expected)

    @pytest.mark.parametrize(
        "query",
        [
            "sort=password_hash",
            "page=0",
            "page=x",
            "role=king",
            "team=x",
            "status=asleep",
            "seen=1000",
            "q=%00",
            "role=%00",
        ],
    )
    def test_an_address_that_makes_no_sense_shows_everybody(self, acme, browse, query):
        vera = browse(acme, "Vera")
        for path in ("/people", "/people/export.csv", "/api/members"):
            answer = vera.get(f"{path}?{query}")
            assert answer.status_code == 200
            assert "Bob" in answer.text

    def test_pages_hold_25_and_cost_the_same_however_many_there_are(self, acme, browse):
        team(acme, "Sales", Bob=False)
        alice = browse(acme, "Alice")
        alice.get("/people")
        with statements_sent() as few:
            alice.get("/people")
        crowd(acme, 60)
        team(acme, "North", Bob=True, Adam=False)
        with statements_sent() as many:
            page = alice.get("/people?page=2").text
        assert len(names(page)) == 25
        assert "26–50" in page
        assert len(many) == len(few) <= 12

    def test_the_csv_holds_all_pages_and_runs_nothing(self, acme, browse):
        sales = team(acme, "Sales", Bob=False)
        crowd(acme, 30)
        hire(acme, "Eve")
        with tenant_work(acme) as session:
            session.get_one(User, acme.people["Eve"].id).name = "=HYPERLINK(1)"
        text = browse(acme, "Vera").get("/people/export.csv").text
        rows = list(csv.DictReader(StringIO(text)))
        assert len(rows) == 35
        assert "'=HYPERLINK(1)" in [row["Name"] for row in rows]
        bob = next(row for row in rows if row["Name"] == "Bob")
        assert (bob["Role"], bob["Teams"], bob["Status"]) == ("Member", "Sales", "Active")
        only = list(csv.DictReader(StringIO(browse(acme, "Vera").get(f"/people/export.csv?team={sales}").text)))
        assert [row["Name"] for row in only] == ["Bob"]
        invite(acme, "ines@example.com")
        invited = browse(acme, "Alice").get("/people/export.csv?status=invited").text
        assert "ines@example.com,Member" in invited

    def test_seats_are_shown(self, acme, browse):
        alice = browse(acme, "Alice")
        assert "4 in use, no limit" in " ".join(alice.get("/people").text.split())
        limit_seats(acme, 10)
        invite(acme, "ines@example.com")
        assert "5 of 10: 4 in use, 1 held by invitations" in " ".join(alice.get("/people").text.split())

    def test_whoever_may_not_see_people_sees_none(self, acme, browse):
        hire(acme, "Kim", custom_role(acme, "Machine", "workflows.view"))
        kim = browse(acme, "Kim")
        for path in (
            "/people",
            "/people/export.csv",
            f"/people/{acme.people['Bob'].id}",
            "/people/roles",
            "/api/members",
        ):
            assert kim.get(path).status_code == 403
            assert browse(acme, "Vera").get(path).status_code == 200


class TestTheirPage:
    def test_it_tells_who_they_are_and_what_they_hold(self, acme, browse):
        sales = team(acme, "Sales", Bob=True)
        grant(acme, "Bob", "members.invite", sales)
        page = browse(acme, "Vera").get(f"/people/{acme.people['Bob'].id}").text
        for told in (
            "Bob",
            acme.email("Bob"),
            "Member",
            "Sales",
            "Leads",
            "Invite people",
            "In Sales and the teams below",
        ):
            assert told in page
        assert "Change role" not in page
        assert "Signed in on" not in page

    def test_managers_see_more_and_can_do_more(self, acme, browse):
        acme.session_of("Bob")
        page = browse(acme, "Adam").get(f"/people/{acme.people['Bob'].id}").text
        assert "1 browser" in page
        with platform_work() as session:
            session.get_one(Tenant, acme.id).policy = {"idle_minutes": 5}
        with tenant_work(acme) as session:
            session.execute(
                update(UserSession)
                .where(UserSession.user_id == stored_id(acme, "Bob"))
                .values(last_seen_at=now() - timedelta(minutes=6))
            )
        stale = browse(acme, "Adam").get(f"/people/{acme.people['Bob'].id}").text
        assert "1 browser" not in stale
        for action in ("Change role", "Give permission", "Deactivate", "Remove"):
            assert action in page

    def test_nobody_is_offered_what_they_cannot_do(self, acme, browse):
        page = browse(acme, "Adam").get(f"/people/{acme.people['Alice'].id}").text
        assert "Change role" not in page
        assert "Leave the organisation" in browse(acme, "Adam").get(f"/people/{acme.people['Adam'].id}").text

    def test_a_removed_person_stays_to_be_read(self, acme, browse):
        act(acme, "remove", "Bob")
        page = browse(acme, "Vera").get(f"/people/{acme.people['Bob'].id}").text
        assert "Removed on" in page
        assert "What they made keeps their name" in page

    def test_others_organisations_people_are_not_there(self, acme, umbrella, browse):
        charlie = umbrella.people["Charlie"].id
        alice = browse(acme, "Alice")
        for path in ("", "/access", "/role", "/remove", "/grants/new"):
            assert alice.get(f"/people/{charlie}{path}").status_code == 404
            assert alice.get(f"/people/{acme.people['Bob'].id}{path}").status_code == 200


def test_a_narrow_page_says_beside_the_name_who_is_not_active_and_folds_its_filters(acme, browse):
    hire(acme, "Deb", is_active=False)
    page = browse(acme, "Alice").get("/people").text
    assert page.count('class="cell-narrow"') == 1
    assert re.search(r">Deb<.*?cell-narrow.*?Deactivated", page, re.DOTALL)
    assert ">Filters<" in page
    assert ">Filters (1)<" in browse(acme, "Alice").get("/people?role=member").text


def test_a_role_of_one_permission_is_told_in_the_singular(acme, browse):
    custom_role(acme, "Reader", "members.view")
    custom_role(acme, "Auditor", "members.view", "workflows.view")
    page = browse(acme, "Alice").get(f"/people/{acme.people['Bob'].id}/role").text
    assert "Gives 1 permission." in page
    assert "Gives 2 permissions." in page


class TestChangingRoles:
    def test_the_change_is_shown_first_and_done_then(self, acme, browse):
        alice, bob = browse(acme, "Alice"), acme.people["Bob"].id
        shown = alice.post(f"/people/{bob}/role", {"role": "admin"})
        assert shown.status_code == 200
        assert "Gains" in shown.text
        assert "Manage people" in shown.text
        assert stored(acme, "Bob").role == "member"
        done = alice.post(f"/people/{bob}/role", {"role": "admin", "seen": seen_in(shown.text)})
        assert done.status_code == 303
        assert stored(acme, "Bob").role == "admin"
        assert last_entry(acme) == ("members.member.role_changed", "Alice", "Bob", {"role": ["Member", "Admin"]})

    def test_with_a_script_the_choice_shows_it_at_once(self, acme, browse):
        alice, bob = browse(acme, "Alice"), acme.people["Bob"].id
        shown = alice.get(f"/people/{bob}/role?role=viewer").text
        assert "Loses" in shown
        assert "Gains" not in shown
        assert alice.post(f"/people/{bob}/role", {"role": "viewer", "seen": seen_in(shown)}).status_code == 303

    def test_what_was_shown_is_what_is_done(self, acme, browse):
        """Meanwhile Bob was given something: the preview is older than that, so it is shown anew."""
        alice, bob = browse(acme, "Alice"), acme.people["Bob"].id
        shown = alice.get(f"/people/{bob}/role?role=admin").text
        grant(acme, "Bob", "members.manage")
        again = alice.post(f"/people/{bob}/role", {"role": "admin", "seen": seen_in(shown)})
        assert again.status_code == 409
        assert "Nothing was saved; please look again." in again.text
        assert stored(acme, "Bob").role == "member"
        assert alice.post(f"/people/{bob}/role", {"role": "admin", "seen": seen_in(again.text)}).status_code == 303

    def test_nothing_is_offered_for_somebody_who_was_removed(self, acme, browse):
        hire(acme, "Ron", is_active=False, removed_at=now())
        alice, ron, bob = browse(acme, "Alice"), acme.people["Ron"].id, acme.people["Bob"].id
        for page in ("role", "remove", "grants/new"):
            for answer in (alice.get(f"/people/{ron}/{page}"), alice.post(f"/people/{ron}/{page}", {"role": "admin"})):
                assert answer.status_code == 409
                assert "Ron was removed. Invite them to bring them back." in answer.text
            assert alice.get(f"/people/{bob}/{page}").status_code == 200

    def test_the_lead_of_a_team_counts_with_the_role_of_a_team_admin(self, acme, browse):
        team(acme, "Sales", Bob=True)
        shown = browse(acme, "Alice").get(f"/people/{acme.people['Bob'].id}/role?role=team_admin").text
        assert "Manage teams in Sales" in shown

    def test_it_holds_at_the_next_request(self, acme, browse):
        bob = browse(acme, "Bob")
        assert bob.get("/settings").status_code == 403
        change_role(acme, "Bob", "admin")
        assert bob.get("/settings").status_code == 200

    def test_nothing_is_recorded_when_nothing_changes(self, acme):
        change_role(acme, "Bob", "member")
        assert log(acme) == []

    @pytest.mark.parametrize("role", ["", "king", "custom", "0193a5f0-0000-7000-8000-000000000000", "\0", "OWNER"])
    def test_a_role_that_is_not_there_is_refused(self, acme, browse, role):
        answer = browse(acme, "Alice").post(f"/people/{acme.people['Bob'].id}/role", {"role": role})
        assert answer.status_code == 422
        assert "Please choose one of these roles." in answer.text
        assert stored(acme, "Bob").role == "member"

    def test_a_role_of_another_organisation_is_not_there(self, acme, umbrella, browse):
        theirs, ours = custom_role(umbrella, "Auditor", "members.view"), custom_role(acme, "Auditor", "members.view")
        alice, path = browse(acme, "Alice"), f"/people/{acme.people['Bob'].id}/role"
        assert alice.post(path, {"role": theirs}).status_code == 422
        assert alice.post(path, {"role": ours}).status_code == 200

    def test_nobody_gives_more_than_they_hold(self, acme):
        hire(acme, "Kim", custom_role(acme, "People", "members.manage", *VIEWS))
        with pytest.raises(Invalid, match="more than you hold"):
            change_role(acme, "Vera", "admin", by="Kim")
        with pytest.raises(Invalid, match="Only an owner"):
            change_role(acme, "Bob", "owner", by="Adam")
        change_role(acme, "Bob", "admin", by="Adam")
        change_role(acme, "Bob", "owner", by="Alice")

    def test_nobody_manages_whoever_holds_more(self, acme):
        with pytest.raises(NotAllowed):
            change_role(acme, "Alice", "member", by="Adam")
        hire(acme, "Ada", "admin")
        change_role(acme, "Ada", "member", by="Adam")
        sales = team(acme, "Sales")
        hire(acme, "Kim", custom_role(acme, "People", "members.manage", *VIEWS))
        change_role(acme, "Ada", "viewer", by="Adam")
        grant(acme, "Ada", "members.teams", sales)
        with pytest.raises(NotAllowed):
            change_role(acme, "Ada", custom_role(acme, "Less", "members.view"), by="Kim")

    def test_however_full_a_role_is_it_makes_and_manages_no_owner(self, acme):
        everything = list(runtime().registry.permissions)
        hire(acme, "Kim", custom_role(acme, "Everything", *everything))
        with pytest.raises(Invalid, match="Only an owner"):
            change_role(acme, "Kim", "owner", by="Kim")
        hire(acme, "Amy", "owner")
        with pytest.raises(NotAllowed):
            change_role(acme, "Amy", "member", by="Kim")
        change_role(acme, "Amy", "member", by="Alice")

    def test_nobody_lifts_themselves_but_may_step_down(self, acme):
        with pytest.raises(Invalid):
            change_role(acme, "Adam", "owner", by="Adam")
        change_role(acme, "Adam", "member", by="Adam")
        with pytest.raises(NotAllowed):
            change_role(acme, "Adam", "admin", by="Adam")

    def test_a_lead_that_wakes_up_is_given_too(self, acme):
        """Ada leads a team without effect; the role of a team admin would give her what Kim does not hold."""
        hire(acme, "Ada")
        team(acme, "Sales", Ada=True)
        given = ["members.manage", *runtime().registry.grants["team_admin"]]
        hire(acme, "Kim", custom_role(acme, "People", *given))
        with pytest.raises(Invalid, match="more than you hold"):
            change_role(acme, "Ada", "team_admin", by="Kim")
        change_role(acme, "Bob", "team_admin", by="Kim")
        change_role(acme, "Ada", "team_admin", by="Adam")


def seen_in(page: str) -> str:
    """The mark of the preview that a page shows."""
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', page)
    assert found, "the page shows no preview"
    return found.group(1)


class TestSwitchingOffAndOn:
    def test_sessions_end_at_once_and_everything_waits(self, acme, browse):
        sales = team(acme, "Sales", Bob=False)
        grant(acme, "Bob", "members.invite", sales)
        bob = browse(acme, "Bob")
        assert bob.get("/people").status_code == 200
        answer = browse(acme, "Adam").post(f"/people/{acme.people['Bob'].id}/deactivate", page="/people")
        assert answer.status_code == 303
        assert bob.get("/people").status_code == 302
        assert last_entry(acme) == ("members.member.deactivated", "Adam", "Bob", {"is_active": [True, False]})
        browse(acme, "Adam").post(f"/people/{acme.people['Bob'].id}/reactivate", page="/people")
        assert last_entry(acme)[0] == "members.member.reactivated"
        assert stored(acme, "Bob").is_active
        with tenant_scope(acme) as session:
            assert session.scalar(select(func.count()).select_from(Grant)) == 1
            assert session.scalar(select(func.count()).select_from(TeamMember)) == 1
            assert (
                session.scalar(
                    select(func.count()).select_from(UserSession).where(UserSession.user_id == stored_id(acme, "Bob"))
                )
                == 0
            )

    def test_twice_is_once(self, acme):
        act(acme, "deactivate", "Bob")
        act(acme, "deactivate", "Bob")
        assert len(log(acme)) == 1
        act(acme, "reactivate", "Bob")
        act(acme, "reactivate", "Bob")
        assert len(log(acme)) == 2

    def test_coming_back_needs_a_seat(self, acme, browse):
        act(acme, "deactivate", "Bob")
        limit_seats(acme, 3)
        with pytest.raises(SeatsFull):
            act(acme, "reactivate", "Bob")
        answer = browse(acme, "Alice").post(f"/people/{acme.people['Bob'].id}/reactivate", page="/people")
        assert answer.status_code == 402
        assert "3 of 3 seats are in use" in answer.text
        assert not stored(acme, "Bob").is_active
        limit_seats(acme, 4)
        act(acme, "reactivate", "Bob")

    def test_nobody_switches_on_whoever_would_hold_more(self, acme):
        hire(acme, "Kim", custom_role(acme, "People", "members.manage", *VIEWS))
        act(acme, "deactivate", "Vera")
        act(acme, "reactivate", "Vera", by="Kim")
        grant(acme, "Vera", "members.roles")
        act(acme, "deactivate", "Vera")
        with pytest.raises(NotAllowed):
            act(acme, "reactivate", "Vera", by="Kim")
        act(acme, "reactivate", "Vera", by="Alice")

    def test_not_oneself_and_nobody_above(self, acme, browse):
        with pytest.raises(Conflict, match="yourself"):
            act(acme, "deactivate", "Adam", by="Adam")
        with pytest.raises(NotAllowed):
            act(acme, "deactivate", "Alice", by="Adam")
        answer = browse(acme, "Adam").post(f"/people/{acme.people['Alice'].id}/deactivate", page="/people")
        assert answer.status_code == 403
        assert "holds more than you do" in answer.text
        act(acme, "deactivate", "Adam", by="Alice")

    def test_a_refused_one_keeps_their_sessions(self, acme, browse):
        alice = browse(acme, "Alice")
        with pytest.raises(NotAllowed):
            act(acme, "deactivate", "Alice", by="Adam")
        assert alice.get("/people").status_code == 200


def stored_id(organisation: Organisation, person: str) -> UUID:
    return organisation.people[person].id


@pytest.fixture
def parcels(app: Flask) -> Iterator[dict[UUID, list[str]]]:
    """A feature of this test's: parcels that people have, which somebody else can look after."""
    kept: dict[UUID, list[str]] = {}

    def reassign(former: UUID, heir: UUID, *, actor: Actor) -> int:
        gone = kept.pop(former)
        kept.setdefault(heir, []).extend(gone)
        return len(gone)

    file = ModuleType("parcels")
    vars(file)["holdings"] = (
        Holding("parcels", "Parcels", lambda user_id: len(kept.get(user_id, [])), reassign),
        Holding("letters", "Letters", lambda _user_id: 2),
    )
    before = runtime()
    feature = Feature("parcels", Module("parcels", "Parcels"), {"operations": file})
    install(replace(before, registry=replace(before.registry, features=(*before.registry.features, feature))))
    yield kept
    install(before)


class TestRemoving:
    def test_nothing_is_left_that_opens_anything_and_the_row_stays(self, acme, browse, settings):
        sales = team(acme, "Sales", Bob=True)
        grant(acme, "Bob", "members.invite", sales)
        bob = browse(acme, "Bob")
        with tenant_work(acme):
            issue_token(acme.people["Bob"], Purpose.RESET_PASSWORD)
        answer = browse(acme, "Alice").post(f"/people/{stored_id(acme, 'Bob')}/remove", page="/people")
        assert answer.status_code == 303
        assert last_entry(acme) == ("members.member.removed", "Alice", "Bob", {"role": ["Member", None]})
        gone = stored(acme, "Bob")
        assert gone.removed_at is not None
        assert (gone.is_active, gone.password_hash, gone.role, gone.role_id) == (False, "", "viewer", None)
        assert (gone.name, gone.email) == ("Bob", acme.email("Bob"))
        assert bob.get("/people").status_code == 302
        with tenant_scope(acme) as session:
            for model in (Grant, TeamMember, OneTimeToken, KnownDevice, UserSession):
                found = select(func.count()).select_from(model).where(model.user_id == gone.id)
                assert session.scalar(found) == 0, model
        with platform_scope():
            assert tenants_of_email(gone.email) == []
        answer = browse(acme).post("/sign-in", {"email": gone.email, "password": PASSWORD})
        assert answer.status_code == 422

    def test_their_work_keeps_their_name(self, acme, browse):
        alice = browse(acme, "Alice")
        act(acme, "deactivate", "Bob")
        act(acme, "remove", "Bob")
        assert [entry.target_label for entry in log(acme)] == ["Bob", "Bob"]
        assert "Bob" in alice.get("/people?status=removed").text

    def test_what_must_be_looked_after_goes_to_the_heir(self, acme, browse, parcels):
        parcels[stored_id(acme, "Bob")] = ["one", "two"]
        grant(acme, "Bob", "members.invite")
        invite(acme, "ines@example.com", invited_by_id=stored_id(acme, "Bob"))
        alice, path = browse(acme, "Alice"), f"/people/{stored_id(acme, 'Bob')}/remove"
        page = " ".join(alice.get(path).text.split())
        assert "1 open invitation, 2 parcels" in page
        assert "2 letters" in page
        for wrong in ("nobody@example.com", "not an address", acme.email("Bob")):
            refused = alice.post(path, {"heir": wrong})
            assert refused.status_code == 422
            assert wrong in refused.text
            assert stored(acme, "Bob").is_active
        assert alice.post(path, {"heir": acme.email("Vera").upper()}).status_code == 303
        assert parcels == {stored_id(acme, "Vera"): ["one", "two"]}
        with tenant_scope(acme) as session:
            assert session.scalars(select(Invitation.invited_by_id)).one() == stored_id(acme, "Vera")
        facts = log(acme)[-1].facts
        assert (facts["heir"], facts["passed_on"]) == ("Vera", {"Open invitations": 1, "Parcels": 2})

    def test_no_invitation_gains_by_its_inviters_going(self, acme):
        """A demoted owner who leaves cannot have the heir vouch for a second mailbox as owner."""
        hire(acme, "Olga", "owner")
        hire(acme, "Otto", "owner")
        for inviter, mailbox in (("Olga", "second"), ("Otto", "third")):
            invite(acme, f"{mailbox}@example.org", "owner", invited_by_id=stored_id(acme, inviter))
        invite(acme, "good@example.org", invited_by_id=stored_id(acme, "Olga"))
        change_role(acme, "Olga", "admin")
        act(acme, "leave", "Olga", by="Olga", heir=acme.people["Alice"])
        assert vouchers(acme) == {"good@example.org": "Alice", "third@example.org": "Otto"}
        entry = next(entry for entry in log(acme) if entry.event == "members.invitation.revoked")
        assert (entry.actor_name, entry.target_label) == ("Olga", "second@example.org")
        assert "may no longer invite" in entry.facts["reason"]
        act(acme, "leave", "Otto", by="Otto", heir=acme.people["Alice"])
        assert vouchers(acme) == {"good@example.org": "Alice", "third@example.org": "Alice"}

    def test_an_admin_passes_on_what_was_good_and_takes_the_rest_back(self, acme):
        place = team(acme, "Sales")
        grant(acme, "Bob", "members.invite", place)
        for mailbox, role in (("ines", "viewer"), ("boss", "admin")):
            invite(acme, f"{mailbox}@example.org", role, invited_by_id=stored_id(acme, "Bob"), team_ids=[place])
        act(acme, "remove", "Bob", by="Adam", heir=acme.people["Alice"])
        assert vouchers(acme) == {"ines@example.org": "Alice"}

    def test_without_an_heir_everything_stays_where_it_is(self, acme, parcels):
        parcels[stored_id(acme, "Bob")] = ["one"]
        act(acme, "remove", "Bob")
        assert parcels == {stored_id(acme, "Bob"): ["one"]}

    def test_not_oneself_nobody_above_and_nobody_twice(self, acme):
        with pytest.raises(Conflict, match="Leave"):
            act(acme, "remove", "Adam", by="Adam")
        with pytest.raises(NotAllowed):
            act(acme, "remove", "Alice", by="Adam")
        with pytest.raises(NotAllowed):
            act(acme, "remove", "Vera", by="Bob")
        act(acme, "remove", "Vera", by="Adam")
        for again in ("remove", "deactivate", "reactivate"):
            with pytest.raises(Conflict, match="was removed"):
                act(acme, again, "Vera", by="Adam")
        with pytest.raises(Conflict, match="was removed"):
            change_role(acme, "Vera", "member")

    def test_the_page_warns_before_it_is_done(self, acme, browse):
        sales = team(acme, "Sales", Bob=True)
        page = browse(acme, "Alice").get(f"/people/{stored_id(acme, 'Bob')}/remove").text
        assert sales
        assert "Bob is taken out of Sales" in page
        assert "may need another lead" in page


@pytest.mark.parametrize("gone", ["deactivate", "remove"])
def test_a_session_that_began_while_somebody_was_switched_off_is_not_revived(acme, browse, gone):
    """Whoever signs in at the moment of the deactivation can get a session after the others have ended."""
    act(acme, gone, "Bob")
    late = acme.session_of("Bob")
    with tenant_work(acme):
        if gone == "deactivate":
            operations.reactivate(stored(acme, "Bob"), actor=actor_of(acme, "Alice"))
        else:
            operations.bring_back(stored(acme, "Bob"), role="member", password=PASSWORD, actor=SYSTEM)
    with tenant_scope(acme) as session:
        assert session.scalars(select(UserSession).where(UserSession.user_id == stored_id(acme, "Bob"))).all() == []
    assert late
    assert browse(acme, "Bob").get("/people").status_code == 200


class TestLeaving:
    def test_any_member_may_leave_while_there_is_one_owner(self, acme, browse):
        bob = browse(acme, "Bob")
        assert bob.get("/people/leave").status_code == 200
        answer = bob.post("/people/leave")
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("/sign-in")
        assert "You have left Acme." in bob.follow(answer).text
        assert bob.get("/people").status_code == 302
        assert stored(acme, "Bob").removed_at is not None
        assert last_entry(acme) == ("members.member.left", "Bob", "Bob", {"role": ["Member", None]})

    def test_the_last_owner_may_not(self, acme, browse):
        alice = browse(acme, "Alice")
        answer = alice.post("/people/leave")
        assert answer.status_code == 409
        assert "An organisation needs an owner." in answer.text
        assert stored(acme, "Alice").is_active
        assert alice.get("/people").status_code == 200
        hire(acme, "Amy", "owner")
        assert alice.post("/people/leave").status_code == 303

    def test_the_password_is_asked_for_again(self, acme, browse):
        token = acme.session_of("Bob")
        with tenant_work(acme) as session:
            for one in session.scalars(select(UserSession)):
                one.confirmed_at = now() - timedelta(days=1)
        bob = browse(acme)
        bob.carry_session(token)
        assert "/confirm" in bob.get("/people/leave").headers["Location"]
        bob.get("/people")
        assert "/confirm" in bob.post("/people/leave").headers["Location"]
        assert stored(acme, "Bob").is_active

    def test_nobody_leaves_for_somebody_else(self, acme):
        with pytest.raises(Conflict):
            act(acme, "leave", "Bob", by="Alice")


class TestComingBack:
    def test_as_the_same_row_with_the_rights_of_the_role_alone(self, acme, browse):
        team(acme, "Sales", Bob=True)
        grant(acme, "Bob", "members.manage")
        act(acme, "remove", "Bob")
        with tenant_work(acme):
            operations.bring_back(
                acme.people["Bob"], role="viewer", name="Bob Roy", password=NEW_PASSWORD, actor=SYSTEM
            )
        back = stored(acme, "Bob")
        assert (back.id, back.name, back.role, back.is_active, back.removed_at) == (
            *(stored_id(acme, "Bob"), "Bob Roy", "viewer", True, None),
        )
        assert not actor_of(acme, "Bob").can_somewhere("members.manage")
        with platform_scope():
            assert [tenant.id for tenant in tenants_of_email(back.email)] == [acme.id]
        browser = browse(acme)
        assert browser.post("/sign-in", {"email": back.email, "password": PASSWORD}).status_code == 422
        assert browser.post("/sign-in", {"email": back.email, "password": NEW_PASSWORD}).status_code == 303

    def test_only_who_was_removed(self, acme):
        with tenant_work(acme), pytest.raises(Conflict, match="already"):
            operations.bring_back(acme.people["Bob"], role="member", password=NEW_PASSWORD, actor=SYSTEM)

    def test_a_poor_password_brings_nobody_back(self, acme):
        act(acme, "remove", "Bob")
        with pytest.raises(Invalid), tenant_work(acme):
            operations.bring_back(acme.people["Bob"], role="member", password="short", actor=SYSTEM)
        assert stored(acme, "Bob").removed_at is not None


def attempts(acme: Organisation, browse) -> dict[str, Callable[[], int]]:
    """Every way to take the ownership from Alice; each answers with a status."""

    def api(method: str, **options) -> int:
        alice = browse(acme, "Alice")
        alice.get("/people")
        headers = {"X-CSRF-Token": alice.token, "Host": alice.host}
        path = f"http://{alice.host}/api/members/{stored_id(acme, 'Alice')}"
        return alice.client.open(path, method=method, headers=headers, **options).status_code

    def operation(what: str, **values) -> int:
        try:
            with tenant_work(acme):
                getattr(operations, what)(acme.people["Alice"], actor=SYSTEM, **values)
        except DomainError as error:
            return error.status
        return 200

    def page() -> int:
        alice, path = browse(acme, "Alice"), f"/people/{stored_id(acme, 'Alice')}/role"
        shown = alice.get(f"{path}?role=member").text
        return alice.post(path, {"role": "member", "seen": seen_in(shown)}).status_code

    return {
        "demoted on the page": page,
        "demoted by the API": lambda: api("PATCH", json={"role": "member"}),
        "demoted by an operation": lambda: operation("change_role", to="admin"),
        "deactivated": lambda: operation("deactivate"),
        "removed": lambda: operation("remove"),
        "leaving": lambda: browse(acme, "Alice").post("/people/leave").status_code,
    }


WAYS = ["demoted on the page", "demoted by the API", "demoted by an operation", "deactivated", "removed", "leaving"]


class TestTheLastOwner:
    @pytest.mark.parametrize("way", WAYS)
    def test_stays_on_every_path(self, acme, browse, way):
        hire(acme, "Amy", "owner", is_active=False)
        assert attempts(acme, browse)[way]() == 409
        alice = stored(acme, "Alice")
        assert (alice.role, alice.is_active, alice.removed_at) == ("owner", True, None)
        assert log(acme) == []

    @pytest.mark.parametrize("way", WAYS)
    def test_may_go_when_there_is_another_one(self, acme, browse, way):
        hire(acme, "Amy", "owner")
        assert attempts(acme, browse)[way]() in (200, 303)
        assert len(log(acme)) == 1

    def test_cannot_delete_themselves_through_the_members_api(self, acme, browse):
        alice = browse(acme, "Alice")
        alice.get("/people")
        headers = {"X-CSRF-Token": alice.token, "Host": alice.host}
        hire(acme, "Amy", "owner")
        for person, status in (("Alice", 409), ("Amy", 200)):
            path = f"http://{alice.host}/api/members/{stored_id(acme, person)}"
            assert alice.client.delete(path, headers=headers).status_code == status
        assert stored(acme, "Alice").is_active

    def test_twenty_demotions_at_once_leave_one_of_two(self, acme):
        """Ten threads demote each of the two owners; whoever comes last finds that nobody else is left."""
        hire(acme, "Amy", "owner")
        actors = {person: actor_of(acme, person) for person in ("Alice", "Amy")}
        begin, outcomes = Barrier(20), []

        def demote(person: str) -> None:
            begin.wait()
            try:
                with tenant_work(acme):
                    operations.change_role(acme.people[person], to="member", actor=actors[person])
                outcomes.append("done")
            except DomainError as refused:
                outcomes.append(type(refused).__name__)

        threads = [Thread(target=demote, args=(person,)) for person in ("Alice", "Amy") * 10]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        roles = sorted(stored(acme, person).role for person in ("Alice", "Amy"))
        assert roles == ["member", "owner"]
        assert len(outcomes) == 20
        assert [entry.event for entry in log(acme)] == ["members.member.role_changed"]


class TestForPrograms:
    def test_they_list_look_change_and_remove(self, acme, browse):
        alice = browse(acme, "Alice")
        alice.get("/people")
        headers = {"X-CSRF-Token": alice.token, "Host": alice.host}
        base = f"http://{alice.host}/api/members"
        listed = alice.get("/api/members?role=member").json
        assert [(one["name"], one["role"], one["status"]) for one in listed["items"]] == [("Bob", "member", "active")]
        path = f"{base}/{stored_id(acme, 'Bob')}"
        assert alice.client.patch(path, json={"role": "viewer"}, headers=headers).json["role"] == "viewer"
        assert alice.client.patch(path, json={"role": 7}, headers=headers).status_code == 422
        assert alice.client.patch(path, json=["viewer"], headers=headers).status_code == 422
        assert alice.client.patch(path, data="{", headers=headers).status_code == 422
        for wrong in (
            {"heir": "x@y.example.com"},
            {"heir": [acme.email("Vera")]},
            {"heir": {"a": "b"}},
            [acme.email("Vera")],
        ):
            assert alice.client.delete(path, json=wrong, headers=headers).status_code == 422
        assert alice.client.delete(path, headers=headers).json["status"] == "removed"
        assert alice.client.delete(path, headers=headers).status_code == 409
        assert [entry.event for entry in log(acme)] == ["members.member.role_changed", "members.member.removed"]

    def test_the_same_guard_stands_there(self, acme, browse):
        for person, status in (("Bob", 403), ("Adam", 403), ("Alice", 200)):
            browser = browse(acme, person)
            browser.get("/people")
            headers = {"X-CSRF-Token": browser.token, "Host": browser.host}
            path = f"http://{browser.host}/api/members/{stored_id(acme, 'Adam' if person == 'Alice' else 'Alice')}"
            assert browser.client.patch(path, json={"role": "member"}, headers=headers).status_code == status


class TestOnTheCommandLine:
    def run(self, app: Flask, *arguments: str):
        return app.test_cli_runner().invoke(args=["members", *arguments])

    def test_people_are_listed_given_roles_and_removed(self, app, acme):
        key = custom_role(acme, "Night Shift", "members.view")
        listed = self.run(app, "list", acme.slug)
        assert listed.exit_code == 0
        assert listed.output.splitlines()[1].startswith(acme.email("Alice"))
        assert "has the role Night Shift" in self.run(app, "role", acme.slug, acme.email("Bob"), "night  shift").output
        assert str(stored(acme, "Bob").role_id) == key
        removed = self.run(app, "remove", acme.slug, acme.email("Bob"), "--heir", acme.email("Adam"))
        assert "is removed" in removed.output
        assert [entry.actor_kind for entry in log(acme)][-2:] == ["system", "system"]
        assert acme.email("Bob") in self.run(app, "list", acme.slug, "--status", "removed").output

    def test_the_last_owner_is_protected_there_too(self, app, acme):
        for arguments in (
            ("role", acme.slug, acme.email("Alice"), "member"),
            ("remove", acme.slug, acme.email("Alice")),
        ):
            refused = self.run(app, *arguments)
            assert isinstance(refused.exception, Conflict)
            assert stored(acme, "Alice").role == "owner"
        hire(acme, "Amy", "owner")
        assert self.run(app, "role", acme.slug, acme.email("Alice"), "member").exit_code == 0

    @pytest.mark.parametrize(("email", "role"), [("x@example.com", "member"), ("no address", "member"), ("", "king")])
    def test_whoever_or_whatever_is_not_there_is_said(self, app, acme, email, role):
        assert isinstance(self.run(app, "role", acme.slug, email or acme.email("Bob"), role).exception, DomainError)
        assert log(acme) == []


def test_ids_of_the_last_page_are_no_trap(acme, browse):
    """A person removed meanwhile is said to be so; nothing happens twice."""
    alice = browse(acme, "Alice")
    page = f"/people/{stored_id(acme, 'Bob')}/remove"
    alice.get(page)
    act(acme, "remove", "Bob")
    answer = alice.post(page)
    assert answer.status_code == 409
    assert "was removed" in answer.text
    assert len(log(acme)) == 1


def test_their_history_is_for_those_who_may_see_the_log(acme, browse):
    change_role(acme, "Bob", "admin")
    path = f"/people/{stored_id(acme, 'Bob')}/history"
    page = browse(acme, "Adam").get(path)
    assert page.status_code == 200
    assert "changed the role of" in page.text
    assert f"/audit?who={stored_id(acme, 'Bob')}" in page.text
    assert "History" in browse(acme, "Adam").get(f"/people/{stored_id(acme, 'Bob')}").text
    assert browse(acme, "Vera").get(path).status_code == 403
    assert "/history" not in browse(acme, "Vera").get(f"/people/{stored_id(acme, 'Bob')}").text
