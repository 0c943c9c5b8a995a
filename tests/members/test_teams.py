"""Teams in a tree: what they may look like, who may change what, what becomes of people, and what is recorded."""

from collections.abc import Iterator
from functools import partial
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed, NotFound
from saas.members.demo import fill
from saas.members.models import Grant, Team
from saas.members.operations import teams as operations
from saas.members.operations.people import remove
from saas.members.operations.teams import DEEPEST, add_member, create_team, delete_team, move_team
from saas.members.queries.team_previews import preview_deletion, preview_move
from saas.members.queries.team_tree import get_tree
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.members.team_support import Firm, at_once, make_firm
from tests.support import statements_sent


@pytest.fixture
def firm(app) -> Firm:
    return make_firm()


@pytest.fixture
def statements(app) -> Iterator[list[str]]:
    """The SQL statements sent so far."""
    with statements_sent() as sent:
        yield sent


def move(firm: Firm, team: str, to: str, actor=SYSTEM, **seen) -> None:
    with tenant_work(firm.organisation):
        move_team(firm.ids[team], parent_id=firm.ids[to] if to else None, actor=actor, **seen)


def allow(firm: Firm, person: str, permission: str) -> None:
    """Give somebody a permission everywhere."""
    with tenant_work(firm.organisation) as session:
        session.add(Grant(user_id=firm.person(person), permission=permission))


def delete(firm: Firm, team: str, children: str = "up", members: str = "parent", actor=SYSTEM) -> None:
    with tenant_work(firm.organisation):
        delete_team(firm.ids[team], children=children, members=members, actor=actor)


def change(firm: Firm, team: str, act, *args, **options):
    """Do something with a team."""
    with tenant_work(firm.organisation):
        return act(db.session.get_one(Team, firm.ids[team]), *args, **{"actor": SYSTEM, **options})


class TestNames:
    @pytest.mark.parametrize("name", ["North", "NORTH", "  north ", "ＮＯＲＴＨ"])
    def test_a_name_is_there_once_beside_others_however_it_is_written(self, firm, name):
        with pytest.raises(Invalid) as refused, tenant_work(firm.organisation):
            create_team(name=name, parent_id=firm.ids["Sales"], actor=SYSTEM)
        assert refused.value.field == "name"
        with tenant_work(firm.organisation):
            create_team(name=name, parent_id=firm.ids["Engineering"], actor=SYSTEM)

    def test_at_the_top_too(self, firm):
        with pytest.raises(Invalid), tenant_work(firm.organisation):
            create_team(name="sales", actor=SYSTEM)

    def test_renaming_keeps_to_it(self, firm):
        with pytest.raises(Invalid):
            change(firm, "South", operations.change_team, name="NORTH", description="")
        change(firm, "South", operations.change_team, name="south", description="Where it is warm")
        assert firm.tree()["south"] == "Sales / south"

    def test_of_two_at_once_one_is_made(self, firm):
        make = partial(create_team, name="Support", actor=SYSTEM)
        outcomes = at_once(firm, make, make)
        assert sorted(type(one).__name__ for one in outcomes) == ["Invalid", "Team"]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 101, "x" * 10_000, "a\0b", "a\nb", "a\u202eb", "\ud800"])
    def test_what_is_no_name_is_refused(self, firm, name):
        with pytest.raises(Invalid) as refused, tenant_work(firm.organisation):
            create_team(name=name, actor=SYSTEM)
        assert refused.value.field == "name"
        with tenant_work(firm.organisation):
            create_team(name="x" * 100, actor=SYSTEM)

    @pytest.mark.parametrize("description", ["x" * 1001, "a\0b", "a\u200bb"])
    def test_what_is_no_description_is_refused(self, firm, description):
        with pytest.raises(Invalid) as refused:
            change(firm, "South", operations.change_team, name="South", description=description)
        assert refused.value.field == "description"
        change(firm, "South", operations.change_team, name="South", description="Two\nlines")


