"""Roles whose people take no seat: not counted, let in where all is full, and counted as soon as they get another role."""

from collections.abc import Iterator

import pytest
from flask import Flask

from saas.catalogue.terms import FREE_ROLES, SEATED
from saas.core.actor import SYSTEM
from saas.core.extensions import limiter
from saas.core.module import Role
from saas.members.operations import people
from saas.members.operations.invitations import Offer, change_invitation, invite
from saas.members.operations.ownership import accept_ownership, offer_ownership
from saas.members.operations.seats import SeatsFull
from saas.members.queries.seats import Seats, get_seats
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.queries import get_figures
from tests.cast import PASSWORD, Organisation
from tests.members.coming import accept, asked_in, domain, invitation_of, limit_seats, put, request_of, user_with
from tests.members.staff import actor_of
from tests.plans.conftest import sold_as


@pytest.fixture
def acme(acme: Organisation, app: Flask) -> Iterator[Organisation]:
    """Acme, four people of whom one looks on, on a plan where viewers take no seat."""
    limiter.reset()
    with sold_as("pro", free_roles=("viewer",)):
        move(acme)
        yield acme
    limiter.reset()


def move(organisation: Organisation) -> None:
    with platform_work() as session:
        give_plan(session.get_one(Tenant, organisation.id), "pro", actor=SYSTEM)


def seats_of(organisation: Organisation) -> Seats:
    with tenant_scope(organisation):
        return get_seats()


def change_role(organisation: Organisation, person: str, to: str) -> None:
    with tenant_work(organisation):
        people.change_role(organisation.people[person], to=to, actor=actor_of(organisation, "Alice"))


def full(organisation: Organisation) -> Organisation:
    """Three seats, all of them taken."""
    limit_seats(organisation, 3)
    return organisation


def test_viewers_and_those_asked_in_as_viewers_are_not_counted(acme):
    asked_in(acme, "vic@example.org", role="viewer")
    asked_in(acme, "nina@example.org")
    assert seats_of(acme) == Seats(3, 1, None, ("viewer",))
    with tenant_scope(acme):
        assert [one.used for one in get_figures() if one.meter == "users"] == [3]


class TestWhereNoSeatIsLeft:
    def test_viewers_are_invited_and_others_are_not(self, acme):
        actor = actor_of(full(acme), "Alice")
        with tenant_work(acme):
            invite(["vic@example.org"], Offer("viewer"), actor=actor)
        with pytest.raises(SeatsFull), tenant_work(acme):
            invite(["nina@example.org"], Offer("member"), actor=actor)

    def test_the_page_sends_invitations_to_viewers_and_none_to_others(self, acme, browse):
        browser = browse(full(acme), "Alice")
        answers = []
        for role in ("viewer", "member"):
            browser.get("/people/invitations/new")
            form = {"addresses": f"{role}@example.org", "days": 7, "role": role}
            answers.append(browser.post("/people/invitations/new", form).status_code)
        assert answers[0] == 303 < 400 <= answers[1]

    def test_viewers_come_in_by_their_link_and_others_do_not(self, acme, browse):
        tokens = {role: asked_in(acme, f"{role}@example.org", role=role) for role in ("viewer", "member")}
        full(acme)
        assert accept(browse(acme), tokens["viewer"]).status_code == 303
        assert browse(acme).get(f"/invitation/{tokens['member']}").status_code == 409

    def test_who_joins_by_a_domain_comes_in_as_a_viewer_only(self, acme, browse):
        full(acme)
        for role, name in (("viewer", "look.example.org"), ("member", "work.example.org")):
            address = f"nina@{domain(acme, name, mode='auto', role=role)}"
            token = request_of(acme, address, verified_at=None)
            browser = browse(acme)
            browser.get(f"/join/{token}")
            browser.post(f"/join/{token}", {"password": PASSWORD})
            assert (user_with(acme, address) is not None) is (role == "viewer")

    def test_a_viewer_is_switched_on_again_and_a_member_is_not(self, acme):
        put(acme, "Vera", is_active=False)
        put(acme, "Bob", is_active=False)
        limit_seats(acme, 2)
        with tenant_work(acme):
            people.reactivate(acme.people["Vera"], actor=actor_of(acme, "Alice"))
        with pytest.raises(SeatsFull), tenant_work(acme):
            people.reactivate(acme.people["Bob"], actor=actor_of(acme, "Alice"))


