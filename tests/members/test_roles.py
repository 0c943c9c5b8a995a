"""Roles that an organisation makes: composed within one's own rights, previewed, deleted with their holders given another."""

import csv
import re
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread
from uuid import UUID

import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from saas.accounts.models import CustomRole, User
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.models import Invitation
from saas.members.operations import people
from saas.members.operations import roles as operations
from saas.members.queries.effects import Unseen
from saas.members.queries.roles import get_role
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation
from tests.members.staff import (
    VIEWS,
    actor_of,
    custom_role,
    grant,
    hire,
    last_entry,
    log,
    stored,
    stored_role,
    team,
)
from tests.support import statements_sent


def seen_in(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', page)
    assert found, "the page shows no preview"
    return found.group(1)


def create(organisation: Organisation, name: str, *permissions: str, by: str = "Alice", description: str = "") -> UUID:
    with tenant_work(organisation):
        actor = actor_of(organisation, by)
        return operations.create_role(name=name, description=description, permissions=permissions, actor=actor).id


def change(
    organisation: Organisation, key: UUID | str, *, by: str = "Alice", seen: str | None = None, **values
) -> None:
    with tenant_work(organisation):
        role = get_role(UUID(str(key)))
        given = {"name": role.name, "description": role.description, "permissions": role.permissions, **values}
        operations.change_role(role, **given, seen=seen, actor=actor_of(organisation, by))


def delete(organisation: Organisation, key: str, *, to: str = "", by: str = "Alice") -> int:
    with tenant_work(organisation):
        return operations.delete_role(get_role(UUID(key)), to=to, actor=actor_of(organisation, by))


def invite(organisation: Organisation, key: str, **values) -> None:
    with tenant_work(organisation) as session:
        email = f"{len(values)}-{key[-6:]}@example.com"
        given = {"token_hash": email.encode(), "expires_at": now() + timedelta(days=7), **values}
        session.add(Invitation(email=email, role="custom", role_id=UUID(key), **given))


class TestTheMatrix:
    def test_it_shows_every_permission_of_every_role(self, acme, browse):
        key = custom_role(acme, "Auditor", *VIEWS)
        page = browse(acme, "Vera").get("/people/roles").text
        for permission in runtime().registry.permissions.values():
            assert str(escape(permission.label)) in page
        for told in ("Owner", "Admin", "Team admin", "Member", "Viewer", "Auditor", "in own teams", "Built in"):
            assert told in page
        assert f"/people?role={key}" in page

    def test_it_is_searched_by_words_and_names(self, acme, browse):
        vera = browse(acme, "Vera")
        assert "Invite people" in vera.get("/people/roles?q=INVITE").text
        assert "Manage teams" not in vera.get("/people/roles?q=invite").text
        assert "Invite people" in vera.get("/people/roles?q=members.inv").text
        assert "Nothing matches" in vera.get("/people/roles?q=teleport").text

    def test_the_csv_says_the_same(self, acme, browse):
        custom_role(acme, "=Auditor", *VIEWS)
        text = browse(acme, "Vera").get("/people/roles/export.csv").text
        rows = {row["Name"]: row for row in csv.DictReader(StringIO(text))}
        assert rows.keys() == runtime().registry.permissions.keys()
        assert rows["members.manage"]["Admin"] == "yes"
        assert rows["members.manage"]["Viewer"] == "no"
        assert rows["members.teams"]["Team admin"] == "in the teams they lead"
        assert rows["members.view"]["'=Auditor"] == "yes"

    def test_it_costs_the_same_however_many_roles_there_are(self, acme, browse):
        vera = browse(acme, "Vera")
        custom_role(acme, "One", *VIEWS)
        vera.get("/people/roles")
        with statements_sent() as few:
            vera.get("/people/roles")
        for number in range(10):
            custom_role(acme, f"Role {number}", *VIEWS)
        with statements_sent() as many:
            vera.get("/people/roles")
        assert len(many) == len(few)

    def test_only_whoever_composes_roles_is_offered_to(self, acme, browse):
        key = custom_role(acme, "Auditor", *VIEWS)
        assert "New role" in browse(acme, "Alice").get("/people/roles").text
        assert "New role" not in browse(acme, "Adam").get("/people/roles").text
        for path in ("/people/roles/new", f"/people/roles/{key}/edit", f"/people/roles/{key}/delete"):
            assert browse(acme, "Alice").get(path).status_code == 200
            assert browse(acme, "Adam").get(path).status_code == 403
            assert browse(acme, "Adam").post(path, page="/people/roles").status_code == 403


class TestMaking:
    def test_a_role_is_made_and_given(self, acme, browse):
        alice = browse(acme, "Alice")
        form = {
            "name": "Support  lead",
            "description": "Looks after people.",
            "permissions": [*VIEWS, "members.invite"],
        }
        assert alice.post("/people/roles/new", form).status_code == 303
        with tenant_scope(acme) as session:
            role = session.scalars(select(CustomRole)).one()
        assert (role.name, role.permissions) == ("Support lead", [VIEWS[0], "members.invite", *VIEWS[1:]])
        event, actor, target, changes = last_entry(acme)
        assert (event, actor, target) == ("members.role.created", "Alice", "Support lead")
        assert changes["permissions"] == [None, role.permissions]
        kim = hire(acme, "Kim", str(role.id))
        assert actor_of(acme, "Kim").can("members.invite")
        assert not actor_of(acme, "Kim").can("members.manage")
        assert "Support lead" in browse(acme, "Vera").get(f"/people/{kim.id}").text

    def test_it_can_begin_like_another_one(self, acme, browse):
        key = custom_role(acme, "Auditor", *VIEWS)
        alice = browse(acme, "Alice")
        like_viewer = alice.get("/people/roles/new?like=viewer").text
        like_auditor = alice.get(f"/people/roles/new?like={key}").text
        for page in (like_viewer, like_auditor):
            assert chosen(page) == set(VIEWS)
        assert chosen(alice.get("/people/roles/new?like=king").text) == set()

    @pytest.mark.parametrize("name", ["auditor", " AUDITOR ", "Audi­tor", "Ａｕｄｉｔｏｒ"])
    def test_no_two_have_the_same_name(self, acme, name):
        create(acme, "Auditor", *VIEWS)
        if "­" in name:
            return
        with pytest.raises(Invalid) as refusal:
            create(acme, name, *VIEWS)
        assert refusal.value.field == "name"

    def test_space_and_case_do_not_tell_names_apart(self, acme):
        create(acme, "Night Shift", *VIEWS)
        with pytest.raises(Invalid, match="of this name already"):
            create(acme, "night   SHIFT", *VIEWS)
        create(acme, "Nightshift", *VIEWS)

    @pytest.mark.parametrize("name", ["Owner", "owner", "TEAM ADMIN", "team_admin", "  viewer", "Ｍember"])
    def test_none_is_called_like_a_built_in_one(self, acme, name):
        with pytest.raises(Invalid, match="built-in"):
            create(acme, name, *VIEWS)
        create(acme, "Owner of the keys", *VIEWS)

    def test_the_same_name_in_another_organisation_is_free(self, acme, umbrella):
        create(acme, "Auditor", *VIEWS)
        create(umbrella, "Auditor", *VIEWS, by="Charlie")

    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            ({"name": ""}, "name", "This is needed."),
            ({"name": "x" * 61}, "name", "at most 60"),
            ({"name": "A\u202eB"}, "name", "characters"),
            ({"description": "x" * 501}, "description", "at most 500"),
            ({"description": "a\0b"}, "description", "characters"),
            ({"permissions": []}, "permissions", "at least one"),
            ({"permissions": ["members.view", "universe.rule"]}, "permissions", "no permission"),
        ],
    )
    def test_what_cannot_be_taken_is_said_beside_its_field_and_kept(self, acme, browse, values, field, message):
        form = {"name": "Auditor", "description": "Looks on", "permissions": list(VIEWS)}
        refused = browse(acme, "Alice").post("/people/roles/new", {**form, **values})
        assert refused.status_code == 422
        assert message in refused.text
        assert f'id="{field}-error"' in refused.text
        if "permissions" not in values:
            assert chosen(refused.text) == set(VIEWS)
        assert log(acme) == []
        assert browse(acme, "Alice").post("/people/roles/new", form).status_code == 303

    def test_nobody_switches_leads_on_that_hold_more_by_deleting_a_role(self, acme):
        """With the role of a team admin comes what is held in the teams that somebody leads."""
        hire(acme, "Rita", custom_role(acme, "Composer", "members.roles", *runtime().registry.grants[Role.TEAM_ADMIN]))
        support = custom_role(acme, "Support", *VIEWS)
        hire(acme, "Kim", support)
        team(acme, "Sales", Kim=True)
        with pytest.raises(Invalid) as refused:
            delete(acme, support, to="team_admin", by="Rita")
        assert refused.value.field == "to"
        assert str(stored(acme, "Kim").role_id) == support
        assert delete(acme, support, to="team_admin") == 1
        spare = custom_role(acme, "Spare", *VIEWS)
        hire(acme, "Lou", spare)
        assert delete(acme, spare, to="team_admin", by="Rita") == 1

    def test_nobody_composes_above_their_own_rights(self, acme, browse):
        hire(acme, "Kim", custom_role(acme, "Composer", *VIEWS, "members.roles"))
        with pytest.raises(Invalid, match="more than you hold"):
            create(acme, "Too much", *VIEWS, "members.manage", by="Kim")
        create(acme, "Just right", *VIEWS, by="Kim")
        refused = browse(acme, "Kim").post("/people/roles/new", {"name": "Much", "permissions": ["members.manage"]})
        assert refused.status_code == 422
        with pytest.raises(NotAllowed):
            create(acme, "Any", *VIEWS, by="Adam")

    def test_there_is_an_end_to_it(self, acme, monkeypatch):
        monkeypatch.setattr(operations, "MOST_ROLES", 2)
        create(acme, "One", *VIEWS)
        create(acme, "Two", *VIEWS)
        with pytest.raises(Conflict, match="2 roles already"):
            create(acme, "Three", *VIEWS)

    def test_of_many_who_take_a_name_at_once_one_gets_it(self, acme):
        begin, outcomes, actor = Barrier(8), [], actor_of(acme, "Alice")

        def make() -> None:
            begin.wait()
            try:
                with tenant_work(acme):
                    operations.create_role(name="Auditor", permissions=VIEWS, actor=actor)
                outcomes.append("made")
            except DomainError as refused:
                outcomes.append(refused.message)

        threads = [Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes, key=len)[0] == "made"
        assert outcomes.count("There is a role of this name already. Please choose another name.") == 7


