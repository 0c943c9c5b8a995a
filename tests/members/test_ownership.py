"""Handing the ownership over: offered, accepted by whom it was offered to, and only while it can be."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from saas.accounts.models import User, UserSession
from saas.core.clock import now
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed
from saas.members.models import OwnershipTransfer
from saas.members.operations import ownership as operations
from saas.members.operations import people
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation
from tests.members.staff import actor_of, custom_role, hire, last_entry, log, stored
from tests.support import path_of

PAGE = "/people/ownership"


def offer(organisation: Organisation, to: str = "Bob", *, by: str = "Alice", stays: bool = False) -> None:
    with tenant_work(organisation):
        operations.offer_ownership(organisation.people[to], stays=stays, actor=actor_of(organisation, by))


def act(organisation: Organisation, what: str, *, by: str) -> None:
    with tenant_work(organisation):
        getattr(operations, what)(actor=actor_of(organisation, by))


def offers(organisation: Organisation) -> list[tuple[str, bool]]:
    """The outcomes of all offers, and whether each has ended; oldest first."""
    with tenant_scope(organisation) as session:
        found = session.scalars(select(OwnershipTransfer).order_by(OwnershipTransfer.id))
        return [(one.outcome, one.ended_at is not None) for one in found]


def put(organisation: Organisation, **values) -> None:
    """Change the offer behind the operations' back."""
    with tenant_work(organisation) as session:
        one = session.scalars(select(OwnershipTransfer)).one()
        for name, value in values.items():
            setattr(one, name, value)


def test_it_moves_when_it_is_accepted_and_not_before(acme, browse, mailbox):
    alice, bob = browse(acme, "Alice"), browse(acme, "Bob")
    answer = alice.post(f"{PAGE}/offer", {"to": acme.email("Bob")})
    assert answer.status_code == 303
    assert "Bob was told by mail" in alice.follow(answer).text
    assert (stored(acme, "Alice").role, stored(acme, "Bob").role) == ("owner", "member")
    event, actor, target, _ = last_entry(acme)
    assert (event, actor, target) == ("members.ownership.offered", "Alice", "Bob")
    text = " ".join(mailbox.text(acme.email("Bob")).split())
    assert "Alice offers you the ownership of Acme" in text
    assert "Alice becomes an admin" in text
    page = bob.get(path_of(mailbox.link(acme.email("Bob"))))
    assert "Alice offers you the ownership" in page.text
    assert bob.post(f"{PAGE}/accept").status_code == 303
    assert (stored(acme, "Alice").role, stored(acme, "Bob").role) == ("admin", "owner")
    assert last_entry(acme) == (
        *("members.ownership.accepted", "Bob", "Alice"),
        {"role": ["Member", "Owner"], "former_owner": ["Owner", "Admin"]},
    )
    assert "You are an admin now." in " ".join(mailbox.text(acme.email("Alice")).split())
    assert alice.get(f"{PAGE}/offer").status_code == 403
    assert bob.get(f"{PAGE}/offer").status_code == 200


def test_who_offers_it_may_stay_an_owner(acme, mailbox):
    offer(acme, stays=True)
    act(acme, "accept_ownership", by="Bob")
    assert (stored(acme, "Alice").role, stored(acme, "Bob").role) == ("owner", "owner")
    assert "You are both owners now." in " ".join(mailbox.text(acme.email("Alice")).split())


def test_whom_it_is_offered_to_is_told_on_their_pages(acme, browse):
    offer(acme)
    told = "offers you the ownership of Acme"
    for path in ("/", "/people", "/people/roles"):
        assert told in browse(acme, "Bob").get(path).text
        for other in ("Alice", "Adam", "Vera"):
            assert told not in browse(acme, other).get(path).text


def test_it_can_be_declined(acme, browse, mailbox):
    offer(acme)
    assert browse(acme, "Bob").post(f"{PAGE}/decline", page=PAGE).status_code == 303
    assert (stored(acme, "Alice").role, stored(acme, "Bob").role) == ("owner", "member")
    assert last_entry(acme)[:3] == ("members.ownership.declined", "Bob", "Alice")
    assert "Bob declined" in mailbox.text(acme.email("Alice"))
    with pytest.raises(Conflict):
        act(acme, "accept_ownership", by="Bob")
    offer(acme)
    assert offers(acme) == [("declined", True), ("", False)]


