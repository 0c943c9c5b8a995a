"""Who can do this, and why can this person: the same answers as the one that decides."""

import csv
import random
import re
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.accounts.models import CUSTOM, User
from saas.core.access import EVERYWHERE
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.held import holders_by_id
from saas.members.models import Grant, Team, TeamMember
from saas.members.queries.why import explain, find_able, reasons_of
from saas.members.rights import identification
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.members.staff import VIEWS, crowd, custom_role, grant, hire, team
from tests.support import statements_sent


def answers(organisation, person):
    """For each permission: the extent, the reasons in words, and who could give it."""
    with tenant_scope(organisation):
        chapters = explain(organisation.people[person].id)
    return {
        one.permission.name: (one.extent, [reason.text for reason in one.reasons], list(one.givers))
        for chapter in chapters
        for one in chapter.answers
    }


def people_in(page):
    """Name and reasons of each row of a list."""
    rows = re.findall(r'<a class="person-name" href="[^"]+">([^<]*)</a>.*?</td><td>(.*?)</td>', page, re.S)
    return {name: [unescape(reason) for reason in re.findall(r'team-mark">([^<]*)<', cell)] for name, cell in rows}


class TestWhyOnePersonCan:
    def test_each_source_is_told(self, acme):
        sales = team(acme, "Sales", Bob=True)
        north = team(acme, "North", parent=sales)
        grant(acme, "Bob", "members.invite", north)
        grant(acme, "Bob", "members.manage")
        with tenant_work(acme) as session:
            session.get_one(User, acme.people["Bob"].id).role = Role.TEAM_ADMIN
        found = answers(acme, "Bob")
        assert found["members.view"] == ("everywhere", ["Role Team admin"], [])
        assert found["members.manage"] == ("everywhere", ["Extra permission"], [])
        assert found["members.invite"][:2] == (
            "teams",
            ["Extra permission in Sales / North", "Leads Sales as a team admin"],
        )
        assert found["members.teams"][:2] == ("teams", ["Leads Sales as a team admin"])
        assert found["members.roles"] == ("no", [], ["Alice"])

    def test_who_could_give_what_is_missing_holds_it_and_may_manage_the_person(self, acme):
        hire(acme, "Kim", custom_role(acme, "People", "members.manage", *VIEWS))
        hire(acme, "Off", "admin", is_active=False)
        assert answers(acme, "Vera")["members.manage"] == ("no", [], ["Alice", "Adam", "Kim"])
        assert answers(acme, "Vera")["members.invite"] == ("no", [], ["Alice", "Adam"])
        assert answers(acme, "Bob")["members.manage"] == ("no", [], ["Alice", "Adam"])
        assert answers(acme, "Adam")["members.roles"] == ("no", [], ["Alice"])

    def test_what_two_sources_give_has_two_reasons(self, acme):
        grant(acme, "Bob", "members.view")
        assert answers(acme, "Bob")["members.view"] == ("everywhere", ["Role Member", "Extra permission"], [])

    def test_the_page_says_so_and_is_searched(self, acme, browse):
        grant(acme, "Bob", "members.manage")
        path = f"/people/{acme.people['Bob'].id}/access"
        page = " ".join(browse(acme, "Vera").get(path).text.split())
        assert "Extra permission" in page
        assert "Role Member" in page
        assert "Alice could give it." in page
        only = browse(acme, "Vera").get(f"{path}?q=compose").text
        assert "Compose roles" in only
        assert "Manage people" not in only
        assert "Nothing matches" in browse(acme, "Vera").get(f"{path}?q=teleport").text

    def test_whoever_is_off_or_gone_can_do_nothing_now(self, acme, browse):
        hire(acme, "Off", is_active=False)
        page = browse(acme, "Vera").get(f"/people/{acme.people['Off'].id}/access").text
        assert "It can do nothing now" in page
        assert "Role Member" in page
        with tenant_work(acme) as session:
            session.get_one(User, acme.people["Off"].id).removed_at = acme.people["Off"].created_at
        assert (
            "Removed people can do nothing" in browse(acme, "Vera").get(f"/people/{acme.people['Off'].id}/access").text
        )


