"""The pages of the log: who may open them, what they show, searches that are kept, the log of reading the log."""

import re
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import render_template_string
from markupsafe import escape
from sqlalchemy import select

from saas.audit.module import FILTER_DELETED, FILTER_SAVED, READ, VIEW
from saas.audit.operations import MOST_FILTERS, delete_filter
from saas.audit.search import PER_PAGE
from saas.core.access import Rights, Source
from saas.core.actor import Actor
from saas.core.audit import AuditEntry, Target, record
from saas.core.clock import now
from saas.core.errors import NotAllowed, NotFound
from saas.core.ids import new_id
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.web import access
from tests.audit.conftest import recorded, sentences, text_of, write, write_at
from tests.members.coming import at_once
from tests.support import statements_sent

PAGES = ["/audit", "/audit/checks", "/audit/exports", "/audit/verify.py"]


@pytest.mark.parametrize("path", PAGES)
def test_admins_read_the_log_and_members_do_not(acme, browse, path):
    for person, status in {"Alice": 200, "Adam": 200, "Bob": 403, "Vera": 403}.items():
        assert browse(acme, person).get(path).status_code == status


def test_the_menu_leads_there(acme, browse):
    assert 'href="/audit"' in browse(acme, "Adam").get("/").text
    assert 'href="/audit"' not in browse(acme, "Bob").get("/").text


def test_every_row_is_a_sentence_with_its_day_and_its_time_in_the_organisations_zone(acme, browse):
    with platform_work() as session:
        session.get_one(Tenant, acme.id).time_zone = "Asia/Tokyo"
    write_at(acme, datetime.fromisoformat("2026-03-04T20:30:00+00:00"))
    page = browse(acme, "Alice").get("/audit?q=lovelace")
    assert "5 March 2026" in text_of(page)
    assert "05:30" in text_of(page)
    assert "Ada Lovelace deleted the kept search something" in sentences(page)


def test_names_and_values_are_shown_as_text(acme, browse):
    nasty = "<script>alert(1)</script>"
    with tenant_work(acme):
        actor = Actor("member", nasty, new_id(), address=nasty, agent=nasty)
        record(FILTER_SAVED, actor=actor, target=Target("x", nasty, nasty), changes={nasty: (nasty, nasty)}, note=nasty)
    alice = browse(acme, "Alice")
    page = alice.get("/audit?q=alert")
    entry = alice.get(link_in(page))
    for response in (
        page,
        entry,
        alice.get(f"/audit?target=x:{nasty}"),
        alice.get(f"/audit?who={nasty}&address={nasty}&event={nasty}"),
    ):
        assert response.status_code == 200
        assert nasty not in response.text
        assert str(escape(nasty)) in response.text


def link_in(page) -> str:
    found = re.search(r'href="(/audit/[0-9a-f-]{36})"', page.text)
    assert found
    return found.group(1)