class TestMoving:
    def test_all_below_follow_in_one_statement(self, firm, statements):
        statements.clear()
        move(firm, "North", "Engineering")
        assert firm.tree() == {
            "Sales": "Sales",
            "South": "Sales / South",
            "Engineering": "Engineering",
            "North": "Engineering / North",
            "Hamburg": "Engineering / North / Hamburg",
            "Munich": "Engineering / North / Munich",
        }
        assert len([sent for sent in statements if sent.startswith("UPDATE teams")]) == 1

    def test_a_team_can_move_to_the_top_and_back(self, firm):
        move(firm, "Hamburg", "")
        assert firm.tree()["Hamburg"] == "Hamburg"
        move(firm, "Hamburg", "North")
        assert firm.tree()["Hamburg"] == "Sales / North / Hamburg"

    @pytest.mark.parametrize("to", ["North", "Hamburg", "Munich"])
    def test_never_below_itself(self, firm, to):
        with pytest.raises(Invalid) as refused:
            move(firm, "North", to)
        assert refused.value.field == "parent"
        assert firm.tree()["Hamburg"] == "Sales / North / Hamburg"

    def test_two_moves_at_once_make_no_ring(self, firm):
        one = partial(move_team, firm.ids["Sales"], parent_id=firm.ids["Engineering"], actor=SYSTEM)
        other = partial(move_team, firm.ids["Engineering"], parent_id=firm.ids["Hamburg"], actor=SYSTEM)
        outcomes = at_once(firm, one, other)
        assert sorted(type(one).__name__ for one in outcomes) == ["Invalid", "Team"]
        assert len(firm.tree()) == 6

    def test_many_moves_at_once_leave_a_tree(self, firm):
        names = list(firm.ids)
        acts = [
            partial(move_team, firm.ids[one], parent_id=firm.ids[names[(number * 5 + 2) % 6]], actor=SYSTEM)
            for number, one in enumerate(names)
        ]
        at_once(firm, *acts)
        assert set(firm.tree()) == set(names)

    def test_a_team_made_below_one_that_moves_follows(self, firm):
        make = partial(create_team, name="Altona", parent_id=firm.ids["Hamburg"], actor=SYSTEM)
        away = partial(move_team, firm.ids["North"], parent_id=firm.ids["Engineering"], actor=SYSTEM)
        at_once(firm, make, away)
        assert firm.tree()["Altona"] == "Engineering / North / Hamburg / Altona"

    def test_a_team_deleted_while_another_moves_below_it_loses_nothing(self, firm):
        gone = partial(delete_team, firm.ids["South"], children="up", members="leave", actor=SYSTEM)
        into = partial(move_team, firm.ids["Hamburg"], parent_id=firm.ids["South"], actor=SYSTEM)
        outcomes = at_once(firm, gone, into)
        assert "Hamburg" in firm.tree()
        assert [type(one) for one in outcomes if isinstance(one, Exception)] in ([], [NotFound])

    def test_where_it_is_already_is_no_move(self, firm):
        with pytest.raises(Invalid):
            move(firm, "North", "Sales")
        with pytest.raises(Invalid):
            move(firm, "Sales", "")

    def test_not_beside_another_of_its_name(self, firm):
        with tenant_work(firm.organisation):
            create_team(name="NORTH", parent_id=firm.ids["Engineering"], actor=SYSTEM)
        with pytest.raises(Invalid):
            move(firm, "North", "Engineering")
        move(firm, "South", "Engineering")

    def look(self, firm: Firm, team: str, to: str) -> str:
        """The mark of what a move would do now."""
        with tenant_scope(firm.organisation):
            parent = db.session.get_one(Team, firm.ids[to])
            return preview_move(db.session.get_one(Team, firm.ids[team]), parent).mark

    def test_not_when_somebody_moved_it_since_it_was_looked_at(self, firm):
        seen = self.look(firm, "Hamburg", "Engineering")
        move(firm, "Hamburg", "South")
        with pytest.raises(Conflict):
            move(firm, "Hamburg", "Engineering", seen=seen)
        move(firm, "Hamburg", "Engineering", seen=self.look(firm, "Hamburg", "Engineering"))
        move(firm, "Hamburg", "North")

    def test_nobody_removed_meanwhile_ends_up_in_a_team(self, firm):
        def add() -> None:
            add_member(db.session.get_one(Team, firm.ids["South"]), firm.person("Bob"), actor=SYSTEM)

        def go() -> None:
            remove(db.session.get_one(User, firm.person("Bob")), actor=SYSTEM)

        at_once(firm, add, go)
        assert "Bob" not in firm.people_of("South")
        change(firm, "South", add_member, firm.person("Gus"))
        assert "Gus" in firm.people_of("South")

    def test_nobody_gains_a_team_by_moving_it_below_one_that_they_lead(self, firm):
        allow(firm, "Tara", "members.teams")
        with pytest.raises(NotAllowed, match="more than you hold"):
            move(firm, "Engineering", "North", actor=firm.actor("Tara"))
        move(firm, "Engineering", "South", actor=firm.actor("Tara"))
        move(firm, "Engineering", "North", actor=firm.actor("Adam"))
        assert firm.tree()["Engineering"] == "Sales / North / Engineering"

    def test_nobody_takes_a_team_from_a_lead_who_holds_more(self, firm):
        allow(firm, "Vera", "members.teams")
        with pytest.raises(NotAllowed, match="more than you hold"):
            move(firm, "Hamburg", "", actor=firm.actor("Vera"))
        move(firm, "South", "Engineering", actor=firm.actor("Vera"))
        move(firm, "Hamburg", "", actor=firm.actor("Adam"))
        assert firm.tree()["Hamburg"] == "Hamburg"

    def test_twelve_levels_are_the_deepest(self, firm):
        with tenant_work(firm.organisation):
            low = firm.ids["Engineering"]
            for level in range(2, DEEPEST + 1):
                low = create_team(name=f"Level {level}", parent_id=low, actor=SYSTEM).id
                firm.ids[f"Level {level}"] = low
        with pytest.raises(Invalid), tenant_work(firm.organisation):
            create_team(name="Level 13", parent_id=low, actor=SYSTEM)
        with pytest.raises(Invalid):
            move(firm, "North", "Level 11")
        move(firm, "North", "Level 10")
        assert firm.tree()["Hamburg"].count("/") == DEEPEST - 1

    @pytest.mark.parametrize("position", ["team", "parent"])
    def test_teams_of_others_are_not_found(self, firm, position):
        theirs = make_firm().ids["North"]
        ids = {"team": firm.ids["North"], "parent": firm.ids["Engineering"], position: theirs}
        with pytest.raises(NotFound), tenant_work(firm.organisation):
            move_team(ids["team"], parent_id=ids["parent"], actor=SYSTEM)


