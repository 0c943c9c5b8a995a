"""The pages of teams: the tree, one team, and the forms that change them."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from uuid import uuid4

import pytest
from sqlalchemy import update

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.ids import new_id
from saas.members.models import Team, TeamMember
from saas.members.operations.teams import create_team
from saas.tenancy.scope import tenant_work
from tests.members.team_support import Firm, make_firm
from tests.support import statements_sent

LONG, CONTROL = "x" * 10_000, "a\u202eb"


@pytest.fixture
def firm(app) -> Firm:
    return make_firm()


@pytest.fixture
def open_as(firm, browse):
    """A browser of somebody of the firm."""
    return lambda person: browse(firm.organisation, person)


@pytest.fixture
def statements(app) -> Iterator[list[str]]:
    with statements_sent() as sent:
        yield sent


def names(page: str) -> list[str]:
    """The teams of a tree in their order."""
    return re.findall(r'class="tree-name" href="/teams/[^"]+">([^<]*)</a>', page)


def opened(page: str) -> list[str]:
    """The teams whose branches are shown."""
    return re.findall(r'<details class="tree-below" open><summary[^>]*aria-label="Teams below ([^"]+)"', page)


def options(page: str) -> list[str]:
    return re.findall(r"<option[^>]*>([^<]*)</option>", page)


def seen(page: str) -> str:
    """The mark of the preview that a page shows."""
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, "the page shows no preview"
    return found.group(1)


def value_of(page: str, name: str) -> str:
    """What a hidden field holds."""
    found = re.search(rf'name="{name}" type="hidden" value="([^"]*)"', page)
    assert found, f"there is no hidden field {name}"
    return found.group(1)


def fill(firm: Firm, number: int) -> None:
    """Many teams with somebody in each."""
    with tenant_work(firm.organisation):
        for name in range(number):
            team = Team(id=new_id(), name=f"Team {name:03}", name_key=f"team {name:03}", parent_id=firm.ids["South"])
            team.path = [firm.ids["Sales"], firm.ids["South"], team.id]
            db.session.add(team)
            db.session.flush()
            db.session.add(TeamMember(team_id=team.id, user_id=firm.person("Bob")))


class TestTheTree:
    def test_it_shows_every_team_with_its_counts(self, open_as):
        page = open_as("Vera").get("/teams").text
        assert names(page) == ["Engineering", "Sales", "North", "Hamburg", "Munich", "South"]
        figures = re.findall(r'tree-figure">(\d+)<.*?tree-figure muted">(\d+)<', page, re.DOTALL)
        assert figures == [("0", "0"), ("0", "3"), ("2", "2"), ("1", "1"), ("0", "0"), ("1", "1")]

    def test_it_costs_the_same_however_large_it_is(self, firm, open_as, statements):
        vera = open_as("Vera")
        vera.get("/teams")
        statements.clear()
        vera.get("/teams")
        few = len(statements)
        fill(firm, 60)
        statements.clear()
        assert len(names(vera.get("/teams").text)) == 66
        assert len(statements) == few <= 3

    def test_a_small_tree_is_open_and_a_large_one_as_far_as_it_fits(self, firm, open_as):
        vera = open_as("Vera")
        assert opened(vera.get("/teams").text) == ["Sales", "North"]
        fill(firm, 80)
        assert opened(vera.get("/teams").text) == ["Sales"]
        assert opened(vera.get("/teams?show=all").text) == ["Sales", "North", "South"]
        assert opened(vera.get("/teams?show=none").text) == []
        assert opened(vera.get(f"/teams?show=none&at={firm.ids['Hamburg']}").text) == ["Sales", "North"]

    @pytest.mark.parametrize("query", ["show=x", "at=nothing", "at=%00", "q=%00", "show=all&show=none"])
    def test_an_address_that_makes_no_sense_shows_the_tree(self, open_as, query):
        answer = open_as("Vera").get(f"/teams?{query}")
        assert (answer.status_code, len(names(answer.text))) == (200, 6)

    def test_a_filter_keeps_what_is_above_and_tells_how_many_were_found(self, open_as):
        vera = open_as("Vera")
        page = vera.get("/teams?q=HAMB").text
        assert names(page) == ["Sales", "North", "Hamburg"]
        assert "1 team found" in re.sub(r"\s+", " ", page)
        assert page.count("tree-faint") == 2
        assert "Nothing matches" in vera.get("/teams?q=nowhere").text
        assert "Nothing matches" in vera.get("/teams?q=%25").text

    def test_without_teams_it_says_what_to_do_to_whoever_may_do_it(self, acme, browse):
        assert 'href="/teams/new"' in browse(acme, "Adam").get("/teams").text
        page = browse(acme, "Vera").get("/teams").text
        assert "No teams yet" in page
        assert 'href="/teams/new"' not in page

    def test_a_team_admin_sees_which_teams_are_theirs(self, open_as):
        assert open_as("Tara").get("/teams").text.count("Yours") == 1
        assert "Yours" not in open_as("Vera").get("/teams").text

    def test_the_csv_holds_places_counts_and_no_formula(self, firm, open_as):
        with tenant_work(firm.organisation):
            create_team(name="=SUM(A1)", parent_id=firm.ids["South"], actor=SYSTEM)
        head, *rows = csv.reader(StringIO(open_as("Vera").get("/teams/export.csv").text))
        assert head == ["Name", "Place", "People", "People with teams below", "Description"]
        assert ["Hamburg", "Sales / North / Hamburg", "1", "1", ""] in rows
        assert "'=SUM(A1)" in [row[0] for row in rows]
        found = list(csv.reader(StringIO(open_as("Vera").get("/teams/export.csv?q=hamb").text)))
        assert [row[0] for row in found] == ["Name", "Hamburg"]

    def test_it_is_in_the_menu_of_whoever_may_see_people(self, open_as):
        assert 'href="/teams"' in open_as("Vera").get("/").text


class TestOneTeam:
    def test_it_shows_people_leads_teams_below_and_the_way(self, firm, open_as):
        page = open_as("Vera").get(f"/teams/{firm.ids['North']}").text
        assert re.findall(r'class="person-name"[^>]*>([^<]+)<', page) == ["Bob", "Tara", "Tara"]
        assert page.count(">Lead<") == 1
        crumbs = re.search(r'aria-label="Breadcrumb">(.*?)</nav>', page, re.DOTALL)
        assert re.findall(r">([A-Z][^<]+)<", crumbs.group(1)) == ["Teams", "Sales", "North"]
        assert f'href="/teams/{firm.ids["Hamburg"]}"' in page

    def test_whoever_may_not_change_it_is_offered_nothing(self, firm, open_as):
        address = f"/teams/{firm.ids['North']}"
        for person, offered in (("Vera", 0), ("Adam", 1), ("Tara", 1)):
            page = open_as(person).get(address).text
            assert page.count(f'href="{address}/edit"') == offered
        assert f'href="{address}/move"' not in open_as("Tara").get(address).text
        assert f'href="{address}/move"' in open_as("Adam").get(address).text

    def test_the_people_below_are_shown_on_demand(self, firm, open_as):
        vera = open_as("Vera")
        people = r'class="person-name"[^>]*>([^<]+)<'
        assert re.findall(people, vera.get(f"/teams/{firm.ids['Sales']}").text) == []
        below = vera.get(f"/teams/{firm.ids['Sales']}?below=1").text
        assert re.findall(people, below) == ["Bob", "Tara", "Vera"]
        assert f'<a href="/teams/{firm.ids["Hamburg"]}">Hamburg</a>' in below
        found = vera.get(f"/teams/{firm.ids['Sales']}?below=1&q=TAR").text
        assert re.findall(people, found) == ["Tara"]

    def test_it_costs_the_same_however_many_are_in(self, firm, open_as, statements):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}"
        adam.get(address)
        statements.clear()
        adam.get(address)
        few = len(statements)
        for person in ("Vera", "Gus", "Alice", "Adam"):
            adam.post(f"{address}/people/add", {"id": str(firm.person(person))})
        statements.clear()
        assert "1–6" in adam.get(address).text
        assert len(statements) == few <= 8

    def test_the_csv_holds_the_people_that_the_list_finds(self, firm, open_as):
        with tenant_work(firm.organisation):
            db.session.execute(update(User).where(User.id == firm.person("Bob")).values(name="@Bob"))
        answer = open_as("Vera").get(f"/teams/{firm.ids['Sales']}/people.csv?below=1&sort=-name")
        head, *rows = csv.reader(StringIO(answer.text))
        assert head == ["Name", "E-mail", "Role", "Teams", "Leads", "Since"]
        assert [row[:5] for row in rows][1] == [
            "Tara",
            firm.organisation.email("Tara"),
            "Team admin",
            "North",
            "North",
        ]
        assert rows[-1][0] == "'@Bob"
        assert rows[-1][3] == "North; Hamburg"

    def test_a_lead_of_another_role_is_told_apart(self, firm, open_as):
        adam = open_as("Adam")
        adam.post(f"/teams/{firm.ids['North']}/people/{firm.person('Bob')}/lead", page=f"/teams/{firm.ids['North']}")
        assert "Bob has another role than team admin" in adam.get(f"/teams/{firm.ids['North']}").text

    def test_a_long_way_is_shortened(self, firm, open_as):
        with tenant_work(firm.organisation):
            low = firm.ids["Hamburg"]
            for name in ("Altona", "Port", "Pier"):
                low = create_team(name=name, parent_id=low, actor=SYSTEM).id
        crumbs = re.search(r'aria-label="Breadcrumb">(.*?)</nav>', open_as("Vera").get(f"/teams/{low}").text, re.DOTALL)
        assert re.findall(r">([A-Z…][^<]*)<", crumbs.group(1)) == ["Teams", "Sales", "…", "Port", "Pier"]


class TestForms:
    def test_a_team_is_made_renamed_moved_and_deleted(self, firm, open_as):
        adam = open_as("Adam")
        made = adam.post("/teams/new", {"name": "Support", "parent": str(firm.ids["Engineering"]), "description": "Hi"})
        assert made.status_code == 303
        address = made.headers["Location"]
        assert "Now put people into it" in adam.follow(made).text
        assert adam.post(f"{address}/edit", {"name": "Care", "description": ""}).status_code == 303
        assert firm.tree()["Care"] == "Engineering / Care"
        page = adam.get(f"{address}/move?to={firm.ids['South']}").text
        assert "Sales / South / Care" in page
        assert firm.tree()["Care"] == "Engineering / Care"
        moved = adam.post(f"{address}/move", {"to": str(firm.ids["South"]), "seen": seen(page)})
        assert "“Care” has moved." in adam.follow(moved).text
        page = adam.get(f"{address}/delete?members=leave").text
        assert "is deleted" in page
        gone = adam.post(f"{address}/delete", {"children": "up", "members": "leave", "seen": seen(page)})
        assert "“Care” is deleted." in adam.follow(gone).text
        assert adam.get(address).status_code == 404

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"name": ""}, "This is needed."),
            ({"name": LONG}, "Use at most 100 characters."),
            ({"name": CONTROL}, "This holds characters that cannot be used here."),
            ({"name": "north", "parent": "Sales"}, "There is a team of this name here already."),
            ({"description": LONG}, "Use at most 1000 characters."),
            ({"description": "a\0b"}, "This holds characters that cannot be used here."),
            ({"parent": "nowhere"}, "Please choose a place."),
            ({"parent": ""}, "Please choose a place."),
        ],
    )
    def test_what_cannot_be_is_said_beside_the_field_and_the_rest_is_kept(self, firm, open_as, values, words):
        values = {"name": "Kept", "description": "Kept too", "parent": "Sales", **values}
        values["parent"] = str(firm.ids.get(values["parent"], values["parent"]))
        answer = open_as("Adam").post("/teams/new", values)
        assert answer.status_code == 422
        assert words in answer.text
        assert "Kept" in answer.text
        assert len(firm.tree()) == 6
        assert open_as("Adam").post("/teams/new", {"name": "Kept", "parent": "top"}).status_code == 303

    def test_only_places_within_reach_are_offered(self, open_as):
        assert options(open_as("Tara").get("/teams/new").text) == [
            "Sales / North",
            "Sales / North / Hamburg",
            "Sales / North / Munich",
        ]
        assert "No other team" in options(open_as("Adam").get("/teams/new").text)

    def test_a_move_offers_neither_its_place_nor_those_below_it(self, firm, open_as):
        offered = options(open_as("Adam").get(f"/teams/{firm.ids['North']}/move").text)
        assert offered == ["Choose a place", "No other team", "Engineering", "Sales / South"]

    @pytest.mark.parametrize("to", ["Hamburg", "North", "Sales"])
    def test_a_move_that_cannot_be_is_refused_in_words(self, firm, open_as, to):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}/move"
        assert "The team cannot stand there" in adam.get(f"{address}?to={firm.ids[to]}").text
        assert adam.post(address, {"to": str(firm.ids[to])}).status_code == 422
        assert firm.tree()["North"] == "Sales / North"

    @pytest.mark.parametrize("page", ["move", "delete"])
    def test_what_would_change_otherwise_by_now_is_shown_once_more(self, firm, open_as, page):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}/{page}"
        values = {"to": str(firm.ids["South"])} if page == "move" else {"children": "delete", "members": "leave"}
        shown = adam.get(address, query_string=values).text
        adam.post("/teams/new", {"name": "Fifth", "parent": str(firm.ids["Hamburg"])})
        stale = adam.post(address, {**values, "seen": seen(shown)})
        assert stale.status_code == 409
        assert "Nothing was done; please look again." in stale.text
        assert firm.tree()["Fifth"] == "Sales / North / Hamburg / Fifth"
        assert adam.post(address, {**values, "seen": seen(stale.text)}).status_code == 303
        assert firm.tree().get("Fifth") == ("Sales / South / North / Hamburg / Fifth" if page == "move" else None)

    @pytest.mark.parametrize("page", ["move", "delete"])
    def test_nothing_is_done_that_nobody_looked_at(self, firm, open_as, page):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}/{page}"
        values = {"to": str(firm.ids["South"])} if page == "move" else {"children": "delete", "members": "leave"}
        asked = adam.post(address, values)
        assert asked.status_code == 409
        assert firm.tree()["Munich"] == "Sales / North / Munich"
        assert adam.post(address, {**values, "seen": seen(asked.text)}).status_code == 303

    def test_a_place_that_is_gone_is_said_beside_the_field(self, firm, open_as):
        adam, gone = open_as("Adam"), str(uuid4())
        new = adam.post("/teams/new", {"name": "Kept", "description": "Kept too", "parent": gone})
        assert new.status_code == 422
        assert "was deleted. Please choose another place." in new.text
        assert 'value="Kept"' in new.text
        assert "Kept too</textarea>" in new.text
        address = f"/teams/{firm.ids['North']}/move"
        for moved in (adam.post(address, {"to": gone}), adam.get(f"{address}?to={gone}")):
            assert moved.text.count("was deleted. Please choose another place.") == 1
        assert adam.post(address, {"to": gone}).status_code == 422

    def test_of_two_tabs_the_second_does_not_overwrite_the_first_unseen(self, firm, open_as):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}/edit"
        version = value_of(adam.get(address).text, "version")
        first = {"name": "North", "description": "First", "version": version}
        assert adam.post(address, first).status_code == 303
        overtaken = adam.post(address, {**first, "description": "Second"})
        assert overtaken.status_code == 409
        assert "Somebody changed this team" in overtaken.text
        assert "Second</textarea>" in overtaken.text
        again = {**first, "description": "Second", "version": value_of(overtaken.text, "version")}
        assert adam.post(address, again).status_code == 303

    def test_a_form_sent_twice_makes_one_team(self, firm, open_as):
        adam = open_as("Adam")
        values = {"name": "Twice", "parent": "top", "number": value_of(adam.get("/teams/new").text, "number")}
        first, second = adam.post("/teams/new", values), adam.post("/teams/new", values)
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["Location"] == second.headers["Location"]
        assert adam.post("/teams/new", {**values, "name": "Another"}).status_code == 303
        other = adam.post("/teams/new", {"name": "Twice", "parent": "top"})
        assert (other.status_code, "There is a team of this name here already." in other.text) == (422, True)

    def test_a_name_that_would_read_as_a_path_is_refused_and_an_old_one_stays(self, firm, open_as):
        adam = open_as("Adam")
        refused = adam.post("/teams/new", {"name": "Sales / North", "parent": "top"})
        assert (refused.status_code, "A name cannot hold “/”" in refused.text) == (422, True)
        with tenant_work(firm.organisation):
            db.session.execute(update(Team).where(Team.id == firm.ids["South"]).values(name="S/W"))
        edit = f"/teams/{firm.ids['South']}/edit"
        assert adam.post(edit, {"name": "S/W", "description": "New words"}).status_code == 303
        assert adam.post(edit, {"name": "S/E", "description": ""}).status_code == 422
        assert adam.post(edit, {"name": "South", "description": ""}).status_code == 303

    @pytest.mark.parametrize("values", [{}, {"children": "x", "members": "leave"}, {"children": "up", "members": "x"}])
    def test_a_deletion_without_a_choice_does_nothing(self, firm, open_as, values):
        answer = open_as("Adam").post(f"/teams/{firm.ids['North']}/delete", values)
        assert answer.status_code == 422
        assert len(firm.tree()) == 6

    def test_a_deletion_shows_what_was_chosen_in_the_address(self, firm, open_as):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}/delete"
        page = adam.get(f"{address}?children=delete&members=leave").text
        assert "North, Hamburg, Munich" in page
        assert 'name="children" value="delete"' in page
        usual = adam.get(address).text
        assert 'type="hidden" name="children" value="up"' in usual
        assert "Tara</span> leads North" in usual


class TestPeopleOfATeam:
    def test_people_are_searched_and_several_added(self, firm, open_as):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['South']}/people/add"
        found = adam.get(f"{address}?q=tar").text
        assert re.findall(r'class="person-name"[^>]*>([^<]+)<', found) == ["Tara"]
        assert "Vera" not in re.findall(r'class="person-name"[^>]*>([^<]+)<', adam.get(address).text)
        answer = adam.post(address, {"id": [str(firm.person("Tara")), str(firm.person("Bob"))]})
        assert "2 people joined the team." in adam.follow(answer).text
        again = adam.post(address, {"id": [str(firm.person("Bob")), str(firm.person("Gus"))]})
        page = adam.follow(again).text
        assert "Bob is in this team already." in page
        assert "Gus joined the team." in page
        assert set(firm.people_of("South")) == {"Vera", "Tara", "Bob", "Gus"}

    def test_nobody_chosen_adds_nobody(self, firm, open_as):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['South']}/people/add"
        assert "Nobody was chosen." in adam.follow(adam.post(address, {})).text

    @pytest.mark.parametrize("odd", ["nothing", "", "0193a5f0-7d3c-7000-8000-00000000abcd", "\0", LONG])
    def test_one_who_is_unknown_adds_nobody(self, firm, open_as, odd):
        adam = open_as("Adam")
        answer = adam.post(f"/teams/{firm.ids['South']}/people/add", {"id": [str(firm.person("Tara")), odd]})
        assert answer.status_code == 404
        assert set(firm.people_of("South")) == {"Vera"}

    def test_somebody_leads_no_longer_leads_and_leaves(self, firm, open_as):
        adam, address = open_as("Adam"), f"/teams/{firm.ids['North']}"
        adam.get(address)
        answer = adam.post(f"{address}/people/{firm.person('Bob')}/lead", {"leads": "1", "next": f"{address}?page=2"})
        assert answer.headers["Location"] == f"{address}?page=2"
        assert firm.people_of("North")["Bob"] is True
        adam.post(f"{address}/people/{firm.person('Bob')}/lead", {"leads": "0"})
        assert firm.people_of("North")["Bob"] is False
        adam.post(f"{address}/people/{firm.person('Bob')}/remove")
        assert firm.people_of("North") == {"Tara": True}


ADDRESSES = ["edit", "move", "delete", "people/add"]


class TestWhoMayComeIn:
    @pytest.mark.parametrize("page", ADDRESSES)
    def test_a_team_admin_opens_pages_of_teams_below_and_of_no_other(self, firm, open_as, page):
        tara = open_as("Tara")
        assert tara.get(f"/teams/{firm.ids['Hamburg']}/{page}").status_code == 200
        assert tara.get(f"/teams/{firm.ids['South']}/{page}").status_code == 403
        own = tara.get(f"/teams/{firm.ids['North']}/{page}").status_code
        assert own == (403 if page in ("move", "delete") else 200)

    @pytest.mark.parametrize("page", ADDRESSES)
    def test_members_and_viewers_open_none(self, firm, open_as, page):
        for person in ("Bob", "Vera"):
            assert open_as(person).get(f"/teams/{firm.ids['North']}/{page}").status_code == 403

    def test_a_team_admin_puts_nothing_where_they_do_not_reach(self, firm, open_as):
        tara, south = open_as("Tara"), str(firm.ids["South"])
        assert tara.post("/teams/new", {"name": "Mine", "parent": south}).status_code == 403
        assert tara.post("/teams/new", {"name": "Mine", "parent": "top"}).status_code == 403
        assert tara.post(f"/teams/{firm.ids['Hamburg']}/move", {"to": south}).status_code == 403
        assert tara.get(f"/teams/{firm.ids['Hamburg']}/move?to={south}").status_code == 403
        assert tara.post("/teams/new", {"name": "Mine", "parent": str(firm.ids["Munich"])}).status_code == 303

    def test_teams_of_another_organisation_are_not_found_in_any_position(self, firm, open_as):
        adam, other = open_as("Adam"), make_firm()
        theirs, stranger, own = other.ids["North"], other.person("Bob"), firm.ids["South"]
        adam.get("/teams/new")
        for page in ("", "/edit", "/move", "/delete", "/people/add", "/people.csv"):
            assert adam.get(f"/teams/{theirs}{page}").status_code == 404
        for path, values, field in (
            (f"/teams/{own}/move", {}, "to"),
            ("/teams/new", {"name": "Ours"}, "parent"),
        ):
            foreign, unknown = (adam.post(path, {**values, field: str(one)}) for one in (theirs, uuid4()))
            assert (foreign.status_code, unknown.status_code) == (422, 422), path
            assert ("was deleted" in foreign.text, "was deleted" in unknown.text) == (True, True), path
        for path, values in (
            (f"/teams/{theirs}/edit", {"name": "Ours"}),
            (f"/teams/{theirs}/move", {"to": str(own)}),
            (f"/teams/{theirs}/delete", {"children": "up", "members": "leave"}),
            (f"/teams/{theirs}/people/add", {"id": str(firm.person("Bob"))}),
            (f"/teams/{own}/people/add", {"id": str(stranger)}),
            (f"/teams/{own}/people/{stranger}/remove", {}),
            (f"/teams/{own}/people/{stranger}/lead", {}),
            (f"/teams/{theirs}/people/{stranger}/lead", {}),
            (f"/teams/{uuid4()}/people/{stranger}/remove", {}),
        ):
            assert adam.post(path, values).status_code == 404, path
        assert other.people_of("North") == {"Tara": True, "Bob": False}
        assert "Ours" not in other.tree()
        assert "Ours" not in firm.tree()