class TestSearching:
    @pytest.fixture
    def page(self, acme, browse):
        write(acme, 2)
        with tenant_work(acme):
            record(FILTER_DELETED, actor=Actor("member", "Bob", acme.people["Bob"].id, impersonator="Olga"))
        return browse(acme, "Alice").get

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("q=lovelace", 2),
            ("who=lovelace", 2),
            ("event=audit.filter.deleted", 1),
            ("event=audit.filter.", 3),
            ("address=192.0.2.7", 2),
            ("impersonated=yes", 1),
            ("target=audit_filter:f0", 1),
            ("q=search&impersonated=yes", 1),
            ("q=search&impersonated=yes&who=lovelace", 0),
            ("q=nothing-of-that-kind", 0),
            ("since=2020-01-01&until=2020-12-31", 0),
        ],
    )
    def test_filters_show_what_fits(self, page, query, shown):
        assert len([one for one in sentences(page(f"/audit?{query}")) if "search" in one]) == shown

    def test_filters_in_force_are_told_and_can_be_taken_back_one_by_one(self, page):
        shown = page("/audit?who=lovelace&event=audit.filter.&q=search")
        chips = re.findall(r'<a class="chip" href="([^"]+)"', shown.text)
        assert [chip.replace("&amp;", "&") for chip in chips] == [
            "/audit?q=search&event=audit.filter.",
            "/audit?q=search&who=lovelace",
        ]

    def test_the_form_keeps_what_was_asked(self, page):
        shown = page("/audit?q=a+%22b%22&who=ada&since=2026-03-04&impersonated=yes&event=audit.log.read").text
        for piece in (
            'value="a &#34;b&#34;"',
            'value="ada"',
            'value="2026-03-04"',
            '<option value="audit.log.read" selected>',
            "checked",
        ):
            assert piece in shown

    def test_a_search_without_results_says_so_and_leads_back(self, page):
        shown = page("/audit?q=zebra")
        assert "Nothing matches" in shown.text

    def test_nonsense_in_the_address_is_no_error(self, page):
        for query in (
            "before=x&after=y",
            "since=tomorrow",
            "before=%00",
            "q=%00",
            "q=" + "x" * 3000,
            "who='&event=%27%3B",
        ):
            assert page(f"/audit?{query}").status_code == 200


class TestPaging:
    @pytest.fixture
    def many(self, acme, browse):
        begin = now() - timedelta(days=40)
        write_at(acme, *(begin + timedelta(hours=number) for number in range(2 * PER_PAGE + 7)), name="Grace Hopper")
        return browse(acme, "Alice")

    def follow(self, browser, page, relation):
        found = re.search(rf'href="([^"]+)" rel="{relation}"', page.text)
        return browser.get(found.group(1).replace("&amp;", "&")) if found else None

    def test_older_and_newer_lead_there_and_back(self, many):
        first = many.get("/audit?q=hopper")
        second = self.follow(many, first, "next")
        third = self.follow(many, second, "next")
        assert [len(sentences(page)) for page in (first, second, third)] == [PER_PAGE, PER_PAGE, 7]
        assert self.follow(many, third, "next") is None
        back = self.follow(many, third, "prev")
        assert times(back) == times(second)
        assert times(self.follow(many, back, "prev")) == times(first)
        assert self.follow(many, first, "prev") is None

    def test_they_count_nothing(self, many):
        assert str(2 * PER_PAGE + 7) not in text_of(many.get("/audit?q=hopper"))


def times(page) -> list[str]:
    return re.findall(r'<time class="log-when" datetime="([^"]+)"', page.text)