def test_it_can_be_taken_back_by_any_owner_alone(acme, browse):
    hire(acme, "Amy", "owner")
    offer(acme)
    assert browse(acme, "Adam").post(f"{PAGE}/cancel", page=PAGE).status_code == 403
    assert browse(acme, "Bob").post(f"{PAGE}/cancel", page=PAGE).status_code == 403
    assert browse(acme, "Amy").post(f"{PAGE}/cancel", page=PAGE).status_code == 303
    assert last_entry(acme)[:3] == ("members.ownership.cancelled", "Amy", "Bob")
    answer = browse(acme, "Bob").post(f"{PAGE}/accept", page=PAGE)
    assert answer.status_code == 409
    assert "There is no offer any more" in answer.text
    assert browse(acme, "Amy").post(f"{PAGE}/cancel", page=PAGE).status_code == 409


def test_nobody_accepts_or_declines_for_somebody_else(acme, browse):
    offer(acme)
    for person in ("Adam", "Vera", "Alice"):
        for what in ("accept", "decline"):
            assert browse(acme, person).post(f"{PAGE}/{what}", page=PAGE).status_code == 409
    assert offers(acme) == [("", False)]
    assert browse(acme, "Bob").post(f"{PAGE}/accept", page=PAGE).status_code == 303


def test_after_a_week_it_is_too_late_and_another_can_be_made(acme, browse):
    offer(acme)
    put(acme, expires_at=now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        act(acme, "accept_ownership", by="Bob")
    assert "offers you the ownership" not in browse(acme, "Bob").get("/people").text
    offer(acme, "Vera")
    assert offers(acme) == [("expired", True), ("", False)]
    told = [(entry.event, entry.target_label) for entry in log(acme)][-2:]
    assert told == [("members.ownership.expired", "Bob"), ("members.ownership.offered", "Vera")]
    act(acme, "accept_ownership", by="Vera")


def test_it_holds_for_a_week(acme):
    offer(acme)
    with tenant_scope(acme) as session:
        one = session.scalars(select(OwnershipTransfer)).one()
    assert one.expires_at - one.offered_at > timedelta(days=6, hours=23)


def test_one_is_open_at_a_time(acme, browse):
    offer(acme)
    with pytest.raises(Conflict, match="offered to somebody already"):
        offer(acme, "Vera")
    answer = browse(acme, "Alice").post(f"{PAGE}/offer", {"to": acme.email("Vera")})
    assert answer.status_code == 409
    assert acme.email("Vera") in answer.text


def test_only_an_owner_offers_it(acme):
    hire(acme, "Kim", custom_role(acme, "Heir", "members.view", "members.transfer"))
    for person in ("Adam", "Bob", "Kim"):
        with pytest.raises(NotAllowed):
            offer(acme, "Vera", by=person)
    offer(acme, "Vera", by="Alice")


@pytest.mark.parametrize("to", ["", "nobody@example.com", "no address", "alice", "off", "amy", "gone"])
def test_it_is_offered_to_active_people_who_are_no_owners(acme, browse, to):
    hire(acme, "Off", is_active=False)
    hire(acme, "Gone", is_active=False, removed_at=now())
    hire(acme, "Amy", "owner")
    address = acme.email(to.capitalize()) if to.capitalize() in acme.people else to
    answer = browse(acme, "Alice").post(f"{PAGE}/offer", {"to": address})
    assert answer.status_code == 422
    assert 'id="to-error"' in answer.text
    assert offers(acme) == []
    assert browse(acme, "Alice").post(f"{PAGE}/offer", {"to": acme.email("Bob").upper()}).status_code == 303


def test_the_right_to_offer_is_checked_again_when_it_is_accepted(acme):
    offer(acme)
    with tenant_work(acme) as session:
        session.get_one(User, acme.people["Alice"].id).role = "admin"
        session.get_one(User, acme.people["Adam"].id).role = "owner"
    with pytest.raises(Conflict, match="no longer an owner"):
        act(acme, "accept_ownership", by="Bob")
    assert stored(acme, "Bob").role == "member"
    with tenant_work(acme) as session:
        session.get_one(User, acme.people["Alice"].id).role = "owner"
    act(acme, "accept_ownership", by="Bob")


@pytest.mark.parametrize("what", ["demoted", "deactivated", "removed", "left"])
def test_it_ends_with_the_ownership_of_who_offered_it(acme, mailbox, what):
    hire(acme, "Amy", "owner")
    offer(acme)
    alice = acme.people["Alice"]
    with tenant_work(acme):
        amy = actor_of(acme, "Amy")
        if what == "demoted":
            people.change_role(alice, to="member", actor=amy)
        elif what == "left":
            people.leave(alice, actor=actor_of(acme, "Alice"))
        else:
            {"deactivated": people.deactivate, "removed": people.remove}[what](alice, actor=amy)
    assert offers(acme) == [("withdrawn", True)]
    (entry,) = [entry for entry in log(acme) if entry.event == "members.ownership.withdrawn"]
    by = "Alice" if what == "left" else "Amy"
    assert (entry.actor_name, entry.target_label, entry.facts) == (by, "Bob", {"offered_by": "Alice"})
    assert "the offer has ended" in " ".join(mailbox.text(acme.email("Bob")).split())
    with pytest.raises(Conflict):
        act(acme, "accept_ownership", by="Bob")
    offer(acme, by="Amy")


def test_it_ends_when_whom_it_was_offered_to_goes(acme):
    offer(acme)
    with tenant_work(acme):
        people.deactivate(acme.people["Bob"], actor=actor_of(acme, "Alice"))
    assert offers(acme) == [("withdrawn", True)]


def test_offering_and_accepting_ask_for_the_password(acme, browse):
    offer(acme)
    tokens = {person: acme.session_of(person) for person in ("Alice", "Bob")}
    with tenant_work(acme) as session:
        for one in session.scalars(select(UserSession)):
            one.confirmed_at = now() - timedelta(days=1)
    for person, path in (("Alice", "offer"), ("Bob", "accept")):
        browser = browse(acme)
        browser.carry_session(tokens[person])
        browser.get(PAGE)
        assert "/confirm" in browser.post(f"{PAGE}/{path}", {"to": acme.email("Vera")}).headers["Location"]
    assert stored(acme, "Bob").role == "member"
    assert browse(acme, "Bob").get(f"{PAGE}/accept").status_code == 200


def test_everybody_sees_who_owns_the_organisation(acme, browse):
    page = browse(acme, "Vera").get(PAGE).text
    assert acme.email("Alice") in page
    assert "Offer the ownership" not in page
    assert "Offer the ownership" in browse(acme, "Alice").get(PAGE).text
    kim = hire(acme, "Kim", custom_role(acme, "Machine", "workflows.view"))
    assert browse(acme, kim.name).get(PAGE).status_code == 200


def test_of_accepting_and_taking_back_at_once_one_happens(acme):
    offer(acme)
    alice, bob = actor_of(acme, "Alice"), actor_of(acme, "Bob")
    begin, outcomes = Barrier(8), []

    def go(what: str) -> None:
        begin.wait()
        try:
            with tenant_work(acme):
                if what == "accept":
                    operations.accept_ownership(actor=bob)
                else:
                    operations.cancel_offer(actor=alice)
            outcomes.append(what)
        except DomainError:
            pass

    threads = [Thread(target=go, args=(what,)) for what in ("accept", "cancel") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert stored(acme, "Bob").role == ("owner" if outcomes == ["accept"] else "member")
    assert len(log(acme)) == 2


def test_of_many_offers_at_once_one_is_made(acme):
    actor, begin, outcomes = actor_of(acme, "Alice"), Barrier(6), []

    def go(person: str) -> None:
        begin.wait()
        try:
            with tenant_work(acme):
                operations.offer_ownership(acme.people[person], actor=actor)
            outcomes.append("offered")
        except (Conflict, Invalid) as refused:
            outcomes.append(type(refused).__name__)

    threads = [Thread(target=go, args=(person,)) for person in ("Bob", "Vera") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict"] * 5 + ["offered"]
    assert offers(acme) == [("", False)]