class TestWhoCan:
    def test_everybody_who_can_is_there_with_the_reason(self, acme, browse):
        sales = team(acme, "Sales", Bob=True)
        hire(acme, "Tess", "team_admin")
        with tenant_work(acme) as session:
            session.add(TeamMember(team_id=sales, user_id=acme.people["Tess"].id, leads=True))
        grant(acme, "Vera", "members.invite", sales)
        hire(acme, "Off", "admin", is_active=False)
        vera = browse(acme, "Vera")
        anywhere = people_in(vera.get("/people/roles/who?permission=members.invite").text)
        assert anywhere == {
            "Alice": ["Role Owner"],
            "Adam": ["Role Admin"],
            "Tess": ["Leads Sales as a team admin"],
            "Vera": ["Extra permission in Sales"],
        }
        whole = people_in(vera.get("/people/roles/who?permission=members.invite&where=organisation").text)
        assert whole.keys() == {"Alice", "Adam"}

    def test_within_a_team_those_count_who_hold_it_above(self, acme, browse):
        sales = team(acme, "Sales")
        north = team(acme, "North", parent=sales)
        other = team(acme, "Other")
        grant(acme, "Vera", "members.invite", sales)
        vera = browse(acme, "Vera")
        for where, there in ((sales, True), (north, True), (other, False)):
            found = people_in(vera.get(f"/people/roles/who?permission=members.invite&where={where}").text)
            assert ("Vera" in found) is there

    def test_a_question_without_an_answer_is_said(self, acme, umbrella, browse):
        vera, theirs = browse(acme, "Vera"), team(umbrella, "Sales")
        assert "Which permission?" in vera.get("/people/roles/who").text
        assert "Which permission?" in vera.get("/people/roles/who?permission=universe.rule").text
        for where in ("x", "0193a5f0-0000-7000-8000-000000000000", str(theirs)):
            assert vera.get(f"/people/roles/who?permission=members.invite&where={where}").status_code == 404
        assert vera.get("/people/roles/who.csv?permission=x").status_code == 404

    def test_the_csv_holds_all_of_them(self, acme, browse):
        crowd(acme, 40)
        text = browse(acme, "Vera").get("/people/roles/who.csv?permission=members.view").text
        rows = list(csv.DictReader(StringIO(text)))
        assert len(rows) == 44
        assert {row["Because of"] for row in rows} == {"Role Owner", "Role Admin", "Role Member", "Role Viewer"}

    def test_it_costs_the_same_however_many_they_are(self, acme, browse):
        vera, path = browse(acme, "Vera"), "/people/roles/who?permission=members.view"
        vera.get(path)
        with statements_sent() as few:
            vera.get(path)
        crowd(acme, 40)
        with statements_sent() as many:
            vera.get(path)
        assert len(many) == len(few) <= 8


@pytest.mark.parametrize("seed", range(4))
def test_all_answers_agree_with_the_one_that_decides(acme, seed):
    """A random organisation: people with all kinds of roles, grants and leads in a tree of teams."""
    chance, permissions = random.Random(seed), list(runtime().registry.permissions.values())
    teams = [team(acme, "Top")]
    for number in range(5):
        teams.append(team(acme, f"Team {number}", parent=chance.choice([*teams, None])))
    made = [custom_role(acme, f"Role {n}", *[p.name for p in chance.sample(permissions, 3)]) for n in range(3)]
    with tenant_work(acme) as session:
        for number in range(30):
            key = chance.choice([*Role, *made])
            role, role_id = (str(key), None) if key in set(Role) else (CUSTOM, key)
            session.add(User(email=f"r{number}@example.com", name=f"R {number}", role=role, role_id=role_id))
        session.flush()
        users = session.scalars(select(User)).all()
        for user in users:
            for permission in chance.sample(permissions, chance.randint(0, 3)):
                place = chance.choice([None, *teams]) if permission.in_teams else None
                session.add(Grant(user_id=user.id, permission=permission.name, team_id=place))
            for place in chance.sample(teams, chance.randint(0, 2)):
                session.add(TeamMember(team_id=place, user_id=user.id, leads=chance.random() < 0.6))
            user.is_active = chance.random() < 0.8
    with tenant_scope(acme) as session:
        users = session.scalars(select(User)).all()
        rights = {user.id: identification.rights_of(user.id) for user in users}
        holders = holders_by_id(user.id for user in users)
        for user in users:
            if user.is_active:
                assert set(holders[user.id].rights().sources) == set(rights[user.id].sources)
        paths = [one.path for one in session.scalars(select(Team))]
        for permission in permissions:
            for place in (EVERYWHERE, *paths):
                able = {user.id for user in session.scalars(find_able(permission, place=place))}
                assert able == {user_id for user_id, held in rights.items() if held.can(permission, place)}
            anywhere = session.scalars(find_able(permission, place=None)).all()
            assert {user.id for user in anywhere} == {u for u, held in rights.items() if held.can_somewhere(permission)}
            reasons = reasons_of(anywhere, permission, place=None)
            assert all(reasons[user.id] for user in anywhere)
        for user in (user for user in users if user.is_active):
            for chapter in explain(user.id):
                for answer in chapter.answers:
                    held = rights[user.id]
                    expected = "teams" if held.can_somewhere(answer.permission) else "no"
                    assert answer.extent == ("everywhere" if held.can(answer.permission) else expected)


def test_the_document_names_permissions_that_exist(app):
    """Each ``feature.verb`` of docs/roles.md that is no file and no address is a permission."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "roles.md").read_text()
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", text))
    assert named
    assert named <= runtime().registry.permissions.keys()
