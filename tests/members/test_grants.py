"""Extra permissions: given and taken one by one, everywhere or in one team, within what one holds oneself."""

from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from saas.core.ids import new_id
from saas.members.models import Grant, Team
from saas.members.operations import grants as operations
from saas.members.operations.people import deactivate, remove
from saas.members.queries.people import get_grant
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation
from tests.members.staff import VIEWS, actor_of, custom_role, grant, hire, last_entry, log, team

MANAGER = ("members.manage", *VIEWS)


def give(
    organisation: Organisation, person: str, permission: str, team_id: UUID | None = None, *, by: str = "Alice"
) -> UUID:
    with tenant_work(organisation):
        user = organisation.people[person]
        return operations.give(user, permission=permission, team_id=team_id, actor=actor_of(organisation, by)).id


def take(organisation: Organisation, person: str, grant_id: UUID, *, by: str = "Alice") -> None:
    with tenant_work(organisation):
        operations.take(get_grant(grant_id, of=organisation.people[person].id), actor=actor_of(organisation, by))


def test_one_more_permission_holds_from_the_next_request_on(acme, browse):
    alice, bob = browse(acme, "Alice"), browse(acme, "Bob")
    path = f"/people/{acme.people['Bob'].id}/grants/new"
    assert bob.get("/settings").status_code == 403
    answer = alice.post(path, {"permission": "organisations.configure", "team": ""})
    assert answer.status_code == 303
    assert bob.get("/settings").status_code == 200
    assert last_entry(acme) == (
        *("members.grant.given", "Alice", "Bob"),
        {"permission": [None, "organisations.configure"], "team": [None, None]},
    )
    page = alice.follow(answer).text
    assert "given by Alice" in page


def test_it_is_taken_back(acme, browse):
    number, alice, bob = give(acme, "Bob", "organisations.configure"), browse(acme, "Alice"), browse(acme, "Bob")
    assert bob.get("/settings").status_code == 200
    path = f"/people/{acme.people['Bob'].id}/grants/{number}/delete"
    assert alice.post(path, page="/people").status_code == 303
    assert bob.get("/settings").status_code == 403
    assert last_entry(acme)[0] == "members.grant.taken"
    assert last_entry(acme)[3] == {"permission": ["organisations.configure", None], "team": [None, None]}
    assert alice.post(path).status_code == 404


def test_in_a_team_it_holds_there_and_below(acme):
    sales = team(acme, "Sales")
    north = team(acme, "North", parent=sales)
    other = team(acme, "Other")
    give(acme, "Bob", "members.invite", sales)
    bob = actor_of(acme, "Bob")
    assert bob.can("members.invite", [sales])
    assert bob.can("members.invite", [sales, north])
    assert not bob.can("members.invite", [other])
    assert not bob.can("members.invite")
    assert last_entry(acme)[3] == {"permission": [None, "members.invite"], "team": [None, "Sales"]}