OUTCOMES = {
    ("up", "parent"): ({"Hamburg": "Sales / Hamburg", "Munich": "Sales / Munich"}, {"Tara": False, "Bob": False}),
    ("up", "leave"): ({"Hamburg": "Sales / Hamburg", "Munich": "Sales / Munich"}, {}),
    ("delete", "parent"): ({}, {"Tara": False, "Bob": False}),
    ("delete", "leave"): ({}, {}),
}


class TestDeleting:
    @pytest.mark.parametrize(("children", "members"), list(OUTCOMES))
    def test_what_becomes_of_teams_and_people_is_chosen(self, firm, children, members):
        delete(firm, "North", children, members)
        below, moved = OUTCOMES[children, members]
        rest = {"Sales": "Sales", "South": "Sales / South", "Engineering": "Engineering"}
        assert firm.tree() == rest | below
        assert firm.people_of("Sales") == moved
        if children == "up":
            assert firm.people_of("Hamburg") == {"Bob": False}

    @pytest.mark.parametrize(("children", "members"), list(OUTCOMES))
    def test_the_preview_tells_what_then_happens(self, firm, children, members):
        with tenant_scope(firm.organisation):
            team = db.session.get_one(Team, firm.ids["North"])
            told = preview_deletion(team, children=children, members=members)
        before = set(firm.tree())
        delete(firm, "North", children, members)
        assert before - set(firm.tree()) == set(told.gone)
        assert set(told.moved_up) == set(OUTCOMES[children, members][0])
        assert told.come == len(firm.people_of("Sales"))
        assert told.come + told.leave == 2
        assert {(reach.person, reach.why) for reach in told.ended} == {
            ("Tara", "leads North"),
            ("Gus", "“Manage teams” in North"),
        }

    def test_whoever_is_in_the_team_above_already_stays_as_they_are(self, firm):
        change(firm, "Sales", operations.add_member, firm.person("Tara"))
        change(firm, "Sales", operations.set_lead, firm.person("Tara"), leads=True)
        with tenant_scope(firm.organisation):
            told = preview_deletion(db.session.get_one(Team, firm.ids["North"]), children="up", members="parent")
        assert (told.come, told.stay, told.leave) == (1, 1, 0)
        delete(firm, "North")
        assert firm.people_of("Sales") == {"Tara": True, "Bob": False}

    def test_the_people_of_a_topmost_team_just_leave(self, firm):
        change(firm, "Engineering", operations.add_member, firm.person("Bob"))
        delete(firm, "Engineering", members="parent")
        assert "Engineering" not in firm.tree()
        assert firm.people_of("North") == {"Tara": True, "Bob": False}

    def test_a_team_does_not_move_up_to_another_of_its_name(self, firm):
        change(firm, "Hamburg", operations.change_team, name="South", description="")
        with tenant_scope(firm.organisation):
            told = preview_deletion(db.session.get_one(Team, firm.ids["North"]), children="up", members="leave")
        assert told.clash == "South"
        with pytest.raises(Conflict):
            delete(firm, "North")
        assert firm.people_of("North") == {"Tara": True, "Bob": False}
        delete(firm, "North", "delete")

    def test_one_may_move_up_to_the_name_of_the_deleted_team(self, firm):
        change(firm, "Hamburg", operations.change_team, name="North", description="")
        delete(firm, "North")
        assert firm.tree()["North"] == "Sales / North"

    def test_what_was_held_in_the_team_ends(self, firm):
        assert firm.actor("Gus").can_somewhere("members.teams")
        delete(firm, "North", members="leave")
        assert not firm.actor("Gus").can_somewhere("members.teams")
        assert not firm.actor("Tara").can_somewhere("members.teams")
        with tenant_scope(firm.organisation):
            assert db.session.scalars(select(Grant)).all() == []

    def test_unknown_teams_are_not_found(self, firm):
        with pytest.raises(NotFound), tenant_work(firm.organisation):
            delete_team(uuid4(), children="up", members="leave", actor=SYSTEM)