class TestAnEntry:
    @pytest.fixture
    def entry(self, acme):
        actor = Actor(
            "member",
            "Bob",
            acme.people["Bob"].id,
            address="192.0.2.9",
            agent="Lynx",
            request_id="req7",
            email="b@example.com",
        )
        with tenant_work(acme):
            target = Target("team", "t1", "Research")
            record(FILTER_SAVED, actor=actor, target=target, changes={"time_zone": ("UTC", None)}, seats=7)
        return recorded(acme, FILTER_SAVED)[-1]

    def test_shows_everything_known_with_before_and_after(self, acme, browse, entry):
        shown = text_of(browse(acme, "Alice").get(f"/audit/{entry.id}"))
        for piece in (
            "Bob kept the search Research",
            "Time zone",
            "UTC",
            "192.0.2.9",
            "Lynx",
            "Seats",
            "7",
            "req7",
            FILTER_SAVED.name,
        ):
            assert piece in shown
        assert "Waits for its seal" in shown

    def test_shows_its_seal(self, acme, browse, entry, sealed):
        last = sealed()
        assert f"Sealed at position {last}" in text_of(browse(acme, "Alice").get(f"/audit/{entry.id}"))

    def test_leads_to_the_history_of_its_object_and_of_its_actor(self, acme, browse, entry):
        alice = browse(acme, "Alice")
        page = alice.get(f"/audit/{entry.id}").text
        for link in ("/audit?target=team:t1", f"/audit?who={entry.actor_id}", "/audit?address=192.0.2.9"):
            assert f'href="{link}"' in page
            assert "Bob kept the search Research" in sentences(alice.get(link))

    def test_says_that_an_operator_worked_in_the_name_of_somebody(self, acme, browse):
        write(acme, actor=Actor("member", "Bob", new_id(), impersonator="Olga"))
        page = browse(acme, "Alice").get("/audit?impersonated=yes")
        assert "done by Olga in their name" in text_of(page)
        assert "Olga, an operator, worked in the name of Bob" in text_of(browse(acme, "Alice").get(link_in(page)))

    @pytest.mark.parametrize("number", ["0193a5f0-0000-7000-8000-000000000000", "x"])
    def test_that_is_not_there_is_not_found(self, acme, browse, number):
        assert browse(acme, "Alice").get(f"/audit/{number}").status_code == 404

    def test_of_another_organisation_is_not_found(self, cast, browse, entry):
        assert browse(cast.umbrella, "Charlie").get(f"/audit/{entry.id}").status_code == 404
        assert browse(cast.acme, "Alice").get(f"/audit/{entry.id}").status_code == 200

    def test_of_an_event_that_nobody_declares_any_more_is_still_told(self, acme, browse):
        with tenant_work(acme) as session:
            session.add(
                AuditEntry(event="gone.thing.happened", actor_kind="member", actor_name="Bob", target_label="It")
            )
        assert "Bob gone.thing.happened It" in sentences(browse(acme, "Alice").get("/audit"))


class TestReadingIsRecorded:
    def test_once_an_hour_for_each_person(self, acme, browse):
        alice = browse(acme, "Alice")
        for path in ("/audit", "/audit?q=x", "/audit", f"/audit/{recorded_any(acme).id}"):
            assert alice.get(path).status_code == 200
        assert [entry.actor_name for entry in recorded(acme, READ)] == ["Alice"]
        browse(acme, "Adam").get("/audit")
        assert [entry.actor_name for entry in recorded(acme, READ)] == ["Alice", "Adam"]

    def test_again_after_an_hour(self, acme, browse):
        long_ago = now() - timedelta(hours=2)
        with tenant_work(acme) as session:
            earlier = AuditEntry(
                event=READ.name, actor_kind="member", actor_id=acme.people["Alice"].id, actor_name="Alice"
            )
            earlier.at = long_ago
            session.add(earlier)
        browse(acme, "Alice").get("/audit")
        assert len(recorded(acme, READ)) == 2

    def test_and_not_where_it_was_refused(self, acme, browse):
        browse(acme, "Bob").get("/audit")
        assert recorded(acme, READ) == []


def recorded_any(acme) -> AuditEntry:
    with tenant_scope(acme) as session:
        return session.scalars(select(AuditEntry).limit(1)).one()