def test_not_every_permission_can_be_given_in_a_team(acme, browse):
    sales = team(acme, "Sales")
    answer = browse(acme, "Alice").post(
        f"/people/{acme.people['Bob'].id}/grants/new", {"permission": "members.manage", "team": str(sales)}
    )
    assert answer.status_code == 422
    assert "for the whole organisation" in answer.text
    assert log(acme, "members.grant") == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"permission": "", "team": ""}, "permission"),
        ({"permission": "universe.rule", "team": ""}, "permission"),
        ({"permission": "members.invite", "team": "x"}, "team"),
        ({"permission": "members.invite", "team": "0193a5f0-0000-7000-8000-000000000000"}, "team"),
    ],
)
def test_what_is_not_there_is_refused_beside_its_field(acme, browse, form, field):
    answer = browse(acme, "Alice").post(f"/people/{acme.people['Bob'].id}/grants/new", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert log(acme) == []


def test_a_team_of_another_organisation_is_not_there(acme, umbrella):
    theirs = team(umbrella, "Sales")
    with pytest.raises(Invalid) as refusal:
        give(acme, "Bob", "members.invite", theirs)
    assert refusal.value.field == "team"
    give(umbrella, hire(umbrella, "Dan").name, "members.invite", theirs, by="Charlie")


def test_what_is_held_already_is_not_given_again(acme):
    sales = team(acme, "Sales", Bob=False)
    north = team(acme, "North", parent=sales)
    with pytest.raises(Invalid, match="holds this already"):
        give(acme, "Bob", "members.view")
    give(acme, "Bob", "members.invite", sales)
    for team_id in (sales, north):
        with pytest.raises(Invalid, match="holds this already"):
            give(acme, "Bob", "members.invite", team_id)
    give(acme, "Bob", "members.invite")


def test_nobody_gives_more_than_they_hold(acme):
    sales = team(acme, "Sales")
    hire(acme, "Kim", custom_role(acme, "People", *MANAGER))
    grant(acme, "Kim", "members.invite", sales)
    with pytest.raises(Invalid, match="more than you hold"):
        give(acme, "Vera", "members.teams", by="Kim")
    with pytest.raises(Invalid, match="more than you hold"):
        give(acme, "Vera", "members.invite", by="Kim")
    give(acme, "Vera", "members.invite", sales, by="Kim")
    give(acme, "Vera", "members.manage", by="Kim")


def test_nobody_gives_to_or_takes_from_whoever_holds_more(acme):
    hire(acme, "Kim", custom_role(acme, "People", *MANAGER))
    with pytest.raises(NotAllowed):
        give(acme, "Adam", "workflows.view", by="Kim")
    strong = grant(acme, "Vera", "members.roles")
    with pytest.raises(NotAllowed):
        take(acme, "Vera", strong, by="Kim")
    with pytest.raises(NotAllowed):
        take(acme, "Vera", strong, by="Adam")
    take(acme, "Vera", strong, by="Alice")
    weak = grant(acme, "Vera", "members.manage")
    take(acme, "Vera", weak, by="Kim")


def test_nobody_gives_to_themselves(acme, browse):
    """Else a right would outlive the role it came with."""
    with pytest.raises(Conflict, match="yourself"):
        give(acme, "Adam", "members.manage", by="Adam")
    answer = browse(acme, "Adam").post(f"/people/{acme.people['Adam'].id}/grants/new", {"permission": "members.roles"})
    assert answer.status_code == 409
    hire(acme, "Ada", "admin")
    give(acme, "Bob", "members.manage", by="Adam")


def test_members_and_viewers_give_nothing(acme, browse):
    for person in ("Bob", "Vera"):
        with pytest.raises(NotAllowed):
            give(acme, "Vera" if person == "Bob" else "Bob", "members.view", by=person)
        path = f"/people/{acme.people['Adam'].id}/grants/new"
        assert browse(acme, person).post(path, {"permission": "members.view"}, page="/people").status_code == 403


def test_a_removed_person_gets_nothing_and_a_deactivated_one_later(acme):
    with tenant_work(acme):
        remove(acme.people["Vera"], actor=actor_of(acme, "Alice"))
        deactivate(acme.people["Bob"], actor=actor_of(acme, "Alice"))
    with pytest.raises(Conflict):
        give(acme, "Vera", "members.invite")
    give(acme, "Bob", "members.invite")


def test_somebody_elses_grant_is_not_found_under_another_name(acme, browse):
    number = grant(acme, "Bob", "members.invite")
    alice = browse(acme, "Alice")
    wrong = f"/people/{acme.people['Vera'].id}/grants/{number}/delete"
    assert alice.post(wrong, page="/people").status_code == 404
    assert alice.post(f"/people/{acme.people['Bob'].id}/grants/{new_id()}/delete").status_code == 404
    assert alice.post(f"/people/{acme.people['Bob'].id}/grants/{number}/delete").status_code == 303


def test_grants_go_with_their_team(acme):
    sales = team(acme, "Sales")
    give(acme, "Bob", "members.invite", sales)
    with tenant_work(acme) as session:
        session.delete(session.get_one(Team, sales))
    with tenant_scope(acme) as session:
        assert session.scalars(select(Grant)).all() == []


def test_of_many_who_give_or_take_the_same_at_once_one_does(acme):
    actor, number = actor_of(acme, "Alice"), grant(acme, "Vera", "members.invite")
    begin, outcomes = Barrier(10), []

    def act(what: str) -> None:
        begin.wait()
        try:
            with tenant_work(acme):
                if what == "give":
                    operations.give(acme.people["Bob"], permission="members.invite", actor=actor)
                else:
                    operations.take(get_grant(number, of=acme.people["Vera"].id), actor=actor)
            outcomes.append((what, "done"))
        except DomainError as refused:
            outcomes.append((what, type(refused).__name__))

    threads = [Thread(target=act, args=(what,)) for what in ("give", "take") * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [
        *[("give", "Invalid")] * 4,
        ("give", "done"),
        *[("take", NotFound.__name__)] * 4,
        ("take", "done"),
    ]
    assert sorted(entry.event for entry in log(acme)) == ["members.grant.given", "members.grant.taken"]