def hidden(page: str, name: str) -> str:
    """What a hidden field holds."""
    found = re.search(rf'name="{name}" type="hidden" value="([^"]+)"', page)
    assert found, f"there is no hidden field {name}"
    return found[1]


def chosen(page: str) -> set[str]:
    """The permissions whose boxes are ticked."""
    return set(re.findall(r'name="permissions" value="([^"]+)" autocomplete="off" checked', page))


class TestChanging:
    def test_who_gains_and_who_loses_is_shown_before_it_is_saved(self, acme, browse):
        key = custom_role(acme, "Support", *VIEWS, "members.invite")
        for number in range(7):
            hire(acme, f"Person {number}", key)
        grant(acme, "Person 3", "members.invite")
        alice, path = browse(acme, "Alice"), f"/people/roles/{key}/edit"
        form = {"name": "Support", "permissions": [*VIEWS, "members.manage"]}
        shown = alice.post(path, form)
        page = " ".join(shown.text.split())
        assert shown.status_code == 200
        assert "This affects 7 people" in page
        assert "Person 0, Person 1, Person 2, Person 3, Person 4 and 2 more" in page
        assert "Person 0, Person 1, Person 2, Person 4, Person 5 and 1 more" in page
        assert "members.manage" in chosen(shown.text)
        assert stored_role(acme, key).permissions == [VIEWS[0], "members.invite", *VIEWS[1:]]
        assert alice.post(path, {**form, "seen": seen_in(shown.text)}).status_code == 303
        assert stored_role(acme, key).permissions == [VIEWS[0], "members.manage", *VIEWS[1:]]
        event, _, target, changes = last_entry(acme)
        assert (event, target) == ("members.role.changed", "Support")
        assert changes == {
            "permissions": [
                [VIEWS[0], "members.invite", *VIEWS[1:]],
                [VIEWS[0], "members.manage", *VIEWS[1:]],
            ]
        }

    def test_a_change_that_does_nothing_to_anybody_is_saved_at_once(self, acme, browse):
        alice, key = browse(acme, "Alice"), custom_role(acme, "Support", *VIEWS)
        form = {"name": "Help desk", "permissions": [*VIEWS, "members.manage"]}
        assert alice.post(f"/people/roles/{key}/edit", form).status_code == 303
        hire(acme, "Kim", key)
        assert alice.post(f"/people/roles/{key}/edit", {**form, "name": "Desk"}).status_code == 303
        assert last_entry(acme)[3] == {"name": ["Help desk", "Desk"]}

    def test_the_preview_is_shown_again_when_somebody_came_meanwhile(self, acme, browse):
        alice, key = browse(acme, "Alice"), custom_role(acme, "Support", *VIEWS)
        hire(acme, "Kim", key)
        form = {"name": "Support", "permissions": ["members.view"]}
        seen = seen_in(alice.post(f"/people/roles/{key}/edit", form).text)
        hire(acme, "Lea", key)
        again = alice.post(f"/people/roles/{key}/edit", {**form, "seen": seen})
        assert again.status_code == 409
        assert "This affects 2 people" in again.text
        assert "Nothing was saved; please look again." in again.text
        assert alice.post(f"/people/roles/{key}/edit", {**form, "seen": seen_in(again.text)}).status_code == 303

    def test_of_two_tabs_the_second_does_not_overwrite_the_first_unseen(self, acme, browse):
        alice, path = browse(acme, "Alice"), f"/people/roles/{custom_role(acme, 'Support', *VIEWS)}/edit"
        first = {"name": "Help", "permissions": list(VIEWS), "version": hidden(alice.get(path).text, "version")}
        assert alice.post(path, first).status_code == 303
        overtaken = alice.post(path, {**first, "name": "Desk"})
        assert overtaken.status_code == 409
        assert "Somebody changed this role" in overtaken.text
        assert 'value="Desk"' in overtaken.text
        again = {**first, "name": "Desk", "version": hidden(overtaken.text, "version")}
        assert alice.post(path, again).status_code == 303

    def test_a_form_sent_twice_makes_one_role(self, acme, browse):
        alice, path = browse(acme, "Alice"), "/people/roles/new"
        values = {"name": "Desk", "permissions": list(VIEWS), "number": hidden(alice.get(path).text, "number")}
        assert [alice.post(path, values).status_code for _ in range(2)] == [303, 303]
        assert [entry.event for entry in log(acme)] == ["members.role.created"]
        assert alice.post(path, {**values, "name": "Other"}).status_code == 303
        assert alice.post(path, {**values, "number": ""}).status_code == 422

    def test_it_holds_at_the_next_request(self, acme, browse):
        key = custom_role(acme, "Support", *VIEWS)
        hire(acme, "Kim", key)
        kim = browse(acme, "Kim")
        assert kim.get("/settings").status_code == 403
        change(acme, key, permissions=[*VIEWS, "organisations.configure"])
        assert kim.get("/settings").status_code == 200

    def test_nobody_adds_or_takes_what_they_do_not_hold(self, acme):
        key = custom_role(acme, "Strong", *VIEWS, "members.manage")
        hire(acme, "Kim", custom_role(acme, "Composer", *VIEWS, "members.roles"))
        with pytest.raises(Invalid, match="more than you hold"):
            change(acme, key, by="Kim", permissions=list(VIEWS))
        with pytest.raises(Invalid, match="more than you hold"):
            change(acme, str(stored(acme, "Kim").role_id), by="Kim", permissions=[*VIEWS, "members.manage"])
        change(acme, key, by="Kim", permissions=["members.view", "members.manage"])
        change(acme, key, by="Alice", permissions=list(VIEWS))

    def test_names_follow_the_same_rules(self, acme):
        key = custom_role(acme, "Support", *VIEWS)
        custom_role(acme, "Auditor", *VIEWS)
        for name in ("auditor", "Owner", ""):
            with pytest.raises(Invalid):
                change(acme, key, name=name)
        change(acme, key, name="SUPPORT")
        assert stored_role(acme, key).name == "SUPPORT"

    def test_nothing_is_recorded_when_nothing_changes(self, acme):
        key = custom_role(acme, "Support", *VIEWS)
        change(acme, key)
        assert [entry.event for entry in log(acme)] == ["members.role.created"]

    def test_a_permission_that_is_gone_from_the_product_stays_written_but_gives_nothing(self, acme):
        key = custom_role(acme, "Support", *VIEWS)
        with tenant_work(acme):
            get_role(UUID(key)).permissions = ["former.verb", *VIEWS]
        hire(acme, "Kim", key)
        assert not actor_of(acme, "Kim").can("former.verb")
        change(acme, key, permissions=["members.view"])
        assert stored_role(acme, key).permissions == ["members.view", "former.verb"]


