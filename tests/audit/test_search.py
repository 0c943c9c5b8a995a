"""Searching: each filter beside what it leaves out, all of them together, free text, and pages that miss nothing."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from saas.audit import search as searching
from saas.audit.module import EXPORTED, FILTER_DELETED, FILTER_SAVED
from saas.audit.search import Search, find
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry, Target, record
from saas.core.clock import now
from saas.core.ids import id_at, new_id
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation, found
from tests.support import statements_sent

ADA_ID, BOB_ID, KEY_ID, TEAM, STRANGER = (UUID(int=number) for number in range(1, 6))
ADA = Actor("member", "Ada Lovelace", ADA_ID, address="192.0.2.7", email="ada.l@example.com", request_id="abcd1234")
BOB = Actor("member", "Bob O'Hara", BOB_ID, address="2001:db8::7", email="bob@example.org", impersonator="Olga")
KEY = Actor("api_key", "Nightly import", KEY_ID, address="192.0.2.70")


@pytest.fixture(scope="module")
def place(app) -> Organisation:
    """An organisation with eight entries of five kinds, made at known times."""
    organisation = found("Search", owner="Alice", people={})
    clear(organisation)
    with tenant_work(organisation):
        record(FILTER_SAVED, actor=ADA, target=Target("team", TEAM, "Research"), changes={"name": ("Lab", "Research")})
        record(FILTER_DELETED, actor=ADA, target=Target("team", TEAM, "Research"))
        record(EXPORTED, actor=ADA, target=Target("member", "m1", "Zoë"), note="line one\nline two")
        record(FILTER_SAVED, actor=BOB, target=Target("team", new_id(), "Sales"), percent=12.5)
        record(EXPORTED, actor=BOB)
        record(EXPORTED, actor=KEY, files=["a.csv", "b.csv"])
        record(FILTER_SAVED, actor=SYSTEM, reason='it\'s a "quoted" \\ word & more | (or) !less :*')
        record(FILTER_DELETED, actor=SYSTEM, target=Target("team", "x:y", "Odd id"))
    return organisation


def clear(organisation) -> None:
    with owner_connection() as owner:
        owner.execute(f"DELETE FROM {organisation.schema_name}.audit_entries".encode())


def count(place, **asked) -> int:
    with tenant_scope(place):
        return len(find(Search.read(asked)))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 8),
        ({"who": str(ADA.id)}, 3),
        ({"who": str(ADA.id).upper()}, 3),
        ({"who": "ada"}, 3),
        ({"who": "lovel"}, 3),
        ({"who": "ada.l@example.com"}, 3),
        ({"who": "example.org"}, 2),
        ({"who": "ada bob"}, 0),
        ({"who": "O'Hara"}, 2),
        ({"who": "research"}, 0),
        ({"who": str(STRANGER)}, 0),
        ({"kind": "member"}, 5),
        ({"kind": "api_key"}, 1),
        ({"kind": "system"}, 2),
        ({"kind": "operator"}, 0),
        ({"event": FILTER_SAVED.name}, 3),
        ({"event": "audit."}, 8),
        ({"event": "audit.filter."}, 5),
        ({"event": "audit.filter"}, 0),
        ({"event": "members."}, 0),
        ({"target": f"team:{TEAM}"}, 2),
        ({"target": f"member:{TEAM}"}, 0),
        ({"target": "member:m1"}, 1),
        ({"target": "team:x:y"}, 1),
        ({"target": f"team:{STRANGER}"}, 0),
        ({"address": "192.0.2.7"}, 3),
        ({"address": "192.0.2.70"}, 1),
        ({"address": "2001:db8::7"}, 2),
        ({"address": "192.0.2"}, 0),
        ({"impersonated": "yes"}, 2),
        ({"impersonated": "yes", "who": "ada"}, 0),
        ({"impersonated": "yes", "event": EXPORTED.name}, 1),
        ({"q": "research"}, 2),
        ({"q": "RESEARCH"}, 2),
        ({"q": "rese"}, 2),
        ({"q": "re"}, 0),
        ({"q": "esearch"}, 0),
        ({"q": "lab research"}, 1),
        ({"q": "lab   sales"}, 0),
        ({"q": "zoë"}, 1),
        ({"q": "two"}, 1),
        ({"q": "ntwo"}, 0),
        ({"q": "ada.l@example.com"}, 3),
        ({"q": "192.0.2.7"}, 3),
        ({"q": "192.0.2.7 research"}, 2),
        ({"q": str(TEAM)}, 2),
        ({"q": str(ADA.id)}, 3),
        ({"q": "abcd1234"}, 3),
        ({"q": "12.5"}, 1),
        ({"q": "b.csv"}, 1),
        ({"q": "quoted word"}, 1),
        ({"q": "asked for an export"}, 3),
        ({"q": "asked lovelace"}, 1),
        ({"q": "asked for an export of the audit log"}, 3),
        ({"q": "kept the search Research"}, 2),
        ({"q": "olga"}, 2),
        ({"q": "'"}, 8),
        ({"q": "zebra"}, 0),
    ],
    ids=str,
)
def test_a_search_finds_what_it_asks_for_and_nothing_else(place, asked, expected):
    assert count(place, **asked) == expected


@pytest.mark.parametrize(
    "text",
    [
        "' | 'x",
        "\\",
        "a\\'b",
        ":*",
        "!(",
        "&&&",
        "(((",
        "<->",
        "a:b:c",
        "%s %(x)s",
        "\0",
        "x" * 5000,
        "é" * 300,
        "''''",
        "- - -",
    ],
)
def test_odd_words_are_words_and_never_an_error(place, text):
    for field in ("q", "who", "event", "target", "address", "kind", "impersonated", "since", "until"):
        count(place, **{field: text})


@given(asked=st.dictionaries(st.sampled_from(["q", "who", "event", "target", "address", "kind"]), st.text(max_size=40)))
@hypothesis_settings(max_examples=60)
def test_no_text_is_an_error(place, asked):
    count(place, **asked)


def test_filters_go_with_each_other(place):
    """Any two filters find what both find."""
    filters = [
        {"who": "ada"},
        {"event": FILTER_SAVED.name},
        {"target": f"team:{TEAM}"},
        {"address": "192.0.2.7"},
        {"impersonated": "yes"},
        {"kind": "member"},
        {"q": "research"},
        {"since": f"{now().date() - timedelta(days=1)}"},
    ]
    with tenant_scope(place):
        ids = [{entry.id for entry in find(Search.read(one))} for one in filters]
        for (one, some), (two, others) in combinations(zip(filters, ids, strict=True), 2):
            both = {entry.id for entry in find(Search.read({**one, **two}))}
            assert both == some & others, (one, two)


@pytest.fixture(scope="module")
def days(app):
    """Entries around midnight in Berlin, which is at 23:00 in UTC then, and in UTC."""
    organisation = found("Days", owner="Alice", people={})
    clear(organisation)
    moments = {
        "3 ends in Berlin": datetime(2026, 3, 3, 22, 59, 59, 999999, UTC),
        "4 begins in Berlin": datetime(2026, 3, 3, 23, 0, 0, 0, UTC),
        "4 begins in UTC": datetime(2026, 3, 4, 0, 0, 0, 0, UTC),
        "4 ends in Berlin": datetime(2026, 3, 4, 22, 59, 59, 999999, UTC),
        "5 begins in Berlin": datetime(2026, 3, 4, 23, 0, 0, 0, UTC),
    }
    with tenant_work(organisation) as session:
        session.add_all(entry_of(moment, name) for name, moment in moments.items())
    return organisation


class TestDays:
    @pytest.mark.parametrize(
        ("zone", "since", "until", "expected"),
        [
            (
                "Europe/Berlin",
                "2026-03-04",
                "2026-03-04",
                {"4 begins in Berlin", "4 begins in UTC", "4 ends in Berlin"},
            ),
            (
                "UTC",
                "2026-03-04",
                "2026-03-04",
                {"4 begins in UTC", "4 ends in Berlin", "5 begins in Berlin"},
            ),
            ("Europe/Berlin", "", "2026-03-03", {"3 ends in Berlin"}),
            ("Europe/Berlin", "2026-03-05", "", {"5 begins in Berlin"}),
            ("Europe/Berlin", "2026-03-06", "2026-03-02", set()),
            ("America/St_Johns", "1999-01-01", "1999-12-31", set()),
            ("UTC", "9998-12-31", "9998-12-31", set()),
            ("UTC", "", "1971-01-01", set()),
        ],
    )
    @pytest.mark.parametrize("also", [{}, {"q": "berlin"}, {"kind": "system"}])
    def test_are_those_of_the_organisations_time_zone(self, days, zone, since, until, expected, also):
        with tenant_scope(days):
            entries = find(Search.read({"since": since, "until": until, **also}), zone=zone)
        wanted = {name for name in expected if also.get("q", "") in name.lower()}
        assert {entry.target_label for entry in entries} == wanted

    @pytest.mark.parametrize(
        "text", ["yesterday", "2026-13-01", "2026-02-30", "04.03.2026", "'", "10000-01-01", "0001-01-01", "9999-12-31"]
    )
    def test_that_are_none_are_left_out(self, days, text):
        assert Search.read({"since": text, "until": text}) == Search()


def entry_of(moment: datetime, name: str = "", **values) -> AuditEntry:
    return AuditEntry(
        id=id_at(moment),
        at=moment,
        event=FILTER_SAVED.name,
        actor_kind="system",
        actor_name="S",
        target_label=name,
        **values,
    )


@pytest.fixture(scope="module")
def months(app):
    organisation = found("Months", owner="Alice", people={})
    clear(organisation)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with tenant_work(organisation) as session:
        for number in range(300):
            labels = [word for word, when in {"all": 1, "third": 3, "tenth": 10}.items() if number % when == 0]
            labels += ["early"] if number < 60 else []
            session.add(entry_of(begin + timedelta(hours=7 * number), " ".join(labels)))
    return organisation


class TestPages:
    """Over three months, so that a search asks the index for several groups of buckets of time."""

    WORDS = {
        "": 300,
        "all": 300,
        "third": 100,
        "tenth": 30,
        "early": 60,
        "early third": 20,
        "tenth third": 10,
        "never": 0,
    }

    @pytest.mark.parametrize("word", WORDS)
    @pytest.mark.parametrize("size", [7, 50])
    def test_older_pages_show_every_entry_once_in_its_order(self, months, word, size):
        seen, before = [], None
        with tenant_scope(months):
            while entries := find(Search(q=word), before=before, limit=size):
                assert len(entries) <= size
                seen += [entry.id for entry in entries]
                before = seen[-1]
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == len(set(seen)) == self.WORDS[word]

    @pytest.mark.parametrize("word", WORDS)
    def test_newer_pages_lead_back_the_same_way(self, months, word):
        with tenant_scope(months):
            there = [entry.id for entry in find(Search(q=word), limit=1000)]
            back, after = [], id_at(datetime(2025, 1, 1, tzinfo=UTC))
            while entries := find(Search(q=word), after=after, limit=9):
                back = [entry.id for entry in entries] + back
                after = back[0]
        assert back == there

    def test_within_days_too(self, months):
        with tenant_scope(months):
            entries = find(Search(q="third", since="2026-02-01", until="2026-02-28"), limit=1000)
        moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * number) for number in range(0, 300, 3)]
        assert len(entries) == sum(moment.month == 2 for moment in moments)

    def test_it_takes_as_many_statements_however_much_there_is(self, months):
        for word in ("", "never", "early"):
            with tenant_scope(months), statements_sent() as sent:
                find(Search(q=word), limit=50)
            assert len(sent) <= 3, word


def test_the_buckets_are_those_of_the_index(place):
    """What Python asks for is what the database has stored: with one bucket too few or too many nothing would be found."""
    with tenant_scope(place):
        groups = list(searching._groups([[("x", False)]], id_at(now() - timedelta(days=40)), id_at(now()), False))
    sizes = [group.count("(") // 2 for group in groups]
    assert sizes[:3] == [1, 2, 4]
    assert sum(sizes) in (51, 52, 53)


def test_an_empty_log_has_nothing_to_find(app, place):
    empty = found("Empty", owner="Alice", people={})
    clear(empty)
    with tenant_scope(empty):
        assert find(Search(q="x")) == find(Search()) == []
