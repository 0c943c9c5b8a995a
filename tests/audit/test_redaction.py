"""Redaction: personal data go, the chain holds, and blanking in silence is found."""

import json
from datetime import timedelta

import pytest
from psycopg import sql
from sqlalchemy import select

from saas.audit.canonical import COMMITMENT
from saas.audit.keeping import keeping
from saas.audit.module import FILTER_SAVED, REDACTED
from saas.audit.redaction import _spans, find_older, find_personal, redact
from saas.audit.retention import expire
from saas.audit.sealing import seal
from saas.audit.search import Search, find
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry, Target, record
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.audit.conftest import ADA, check, newest, write, write_at

BOB = Actor("member", "Bob", new_id(), address="192.0.2.9", agent="Lynx", email="bob@example.com")


@pytest.fixture
def about_bob(acme, owner, log):
    """Entries by Bob, about Bob, that name Bob, and three that have nothing to do with him; the positions of the former."""
    write(acme, 2)
    with tenant_work(acme):
        record(FILTER_SAVED, actor=BOB)
    with tenant_work(acme):
        record(FILTER_SAVED, actor=ADA, target=Target("member", BOB.id or "", "Bobby"))
    with tenant_work(acme):
        record(FILTER_SAVED, actor=ADA, changes={"address": ("BOB@example.com", "b@example.org")})
    write(acme, 1)
    seal(owner, log)
    last = newest(owner, log)
    return [last - 3, last - 2, last - 1]


def entry_at(acme, hand, position) -> AuditEntry:
    (entry_id,) = hand("SELECT entry_id FROM {seals} WHERE position = %s", position).fetchone()
    with tenant_scope(acme) as session:
        return session.get_one(AuditEntry, entry_id)


def test_entries_by_about_and_naming_a_person_are_found(acme, owner, log, about_bob):
    assert find_personal(owner, log, ["bob@example.com"]) == about_bob
    assert find_personal(owner, log, ["Bobby"]) == [about_bob[1]]
    assert find_personal(owner, log, ["nobody@example.com"]) == []


def test_what_is_personal_goes_and_the_chain_still_holds(acme, owner, log, hand, about_bob):
    assert redact(owner, log, about_bob, actor=SYSTEM, reason="asked for") == about_bob
    for position in about_bob:
        entry = entry_at(acme, hand, position)
        personal = (
            entry.actor_name,
            entry.actor_email,
            entry.impersonator,
            entry.address,
            entry.agent,
            entry.target_label,
        )
        assert personal == ("",) * 6
        assert (entry.changes, entry.facts, entry.salt) == ({}, {}, None)
        assert (entry.event, entry.request_id) == (FILTER_SAVED.name, entry.request_id)
    assert entry_at(acme, hand, about_bob[0]).actor_id == BOB.id
    assert check(log).fault is None
    seal(owner, log)
    assert check(log).fault is None


def test_what_is_gone_is_not_found_by_search_any_more(acme, owner, log, about_bob):
    with tenant_scope(acme):
        assert len(find(Search(q="bobby"))) == 1
    redact(owner, log, about_bob, actor=SYSTEM)
    with tenant_scope(acme):
        assert find(Search(q="bobby")) == []
        assert len(find(Search(who=str(BOB.id)))) == 1


def test_nothing_of_it_is_left_in_the_tables(acme, owner, log, hand, about_bob):
    redact(owner, log, about_bob, actor=SYSTEM, reason="request 17")
    left = str(hand("SELECT * FROM {entries}").fetchall()) + str(hand("SELECT * FROM {seals}").fetchall())
    assert "bobby" not in left.lower()
    assert "@example.org" not in left


def test_it_is_recorded_with_the_positions_and_without_the_person(acme, owner, log, about_bob):
    redact(owner, log, about_bob, actor=SYSTEM, reason="request 17")
    with tenant_scope(acme) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.event == REDACTED.name)).one()
    assert told.facts == {"positions": [[about_bob[0], about_bob[2]]], "entries": 3, "reason": "request 17"}
    assert "bob" not in json.dumps(told.facts).lower()


def test_many_are_recorded_in_several_entries(acme, owner, log, hand, monkeypatch):
    monkeypatch.setattr("saas.audit.redaction.BATCH", 4)
    write(acme, 10)
    seal(owner, log)
    found = find_personal(owner, log, ["ada@example.com"])
    assert len(redact(owner, log, found, actor=SYSTEM)) == 10
    assert hand("SELECT count(*) FROM {entries} WHERE event = %s", REDACTED.name).fetchone() == (3,)
    assert check(log).fault is None


def test_what_was_blanked_before_is_not_found_again(acme, owner, log, about_bob):
    redact(owner, log, about_bob, actor=SYSTEM)
    assert find_personal(owner, log, ["bob@example.com"]) == []
    assert redact(owner, log, about_bob, actor=SYSTEM) == []


def test_old_entries_can_be_blanked_by_their_age(acme, owner, log, hand):
    hand("DELETE FROM {entries}")
    write_at(acme, now() - timedelta(days=365))
    write(acme)
    seal(owner, log)
    assert find_older(owner, log, 90) == [1]
    redact(owner, log, [1], actor=SYSTEM)
    assert find_older(owner, log, 90) == []
    assert check(log).fault is None


