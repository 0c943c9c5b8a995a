"""Seats: what takes one, what gives it back, and that of many who want the last one a single one gets it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry, OperatorEntry
from saas.core.clock import now
from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.members.operations.seats import SeatsFull, take_seats
from saas.members.queries.seats import Seats, get_seats
from saas.tenancy.limits import LimitReached, refused
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation
from tests.members.coming import accept, asked_in, at_once, count_active, limit_seats, put
from tests.members.staff import crowd, team
from tests.plans.conftest import sold_as


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


def seats_of(organisation: Organisation) -> Seats:
    with tenant_scope(organisation):
        return get_seats()


def take(organisation: Organisation, number: int) -> None:
    with tenant_work(organisation):
        take_seats(number, role="member")


class TestCounting:
    def test_people_and_open_invitations_take_seats(self, acme):
        asked_in(acme, "nina@example.org")
        assert seats_of(acme) == Seats(4, 1, None)
        limit_seats(acme, 10)
        assert seats_of(acme).left == 5

    def test_there_is_always_room_without_a_limit(self, acme):
        assert seats_of(acme).left is None
        take(acme, 100_000)

    def test_whoever_is_deactivated_or_removed_takes_none(self, acme):
        put(acme, "Bob", is_active=False)
        put(acme, "Vera", is_active=False, removed_at=now())
        assert seats_of(acme) == Seats(2, 0, None)

    @pytest.mark.parametrize(
        "closed",
        [
            {"expires_at": now() - timedelta(seconds=1)},
            {"revoked_at": now()},
            {"accepted_at": now()},
        ],
    )
    def test_an_invitation_that_is_not_open_takes_none(self, acme, closed):
        asked_in(acme, "nina@example.org", **closed)
        assert seats_of(acme).pending == 0

    def test_more_people_than_seats_leave_none_rather_than_less(self, acme):
        limit_seats(acme, 2)
        assert seats_of(acme).left == 0

    def test_another_organisation_has_its_own(self, cast):
        limit_seats(cast.acme, 4)
        assert (seats_of(cast.acme).left, seats_of(cast.umbrella).left) == (0, None)


class TestTaking:
    def test_as_many_as_are_left_can_be_taken_and_no_more(self, acme):
        limit_seats(acme, 6)
        take(acme, 2)
        with pytest.raises(SeatsFull, match=r"4 of 6 seats are in use: 2 left, and this needs 3"):
            take(acme, 3)

    def test_the_refusal_tells_what_holds_them(self, acme):
        limit_seats(acme, 5)
        asked_in(acme, "nina@example.org")
        with pytest.raises(SeatsFull, match=r"4 of 5 seats are in use and 1 held by open invitations\. Take"):
            take(acme, 1)

    def test_of_many_who_take_the_last_seat_at_once_one_gets_it(self, acme):
        """Each waits for those before and counts what they wrote."""
        limit_seats(acme, 5)

        def grab(number: int) -> str:
            try:
                with tenant_work(acme) as session:
                    take_seats(1, role="member")
                    session.add(User(email=f"n{number}@example.org", name="N", role="member"))
                return "in"
            except SeatsFull:
                return "full"

        assert sorted(at_once([partial(grab, number) for number in range(8)])) == ["full"] * 7 + ["in"]
        assert count_active(acme) == 5


class TestAccepting:
    def test_accepting_uses_the_seat_that_the_invitation_held(self, acme, browse):
        limit_seats(acme, 5)
        token = asked_in(acme, "nina@example.org")
        assert seats_of(acme).left == 0
        assert accept(browse(acme), token).status_code == 303
        assert seats_of(acme) == Seats(5, 0, 5)

    def test_of_fifty_who_accept_at_once_for_the_last_seat_exactly_one_comes_in(self, acme, browse, capfd):
        """Some may wait too long for a connection, of which there are fewer; nobody is in a deadlock with another."""
        tokens = [asked_in(acme, f"n{number}@example.org") for number in range(50)]
        limit_seats(acme, 5)
        browsers = [browse(acme) for _ in tokens]
        for browser, token in zip(browsers, tokens, strict=True):
            browser.get(f"/invitation/{token}")

        def come_in(browser, token) -> int:
            return browser.post(f"/invitation/{token}", {"name": "Nina", "password": PASSWORD}).status_code

        answers = at_once([partial(come_in, *pair) for pair in zip(browsers, tokens, strict=True)])
        assert answers.count(303) == 1
        assert set(answers) <= {303, 409, 503}
        assert "40P01" not in "".join(capfd.readouterr())
        assert count_active(acme) == 5

    def test_who_finds_no_seat_keeps_the_link_and_comes_in_when_there_is_one(self, acme, browse):
        token = asked_in(acme, "nina@example.org")
        limit_seats(acme, 4)
        page = browse(acme).get(f"/invitation/{token}")
        assert (page.status_code, "No seat is free" in page.text, "Try again" in page.text) == (409, True, True)
        limit_seats(acme, 5)
        assert accept(browse(acme), token).status_code == 303


class TestThePageThatInvites:
    """What it tells of seats before anything is typed, and what it answers when one sends in spite of it."""

    NEW = "/people/invitations/new"

    @pytest.fixture
    def full(self, acme) -> Iterator[Organisation]:
        """Acme with four seats by its plan, all of them taken; another plan has room for ten, a third for as few."""
        with sold_as("pro", limits={"users": 4}), sold_as("enterprise", limits={"users": 4}):
            with platform_work() as session:
                give_plan(session.get_one(Tenant, acme.id), "pro", actor=SYSTEM)
            with sold_as("trial", limits={"users": 10}):
                yield acme

    def invite(self, browser, *addresses: str, **fields):
        browser.get(self.NEW)
        letter = {"role": "member", "days": "7", "message": "Welcome aboard"}
        return browser.post(self.NEW, {"addresses": "\n".join(addresses), **letter, **fields})

    def test_tells_how_many_are_left(self, acme, browse):
        limit_seats(acme, 6)
        assert "2 seats left." in browse(acme, "Alice").get(self.NEW).text
        limit_seats(acme, 5)
        assert "1 seat left." in browse(acme, "Alice").get(self.NEW).text
        limit_seats(acme, None)
        assert "left." not in browse(acme, "Alice").get(self.NEW).text

    def test_names_the_plan_that_has_more_and_leads_those_to_it_who_may_change_it(self, full, browse):
        page = browse(full, "Alice").get(self.NEW).text
        assert "No seat is left" in page
        assert "choose a larger plan: Trial has more." in page
        assert 'href="/plan"' in page.partition("No seat is left")[2].partition("<form")[0]
        put(full, "Bob", role="team_admin")
        team(full, "Sales", Bob=True)
        told = browse(full, "Bob").get(self.NEW).text.partition("No seat is left")[2].partition("<form")[0]
        assert "An owner or admin can change the plan." in told
        assert 'href="/plan"' not in told

    def test_who_sends_in_spite_of_it_is_answered_as_by_other_limits_and_keeps_what_was_typed(self, full, browse):
        browser = browse(full, "Alice")
        for addresses in (["nina@example.org"], ["nina@example.org", "omar@example.org"]):
            answer = self.invite(browser, *addresses)
            assert answer.status_code == 402
            assert "4 of 4 seats are in use. Take an invitation back" in answer.text
            assert "Trial has more." in answer.text
            assert all(address in answer.text for address in addresses)
            assert "Welcome aboard</textarea>" in answer.text
        put(full, "Bob", is_active=False)
        assert self.invite(browser, "nina@example.org").status_code == 303

    def test_what_else_is_wrong_is_told_beside_it(self, full, browse):
        answer = self.invite(browse(full, "Alice"), "nina@example.org", days="99")
        assert (answer.status_code, "Choose 1 to 30 days." in answer.text) == (402, True)
        put(full, "Bob", is_active=False)
        assert self.invite(browse(full, "Alice"), "nina@example.org", days="99").status_code == 422

    def test_who_is_refused_is_warned_about_as_with_other_limits(self, full, browse):
        heard = []

        def hear(error: LimitReached) -> None:
            heard.append(error.meter)

        with refused.connected_to(hear):
            self.invite(browse(full, "Alice"), "nina@example.org")
        assert heard == ["users"]


class TestCommandLine:
    def test_the_limit_can_be_given_changed_lifted_and_left_to_the_plan(self, acme, saas):
        assert "has 3 for users." in saas("tenants", "limit", acme.slug, "users", "3").output
        assert seats_of(acme).limit == 3
        assert "has 3 for users already." in saas("tenants", "limit", acme.slug, "users", "3").output
        assert saas("plans", "give", acme.slug, "free").exit_code == 0
        assert saas("tenants", "limit", acme.slug, "users", "unlimited").exit_code == 0
        assert seats_of(acme).limit is None
        assert saas("tenants", "limit", acme.slug, "users", "plan").exit_code == 0
        assert seats_of(acme).limit == 2

    def test_an_organisation_can_begin_with_a_limit(self, app, saas):
        slug = f"seats-{short_id()}"
        made = saas(
            "tenants", "create", "--name", "Small", "--slug", slug, "--limit", "users=7", "--feature", "sso=off"
        )
        assert made.exit_code == 0
        with platform_scope():
            assert get_tenant(slug).overrides == {"limits": {"users": 7}, "features": {"sso": False}}

    @pytest.mark.parametrize("number", ["-1", "many", "1e3", "٣", "99999999999999999999"])
    def test_what_is_no_number_of_seats_is_refused(self, acme, saas, number):
        assert saas("tenants", "limit", acme.slug, "users", "--", number).exit_code == 2
        assert seats_of(acme).limit is None

    def test_the_change_stands_in_both_logs(self, acme, saas):
        saas("tenants", "limit", acme.slug, "users", "9")
        name = "tenancy.tenant.overrides_changed"
        with platform_scope() as session:
            found = select(OperatorEntry).where(OperatorEntry.tenant_id == acme.id)
            entry = session.scalars(found.where(OperatorEntry.event == name)).one()
        with tenant_scope(acme) as session:
            own = session.scalars(select(AuditEntry).where(AuditEntry.event == name)).one()
        assert entry.changes == own.changes == {"limit users": [None, 9]}
        assert entry.target_label == own.target_label == "Acme"


def test_many_people_are_counted_in_one_query(acme):
    crowd(acme, 300)
    limit_seats(acme, 1000)
    assert seats_of(acme) == Seats(304, 0, 1000)