class TestAnotherRole:
    def test_a_viewer_who_becomes_a_member_takes_a_seat(self, acme):
        limit_seats(acme, 4)
        change_role(acme, "Vera", "member")
        assert seats_of(acme).left == 0

    def test_where_none_is_left_a_viewer_stays_one(self, acme, browse):
        with pytest.raises(SeatsFull):
            change_role(full(acme), "Vera", "member")
        place = f"/people/{acme.people['Vera'].id}/role"
        browser = browse(acme, "Alice")
        browser.get(place)
        answer = browser.post(place, {"role": "member"})
        assert (answer.status_code, "3 of 3 seats are in use" in answer.text) == (402, True)
        change_role(acme, "Bob", "viewer")
        change_role(acme, "Vera", "member")

    def test_who_is_switched_off_gets_any_role_and_takes_the_seat_when_switched_on(self, acme):
        put(full(acme), "Vera", is_active=False)
        change_role(acme, "Vera", "member")
        with pytest.raises(SeatsFull), tenant_work(acme):
            people.reactivate(acme.people["Vera"], actor=actor_of(acme, "Alice"))

    def test_an_open_invitation_takes_a_seat_with_the_role_that_needs_one(self, acme, browse):
        asked_in(acme, "vic@example.org", role="viewer")
        limit_seats(acme, 4)
        number, actor = invitation_of(acme, "vic@example.org").id, actor_of(acme, "Alice")
        with tenant_work(acme):
            change_invitation(number, Offer("member"), actor=actor)
        assert seats_of(acme).left == 0
        asked_in(acme, "vera@example.org", role="viewer")
        another = invitation_of(acme, "vera@example.org").id
        with pytest.raises(SeatsFull), tenant_work(acme):
            change_invitation(another, Offer("member"), actor=actor)
        browser, place = browse(acme, "Alice"), f"/people/invitations/{another}/edit"
        browser.get(place)
        answer = browser.post(place, {"role": "member"})
        assert (answer.status_code, "seats are in use" in answer.text) == (402, True)

    def test_a_viewer_takes_the_ownership_where_a_seat_is_left(self, acme):
        with tenant_work(full(acme)):
            offer_ownership(acme.people["Vera"], actor=actor_of(acme, "Alice"))
        with pytest.raises(SeatsFull), tenant_work(acme):
            accept_ownership(actor=actor_of(acme, "Vera"))
        limit_seats(acme, 4)
        with tenant_work(acme):
            accept_ownership(actor=actor_of(acme, "Vera"))
        with tenant_scope(acme):
            assert get_seats().left == 0


class TestPages:
    def test_the_plans_say_who_is_free(self, acme, browse):
        assert "viewers are free" in browse(acme, "Alice").get("/plan").text
        assert "viewers take none" in browse(full(acme), "Alice").get("/people").text

    def test_a_plan_without_free_roles_counts_everybody_when_it_is_looked_at(self, acme, browse):
        small = {"users": 3, "images": None, "storage": None}
        with sold_as("free", limits=small):
            assert "People: 4 people, this plan has 3 people" in browse(acme, "Alice").get("/plan").text
        with sold_as("free", limits=small, free_roles=("viewer",)):
            assert "People: 4 people" not in browse(acme, "Alice").get("/plan").text


def test_the_roles_that_can_be_free_are_those_of_the_house():
    assert {*FREE_ROLES, *SEATED} == set(Role)