class TestThePreviewOfAMove:
    def told(self, firm: Firm, team: str, to: str):
        with tenant_scope(firm.organisation):
            parent = db.session.get_one(Team, firm.ids[to]) if to else None
            told = preview_move(db.session.get_one(Team, firm.ids[team]), parent)
        return told, {one.person for one in told.lose}, {one.person for one in told.gain}

    def test_it_counts_what_moves(self, firm):
        told, lose, gain = self.told(firm, "North", "Engineering")
        assert (told.teams, told.people) == (3, 2)
        assert (lose, gain) == (set(), set())

    def test_leads_and_grants_above_lose_and_gain(self, firm):
        assert self.told(firm, "Hamburg", "South")[1:] == ({"Tara", "Gus"}, set())
        assert self.told(firm, "South", "North")[1:] == (set(), {"Tara", "Gus"})

    def test_what_a_role_or_another_team_gives_is_not_lost(self, firm):
        with tenant_work(firm.organisation):
            db.session.execute(update(User).where(User.id == firm.person("Gus")).values(role="admin"))
            db.session.add(Grant(user_id=firm.person("Tara"), permission="members.teams", team_id=firm.ids["Sales"]))
        told, lose, gain = self.told(firm, "Hamburg", "South")
        assert (lose, gain) == ({"Tara"}, set())
        assert "Manage teams" not in told.lose[0].permissions
        assert "Invite people" in told.lose[0].permissions


ALLOWED = {
    "rename": {"North", "Hamburg", "Munich"},
    "add below": {"North", "Hamburg", "Munich"},
    "move to Munich": {"Hamburg"},
    "move to South": set(),
    "move to the top": set(),
    "delete": {"Hamburg", "Munich"},
    "add a person": {"North", "Hamburg", "Munich"},
}
DEEDS = {
    "rename": lambda firm, team, actor: change(
        firm, team, operations.change_team, name=f"New {team}", description="", actor=actor
    ),
    "add below": lambda firm, team, actor: create_in(firm, team, actor),
    "move to Munich": lambda firm, team, actor: move(firm, team, "Munich", actor),
    "move to South": lambda firm, team, actor: move(firm, team, "South", actor),
    "move to the top": lambda firm, team, actor: move(firm, team, "", actor),
    "delete": lambda firm, team, actor: delete(firm, team, actor=actor),
    "add a person": lambda firm, team, actor: change(
        firm, team, operations.add_member, firm.person("Alice"), actor=actor
    ),
}