class TestTheRecordsOfIt:
    """They tell what was blanked: were they blanked themselves, everything they cover would look tampered with."""

    @pytest.fixture
    def told(self, acme, owner, log, hand):
        """A log of old entries, blanked and sealed with its record, which is as old as they are; the record's position."""
        write(acme, 2)
        seal(owner, log)
        redact(owner, log, find_personal(owner, log, ["ada@example.com"]), actor=SYSTEM, reason="Ada asked")
        hand("UPDATE {entries} SET at = at - interval '1 year' WHERE event = %s", REDACTED.name)
        seal(owner, log)
        return newest(owner, log)

    def test_stay_when_everything_old_is_blanked(self, acme, owner, log, hand, told):
        assert find_older(owner, log, 30) == []
        assert check(log).fault is None

    def test_stay_when_a_text_in_them_is_blanked(self, acme, owner, log, told):
        assert find_personal(owner, log, ["Ada asked"]) == []

    def test_stay_whoever_asks(self, acme, owner, log, hand, told):
        write(acme)
        seal(owner, log)
        assert redact(owner, log, [told, told + 1], actor=SYSTEM) == [told + 1]
        seal(owner, log)
        assert entry_at(acme, hand, told).facts["entries"] == 2
        assert check(log).fault is None

    def test_so_do_those_of_what_was_taken_out(self, acme, owner, log, hand):
        hand("DELETE FROM {entries}")
        write_at(acme, now() - timedelta(days=730))
        seal(owner, log)
        expire(owner, log, 500)
        seal(owner, log)
        assert redact(owner, log, [newest(owner, log)], actor=SYSTEM) == []


class TestByHand:
    BLANK = (
        "UPDATE {entries} SET actor_name = '', actor_email = '', impersonator = '', address = '', agent = '',"
        " target_label = '', changes = '{{}}', facts = '{{}}', salt = NULL"
        " WHERE id = (SELECT entry_id FROM {seals} WHERE position = %s)"
    )

    def keep_commitment(self, owner, log, position) -> None:
        query = sql.SQL(
            "UPDATE {seals} s SET personal = {} FROM {entries} e WHERE e.id = s.entry_id AND s.position = %s"
        )
        owner.execute(query.format(COMMITMENT, **log.tables), [position])

    def test_blanking_without_a_commitment_breaks_the_chain(self, acme, owner, log, hand, about_bob):
        hand(self.BLANK, about_bob[0])
        fault = check(log).fault
        assert fault is not None
        assert "was changed" in fault.sentence

    def test_blanking_with_it_but_in_silence_is_found(self, acme, owner, log, hand, about_bob):
        self.keep_commitment(owner, log, about_bob[0])
        hand(self.BLANK, about_bob[0])
        fault = check(log).fault
        assert fault is not None
        assert (
            fault.sentence == f"The entry at position {about_bob[0]} was blanked, and no redaction of it is recorded."
        )

    def test_a_blanked_entry_cannot_be_given_other_words(self, acme, owner, log, hand, about_bob):
        redact(owner, log, about_bob, actor=SYSTEM)
        hand(
            "UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = %s)",
            about_bob[1],
        )
        fault = check(log).fault
        assert fault is not None
        assert fault.sentence == f"The entry at position {about_bob[1]} counts as redacted, but holds personal data."

    def test_the_public_part_of_a_blanked_entry_is_still_sealed(self, acme, owner, log, hand, about_bob):
        redact(owner, log, about_bob, actor=SYSTEM)
        hand(
            "UPDATE {entries} SET event = 'x' WHERE id = (SELECT entry_id FROM {seals} WHERE position = %s)",
            about_bob[1],
        )
        fault = check(log).fault
        assert fault is not None
        assert fault.position == about_bob[1]

    def test_the_record_of_a_redaction_cannot_be_taken_out(self, acme, owner, log, hand, about_bob):
        redact(owner, log, about_bob, actor=SYSTEM)
        hand("DELETE FROM {entries} WHERE event = %s", REDACTED.name)
        fault = check(log).fault
        assert fault is not None
        assert "no redaction of it is recorded" in fault.sentence

    def test_an_entry_that_was_changed_is_not_blanked(self, acme, owner, log, hand, about_bob):
        """Else a redaction would whitewash what somebody did to the log."""
        hand(
            "UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = %s)",
            about_bob[1],
        )
        assert redact(owner, log, about_bob, actor=SYSTEM) == [about_bob[0], about_bob[2]]
        fault = check(log).fault
        assert fault is not None
        assert fault.position == about_bob[1]


def test_when_the_record_expires_so_has_everything_it_speaks_of(acme, owner, log, hand):
    hand("DELETE FROM {entries}")
    write_at(acme, now() - timedelta(days=730), now() - timedelta(days=365))
    seal(owner, log)
    redact(owner, log, [1, 2], actor=SYSTEM)
    seal(owner, log)
    assert expire(owner, log, 500) == 1
    assert check(log).fault is None


def test_the_archivist_cannot_touch_what_is_public(acme, sealed, owner, log):
    sealed(1)
    with pytest.raises(Exception, match="permission denied"), keeping(owner, "archivist"):
        owner.execute(sql.SQL("UPDATE {entries} SET event = 'x'").format(**log.tables))


@pytest.mark.parametrize(
    ("positions", "spans"),
    [([1], [[1, 1]]), ([1, 2, 3], [[1, 3]]), ([1, 3, 4, 9], [[1, 1], [3, 4], [9, 9]])],
)
def test_positions_are_told_as_spans(positions, spans):
    assert list(_spans(positions)) == spans