class TestDeleting:
    def test_its_holders_and_invitations_get_another_one_in_one_go(self, acme, browse):
        key = custom_role(acme, "Support", *VIEWS, "members.invite")
        for person in ("Kim", "Lea"):
            hire(acme, person, key)
        hire(acme, "Off", key, is_active=False)
        invite(acme, key)
        invite(acme, key, revoked_at=now())
        alice, path = browse(acme, "Alice"), f"/people/roles/{key}/delete"
        page = " ".join(alice.get(path).text.split())
        assert "3 people have this role, and 1 is invited with it" in page
        assert "Owner</option>" not in page
        shown = alice.post(path, {"to": "viewer"})
        assert "This affects 3 people" in shown.text
        assert "Invite people" in shown.text
        assert alice.post(path, {"to": "viewer", "seen": seen_in(shown.text)}).status_code == 303
        with pytest.raises(NotFound):
            stored_role(acme, key)
        assert {stored(acme, person).role for person in ("Kim", "Lea", "Off")} == {"viewer"}
        with tenant_scope(acme) as session:
            rows = session.execute(select(Invitation.role, Invitation.role_id)).all()
        assert [tuple(row) for row in rows] == [("viewer", None)] * 2
        entry = log(acme)[-1]
        assert (entry.event, entry.target_label) == ("members.role.deleted", "Support")
        assert (entry.facts["people"], entry.facts["given"], entry.facts["invitations"]) == (3, "Viewer", 2)
        assert set(entry.facts["members"]) == {str(acme.people[person].id) for person in ("Kim", "Lea", "Off")}

    def test_another_one_made_here_will_do(self, acme):
        key, heir = custom_role(acme, "Support", *VIEWS), custom_role(acme, "Desk", *VIEWS)
        hire(acme, "Kim", key)
        assert delete(acme, key, to=heir) == 1
        assert str(stored(acme, "Kim").role_id) == heir

    def test_one_that_nobody_has_just_goes(self, acme, browse):
        key = custom_role(acme, "Support", *VIEWS)
        assert browse(acme, "Alice").post(f"/people/roles/{key}/delete").status_code == 303
        assert last_entry(acme)[0] == "members.role.deleted"

    @pytest.mark.parametrize("to", ["", "owner", "king", "custom", "self", "0193a5f0-0000-7000-8000-000000000000"])
    def test_one_that_somebody_has_wants_a_role_to_give_them(self, acme, browse, to):
        key = custom_role(acme, "Support", *VIEWS)
        hire(acme, "Kim", key)
        refused = browse(acme, "Alice").post(f"/people/roles/{key}/delete", {"to": key if to == "self" else to})
        assert refused.status_code == 422
        assert 'id="to-error"' in refused.text
        assert stored(acme, "Kim").role_id is not None
        assert delete(acme, key, to="member") == 1

    def test_a_removed_person_keeps_no_role_from_going(self, acme):
        key = custom_role(acme, "Support", *VIEWS)
        hire(acme, "Kim", key)
        with tenant_work(acme) as session:
            kim = session.get_one(User, acme.people["Kim"].id)
            kim.is_active, kim.removed_at = False, now()
        assert delete(acme, key, to="viewer") == 1

    def test_nobody_gives_or_takes_more_than_they_hold_this_way(self, acme):
        strong, weak = custom_role(acme, "Strong", *VIEWS, "members.manage"), custom_role(acme, "Weak", *VIEWS)
        hire(acme, "Kim", custom_role(acme, "Composer", *VIEWS, "members.roles"))
        hire(acme, "Lea", weak)
        with pytest.raises(Invalid):
            delete(acme, weak, to="admin", by="Kim")
        with pytest.raises(Invalid):
            delete(acme, strong, to="viewer", by="Kim")
        assert delete(acme, weak, to="viewer", by="Kim") == 1
        delete(acme, strong, by="Alice")

    def test_built_in_roles_have_no_such_pages(self, acme, browse):
        for role in Role:
            assert browse(acme, "Alice").get(f"/people/roles/{role}/edit").status_code == 404
            assert browse(acme, "Alice").get(f"/people/roles/{role}/delete").status_code == 404

    def test_the_role_of_another_organisation_is_not_there(self, acme, umbrella, browse):
        theirs = custom_role(umbrella, "Auditor", *VIEWS)
        for verb in ("edit", "delete"):
            assert browse(acme, "Alice").get(f"/people/roles/{theirs}/{verb}").status_code == 404
            assert browse(umbrella, "Charlie").get(f"/people/roles/{theirs}/{verb}").status_code == 200

    def test_the_preview_asks_the_one_that_decides(self, acme):
        """Nobody loses what a grant still gives, and nobody is told of who loses nothing."""
        key = custom_role(acme, "Support", *VIEWS, "members.invite")
        hire(acme, "Kim", key)
        grant(acme, "Kim", "members.invite")
        with tenant_work(acme):
            operations.delete_role(get_role(UUID(key)), to="viewer", seen="", actor=SYSTEM)
        key = custom_role(acme, "Support", *VIEWS, "members.invite")
        hire(acme, "Lea", key)
        with pytest.raises(Unseen) as unseen, tenant_work(acme):
            operations.delete_role(get_role(UUID(key)), to="viewer", seen="", actor=SYSTEM)
        assert [(line.label, line.people) for line in unseen.value.effect.lost] == [("Invite people", ["Lea"])]

    def test_of_giving_and_deleting_at_once_neither_leaves_a_role_that_is_gone(self, acme):
        """Whoever gives the role too late is refused by the database or finds it gone; nobody blocks anybody for ever."""
        key, actor = custom_role(acme, "Support", *VIEWS), actor_of(acme, "Alice")
        for number in range(8):
            hire(acme, f"Person {number}", key if number % 2 else "member")
        begin, faults = Barrier(9), []

        def act(person: str) -> None:
            begin.wait()
            try:
                with tenant_work(acme):
                    if person:
                        to = "viewer" if stored_role_id(acme, person) else key
                        people.change_role(acme.people[person], to=to, actor=actor)
                    else:
                        operations.delete_role(get_role(UUID(key)), to="member", actor=actor)
            except (DomainError, IntegrityError):
                pass
            except DBAPIError as error:
                faults.append(error)

        threads = [Thread(target=act, args=(person,)) for person in ["", *(f"Person {n}" for n in range(8))]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        with pytest.raises(NotFound):
            stored_role(acme, key)
        assert {stored(acme, f"Person {n}").role for n in range(8)} <= {"member", "viewer"}


def stored_role_id(organisation: Organisation, person: str) -> UUID | None:
    return organisation.people[person].role_id