def create_in(firm: Firm, team: str, actor) -> None:
    with tenant_work(firm.organisation):
        create_team(name="Another", parent_id=firm.ids[team], actor=actor)


class TestReach:
    @pytest.mark.parametrize(
        ("deed", "team"), list(product(DEEDS, ["Sales", "North", "Hamburg", "South", "Engineering"]))
    )
    def test_what_is_held_in_a_team_reaches_that_team_and_those_below(self, firm, deed, team):
        tara = firm.actor("Tara")
        if team in ALLOWED[deed]:
            DEEDS[deed](firm, team, tara)
            assert len(firm.events()) > 0
            return
        before, events = firm.tree(), len(firm.events())
        with pytest.raises((NotAllowed, Invalid)) as refused:
            DEEDS[deed](firm, team, tara)
        assert isinstance(refused.value, NotAllowed)
        assert (firm.tree(), len(firm.events())) == (before, events)

    def test_an_admin_reaches_everywhere_and_a_member_nowhere(self, firm):
        with pytest.raises(NotAllowed), tenant_work(firm.organisation):
            create_team(name="Mine", actor=firm.actor("Bob"))
        with tenant_work(firm.organisation):
            create_team(name="Mine", actor=firm.actor("Adam"))

    def test_a_lead_who_is_no_team_admin_reaches_nothing(self, firm):
        change(firm, "North", operations.set_lead, firm.person("Bob"), leads=True)
        with pytest.raises(NotAllowed):
            create_in(firm, "North", firm.actor("Bob"))

    @pytest.mark.parametrize(("person", "team", "fits"), [
        ("Tara", "North", True), ("Tara", "Hamburg", True), ("Tara", "South", False),
        ("Gus", "North", False), ("Gus", "South", False), ("Adam", "South", True),
    ])  # fmt: skip
    def test_only_who_holds_what_a_lead_holds_makes_somebody_lead(self, firm, person, team, fits):
        somebody = {"North": "Bob", "Hamburg": "Bob", "South": "Vera"}[team]
        act = partial(change, firm, team, operations.set_lead, firm.person(somebody), actor=firm.actor(person))
        if fits:
            act(leads=True)
            act(leads=False)
        else:
            with pytest.raises(NotAllowed):
                act(leads=True)
        assert firm.people_of(team)[somebody] is False

    def test_a_grant_to_manage_teams_takes_out_people_but_no_lead(self, firm):
        gus = firm.actor("Gus")
        with pytest.raises(NotAllowed):
            change(firm, "North", operations.remove_member, firm.person("Tara"), actor=gus)
        change(firm, "North", operations.remove_member, firm.person("Bob"), actor=gus)
        assert firm.people_of("North") == {"Tara": True}

    def test_nor_does_it_delete_a_team_where_somebody_holds_more(self, firm):
        gus = firm.actor("Gus")
        change(firm, "Hamburg", operations.add_member, firm.person("Tara"))
        change(firm, "Hamburg", operations.set_lead, firm.person("Tara"), leads=True)
        with pytest.raises(NotAllowed):
            delete(firm, "Hamburg", actor=gus)
        delete(firm, "Munich", actor=gus)
        assert {"Hamburg", "Munich"} & set(firm.tree()) == {"Hamburg"}


