"""Recording: in the transaction of what is recorded, in one statement, and never a reason for it to fail."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from saas.audit.module import FILTER_DELETED, FILTER_SAVED
from saas.audit.search import Search, find
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import LONGEST, MOST, AuditEntry, OperatorEntry, Target, changes_of, record
from saas.core.database import db
from saas.core.ids import new_id
from saas.tenancy.scope import platform_rights, platform_work, tenant_scope, tenant_work
from tests.audit.conftest import ADA, write
from tests.cast import found
from tests.support import statements_sent


def entries(organisation):
    with tenant_scope(organisation) as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.event.like("audit.%")).order_by(AuditEntry.id)).all()


class Colour(StrEnum):
    RED = "red"


def test_an_entry_says_who_did_what_to_what_from_where_and_what_it_changed(acme):
    operator = Actor(
        "member",
        "Bob",
        new_id(),
        address="2001:db8::1",
        agent="Lynx",
        request_id="r1",
        email="b@example.com",
        impersonator="Olga",
    )
    before, after = {"name": "Old", "size": 3, "same": 1}, {"name": "New", "size": None, "same": 1}
    with tenant_work(acme):
        target = Target("team", UUID(int=7), "Research")
        record(FILTER_SAVED, actor=operator, target=target, changes=changes_of(before, after), colour=Colour.RED)
    (entry,) = entries(acme)
    assert (entry.event, entry.actor_kind, entry.actor_id, entry.actor_name) == (
        FILTER_SAVED.name,
        "member",
        operator.id,
        "Bob",
    )
    assert (entry.actor_email, entry.impersonator, entry.address, entry.agent) == (
        "b@example.com",
        "Olga",
        "2001:db8::1",
        "Lynx",
    )
    assert (entry.target_kind, entry.target_id, entry.target_label) == ("team", str(UUID(int=7)), "Research")
    assert entry.changes == {"name": ["Old", "New"], "size": [3, None]}
    assert entry.facts == {"colour": "red"}
    assert entry.request_id == "r1"
    assert len(entry.salt or b"") == 16


def test_an_entry_is_kept_if_and_only_if_its_transaction_is(acme):
    with tenant_scope(acme):
        record(FILTER_SAVED, actor=SYSTEM)
        db.session.flush()
    assert entries(acme) == []
    with tenant_scope(acme) as session:
        record(FILTER_SAVED, actor=SYSTEM)
        session.commit()
    assert len(entries(acme)) == 1


def test_all_entries_of_a_transaction_are_one_statement(acme):
    with tenant_scope(acme) as session, statements_sent() as sent:
        record(FILTER_SAVED, actor=ADA)
        record(FILTER_DELETED, actor=SYSTEM, target=Target("x", "1", "One"), changes={"a": (1, 2)}, more="facts")
        record(FILTER_SAVED, actor=ADA, target=Target("x", "2", "Two"))
        session.commit()
    assert [statement.split("(")[0].strip() for statement in sent] == ["INSERT INTO audit_entries"]
    assert len(entries(acme)) == 3


def test_where_the_session_stands_decides_whose_log_it_is(acme, umbrella):
    with tenant_work(acme):
        record(FILTER_SAVED, actor=SYSTEM, place="acme")
        with platform_rights():
            record(FILTER_SAVED, actor=SYSTEM, tenant_id=acme.id, place="platform")
    assert [entry.facts for entry in entries(acme)] == [{"place": "acme"}]
    assert entries(umbrella) == []
    with platform_work() as session:
        told = session.scalars(select(OperatorEntry).where(OperatorEntry.tenant_id == acme.id)).all()
    assert {"place": "platform"} in [entry.facts for entry in told]


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("\ud800", "?"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (10**40, str(10**40)),
        (-5, -5),
        (1.5, 1.5),
        (True, True),
        (None, None),
        ({"b", "a"}, ["a", "b"]),
        (datetime(2026, 3, 4, 5, 6, tzinfo=UTC), "2026-03-04T05:06:00+00:00"),
        ("x" * 900, "x" * (LONGEST - 1) + "…"),
        (list(range(MOST + 5)), [*range(MOST), "… 5 more"]),
        ({"deep": {"er": [UUID(int=1)]}}, {"deep": {"er": [str(UUID(int=1))]}}),
    ],
)
def test_values_are_kept_as_json_can_hold_them(acme, given_value, kept):
    write(acme, value=given_value)
    assert entries(acme)[0].facts == {"value": kept}


@pytest.mark.parametrize(
    "text", ["字" * 2000, "𠀀" * 2000, "a" * 5000, "\\n" * 900, "' \" \\ : & | ! ( )", "", "İ" * 600]
)
def test_no_text_is_too_long_or_too_odd_to_be_recorded(acme, text):
    with tenant_work(acme):
        record(
            FILTER_SAVED,
            actor=Actor("member", text, email=text, agent=text),
            target=Target(text, text, text),
            note=text,
        )
    assert len(entries(acme)) == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_no_value_keeps_an_operation_from_being_recorded(shared, value):
    with tenant_scope(shared):
        record(FILTER_SAVED, actor=SYSTEM, value=value)
        db.session.flush()


@pytest.fixture(scope="module")
def shared(app):
    return found("Shared", owner="Alice", people={})


def test_what_was_recorded_can_be_found_by_its_words(acme):
    write(acme, note="Żółć and straße", other=["deep", {"er": "needle"}])
    with tenant_scope(acme):
        for word in ("żółć", "straße", "needle", "lovelace", "LOVELACE"):
            assert len(find(Search(q=word))) == 1, word
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) > 1
        assert find(Search(q="needles")) == []