class TestKeptSearches:
    def keep(self, browser, name, **search):
        return browser.post("/audit/filters", {"name": name, **search}, page="/audit?q=x")

    def test_are_kept_offered_and_recorded(self, acme, browse):
        alice = browse(acme, "Alice")
        answer = self.keep(alice, "What Bob did", who="bob", event="audit.")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/audit?who=bob&event=audit.")
        page = alice.get("/audit").text
        assert "What Bob did" in page
        assert 'href="/audit?event=audit.&amp;who=bob"' in page or 'href="/audit?who=bob&amp;event=audit."' in page
        assert recorded(acme, FILTER_SAVED)[-1].facts == {"search": {"who": "bob", "event": "audit."}}

    def test_are_ones_own(self, acme, browse):
        self.keep(browse(acme, "Alice"), "Mine", q="secret")
        adam = browse(acme, "Adam")
        assert "Mine" not in re.sub(r'class="log-sentence".*?</a>', "", adam.get("/audit").text, flags=re.S)
        filter_id = recorded(acme, FILTER_SAVED)[-1].target_id
        assert adam.post(f"/audit/filters/{filter_id}/delete", page="/audit").status_code == 404
        assert browse(acme, "Alice").post(f"/audit/filters/{filter_id}/delete", page="/audit").status_code == 303
        assert [entry.target_label for entry in recorded(acme, FILTER_DELETED)] == ["Mine"]

    def test_deleted_twice_at_once_go_and_are_recorded_once(self, acme, browse):
        alice = browse(acme, "Alice")
        self.keep(alice, "Mine", q="x")
        path = f"/audit/filters/{recorded(acme, FILTER_SAVED)[-1].target_id}/delete"
        browsers = [browse(acme, "Alice") for _ in range(4)]
        for browser in browsers:
            browser.get("/audit")
        answers = at_once([partial(browser.post, path) for browser in browsers])
        assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
        assert [entry.target_label for entry in recorded(acme, FILTER_DELETED)] == ["Mine"]

    def test_the_operation_itself_asks_for_the_right_and_the_owner(self, acme, browse):
        self.keep(browse(acme, "Alice"), "Mine", q="x")
        filter_id = UUID(recorded(acme, FILTER_SAVED)[-1].target_id)
        person, view = acme.people["Alice"].id, Rights((Source("role", "Odd", frozenset({VIEW.name})),))
        for actor, refusal in (
            (Actor("member", "Alice", person), NotAllowed),
            (Actor("member", "Adam", acme.people["Adam"].id, rights=view), NotFound),
        ):
            with pytest.raises(refusal), tenant_work(acme):
                delete_filter(filter_id, actor=actor)
        with tenant_work(acme):
            assert delete_filter(filter_id, actor=Actor("member", "Alice", person, rights=view)) == "Mine"

    def test_the_same_name_replaces(self, acme, browse):
        alice = browse(acme, "Alice")
        self.keep(alice, "Mine", q="one")
        self.keep(alice, "Mine", q="two")
        assert re.findall(r'href="/audit\?q=(\w+)"', alice.get("/audit").text) == ["two"]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "a\nb\0"])
    def test_need_a_name_that_can_be_shown(self, acme, browse, name):
        answer = self.keep(browse(acme, "Alice"), name, q="kept words")
        assert answer.status_code == 422
        assert 'value="kept words"' in answer.text

    def test_are_not_endless(self, acme, browse, monkeypatch):
        assert MOST_FILTERS > 2
        monkeypatch.setattr("saas.audit.operations.MOST_FILTERS", 2)
        alice = browse(acme, "Alice")
        assert [self.keep(alice, name, q="x").status_code for name in ("a", "b", "c")] == [303, 303, 422]


def test_pages_send_as_many_statements_however_long_the_log_is(acme, browse, sealed):
    alice, counts = browse(acme, "Alice"), []
    alice.get("/audit")
    for more in (0, 30):
        sealed(more)
        for path in ("/audit", "/audit?q=ada&who=ada"):
            with statements_sent() as sent:
                alice.get(path)
            counts.append(len(sent))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_an_object_shows_its_history_on_a_page_of_another_feature(app, acme, browse, monkeypatch):
    """With two lines of template and nothing else."""
    write(acme, 2)
    template = (
        '{% from "audit/history.html" import history %}{{ history("audit_filter", "f1") }}{{ history("team", "none") }}'
    )
    shown = access.signed_in(lambda: render_template_string(template))
    monkeypatch.setitem(app.view_functions, "accounts.profile", shown)
    page = browse(acme, "Alice").get("/account")
    assert sentences(page) == ["Ada Lovelace kept the search Search 1"]
    assert 'href="/audit?target=audit_filter:f1"' in page.text
    assert "Nothing is recorded yet" in page.text