class TestPeople:
    def test_somebody_can_be_in_several_teams(self, firm):
        change(firm, "Engineering", operations.add_member, firm.person("Bob"))
        assert [team for team in firm.ids if "Bob" in firm.people_of(team)] == ["North", "Hamburg", "Engineering"]

    def test_not_twice_in_one_not_even_at_once(self, firm):
        with pytest.raises(Conflict):
            change(firm, "North", operations.add_member, firm.person("Bob"))

        def add() -> object:
            team = db.session.get_one(Team, firm.ids["South"])
            return operations.add_member(team, firm.person("Bob"), actor=SYSTEM)

        outcomes = at_once(firm, add, add)
        assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "User"]

    def test_nobody_who_is_unknown_deactivated_or_of_another_organisation(self, firm):
        other = make_firm()
        for user_id in (uuid4(), other.person("Bob")):
            with pytest.raises(NotFound):
                change(firm, "South", operations.add_member, user_id)
        with tenant_work(firm.organisation):
            db.session.execute(update(User).where(User.id == firm.person("Bob")).values(is_active=False))
        with pytest.raises(Conflict):
            change(firm, "South", operations.add_member, firm.person("Bob"))

    def test_whoever_is_not_in_the_team_can_neither_leave_nor_lead_it(self, firm):
        for act in (operations.remove_member, partial(operations.set_lead, leads=True)):
            with pytest.raises(NotFound):
                change(firm, "South", act, firm.person("Bob"))

    def test_counts_tell_people_once_and_leave_out_who_is_deactivated(self, firm):
        def counts() -> dict[str, tuple[int, int]]:
            with tenant_scope(firm.organisation):
                return {team.name: (team.people, team.in_all) for team in get_tree().walk()}

        assert counts()["Sales"] == (0, 3)
        assert counts()["North"] == (2, 2)
        assert counts()["Engineering"] == (0, 0)
        with tenant_work(firm.organisation):
            db.session.execute(update(User).where(User.id == firm.person("Bob")).values(is_active=False))
        assert counts()["North"] == (1, 1)
        assert counts()["Hamburg"] == (0, 0)


class TestTheLog:
    def test_every_operation_records_one_event(self, firm):
        begun, adam = len(firm.events()), firm.actor("Adam")
        create_in(firm, "South", adam)
        change(firm, "South", operations.change_team, name="Süd", description="Warm", actor=adam)
        change(firm, "South", operations.change_team, name="Süd", description="Hot", actor=adam)
        change(firm, "South", operations.change_team, name="Süd", description="Hot", actor=adam)
        move(firm, "South", "Engineering", adam)
        change(firm, "South", operations.add_member, firm.person("Bob"), actor=adam)
        change(firm, "South", operations.set_lead, firm.person("Bob"), leads=True, actor=adam)
        change(firm, "South", operations.set_lead, firm.person("Bob"), leads=True, actor=adam)
        change(firm, "South", operations.set_lead, firm.person("Bob"), leads=False, actor=adam)
        change(firm, "South", operations.remove_member, firm.person("Bob"), actor=adam)
        delete(firm, "South", actor=adam)
        assert firm.events()[begun:] == [
            "created", "renamed", "described", "moved", "member_added",
            "lead_given", "lead_taken", "member_removed", "deleted",
        ]  # fmt: skip

    def test_it_tells_what_was_and_what_is(self, firm):
        change(firm, "South", operations.change_team, name="Süd", description="Warm", actor=firm.actor("Adam"))
        entry = firm.last_entry()
        assert (entry.actor_name, entry.target_kind, entry.target_label) == ("Adam", "team", "Süd")
        assert entry.changes == {"name": ["South", "Süd"], "description": ["", "Warm"]}
        move(firm, "South", "", firm.actor("Adam"))
        assert firm.last_entry().changes == {"parent": ["Sales", None]}
        delete(firm, "North", "delete", "leave", firm.actor("Adam"))
        assert firm.last_entry().facts["teams"] == ["North", "Hamburg", "Munich"]

    def test_what_is_refused_is_not_recorded(self, firm):
        begun = len(firm.events())
        for act in (partial(move, firm, "North", "Hamburg"), partial(create_in, firm, "North", firm.actor("Bob"))):
            with pytest.raises((Invalid, NotAllowed)):
                act()
        assert len(firm.events()) == begun


def test_the_demo_shows_a_tree_that_somebody_leads(acme):
    with tenant_work(acme):
        db.session.execute(update(User).where(User.id == acme.people["Bob"].id).values(role="team_admin"))
        fill(seed=0, people=[user.id for user in acme.people.values()], days=30)
    with tenant_scope(acme):
        tree = {team.name: (team.in_all, len(team.path)) for team in get_tree().walk()}
    assert tree["Product"][0] + tree["Customers"][0] >= len(acme.people)
    assert tree["Platform"][1] == 3
    bob = Firm(acme, {}).actor("Bob")
    assert bob.can_somewhere("members.teams")
    assert not bob.can("members.teams")
