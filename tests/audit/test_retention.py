"""Retention: old entries go from the beginning of the chain, whole batches with a signed checkpoint, and never over a fault."""

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import sql
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError

from saas.audit.canonical import COMMITMENT
from saas.audit.chains import get_start
from saas.audit.jobs import keep_logs
from saas.audit.module import EXPIRED
from saas.audit.redaction import redact
from saas.audit.retention import days_kept, expire, renew_checkpoint
from saas.audit.sealing import seal
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.crypto import KeyRing, new_master_key
from saas.core.errors import Conflict
from saas.core.runtime import install, runtime, settings
from saas.tenancy.models import Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.audit.conftest import check, head_of, newest, write, write_at

DAY = timedelta(days=1)


@pytest.fixture
def old(acme, owner, log):
    """Ten entries, one a day, the oldest 69 days and a half old, sealed in their order; then today's."""
    oldest = now() - 69.5 * DAY
    owner.execute(sql.SQL("DELETE FROM {entries}").format(**log.tables))
    write_at(acme, *(oldest + number * DAY for number in range(10)))
    write(acme, 3)
    seal(owner, log)
    assert newest(owner, log) == 13
    return oldest


BLANKED_IN_SILENCE = (
    "WITH kept AS (UPDATE {seals} s SET personal = {commitment} FROM {entries} e WHERE e.id = s.entry_id AND s.position = 3"
    " RETURNING e.id) UPDATE {entries} SET actor_name = '', actor_email = '', impersonator = '', address = '', agent = '',"
    " target_label = '', changes = '{{}}', facts = '{{}}', salt = NULL WHERE id IN (SELECT id FROM kept)"
)
"""With a fitting commitment, so that the chain holds, and without a record."""


def left(acme) -> list[str]:
    with tenant_scope(acme) as session:
        return [entry.event for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_what_is_older_goes_and_the_chain_still_holds(acme, old, owner, log):
    assert expire(owner, log, 65) == 5
    assert len(left(acme)) == 13 - 5 + 1
    verdict = check(log)
    assert (verdict.fault, verdict.first, verdict.last) == (None, 5, 13)
    assert expire(owner, log, 65) == 0


def test_it_is_recorded(acme, old, owner, log):
    expire(owner, log, 65)
    with tenant_scope(acme) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.event == EXPIRED.name)).one()
    assert told.facts == {"entries": 5, "through": 5, "days": 65}
    seal(owner, log)
    assert check(log).fault is None


def test_it_goes_batch_by_batch_each_with_its_checkpoint(acme, old, owner, log, hand):
    assert expire(owner, log, 30, batch=4) == 10
    rows = hand("SELECT position, removed FROM {checkpoints} ORDER BY position").fetchall()
    assert rows == [(4, 4), (8, 8), (10, 10)]
    assert check(log).fault is None


def test_a_log_of_old_entries_only_may_become_empty_and_goes_on(acme, owner, log, hand):
    hand("DELETE FROM {entries}")
    write_at(acme, *(now() - (80 - number) * DAY for number in range(4)))
    seal(owner, log)
    assert expire(owner, log, 40) == 4
    assert check(log).fault is None
    seal(owner, log)
    write(acme, 2)
    seal(owner, log)
    verdict = check(log)
    assert (verdict.fault, verdict.first, verdict.last) == (None, 4, 7)


def test_what_is_not_sealed_yet_stays(acme, old, owner, log):
    write_at(acme, now() - 50 * DAY)
    assert expire(owner, log, 30) == 10
    assert len([event for event in left(acme) if event.startswith("audit.filter")]) == 4


def test_what_stands_behind_a_younger_entry_in_the_chain_stays(acme, owner, log, hand):
    """Positions tell the order; an entry that was sealed late is taken out late."""
    hand("DELETE FROM {entries}")
    write(acme)
    seal(owner, log)
    write_at(acme, now() - 50 * DAY)
    seal(owner, log)
    assert expire(owner, log, 30) == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = 3)",
        "DELETE FROM {entries} WHERE id = (SELECT entry_id FROM {seals} WHERE position = 3)",
        "DELETE FROM {seals} WHERE position = 3",
        BLANKED_IN_SILENCE,
    ],
)
def test_a_checkpoint_never_covers_up_a_fault(acme, old, owner, log, hand, damage):
    owner.execute(sql.SQL(damage).format(**log.tables, commitment=COMMITMENT))
    with pytest.raises(Conflict, match="position 3"):
        expire(owner, log, 30)
    assert hand("SELECT count(*) FROM {checkpoints}").fetchone() == (0,)
    fault = check(log).fault
    assert fault is not None
    assert fault.position == 3


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_blanked_with_a_record_is_taken_out(acme, old, owner, log, sealed):
    """Whether or not the record is sealed already."""
    assert redact(owner, log, [3, 4], actor=SYSTEM) == [3, 4]
    if sealed:
        seal(owner, log)
    assert expire(owner, log, 30) == 10
    assert check(log).fault is None


class TestCheckpointsByHand:
    def test_one_that_was_put_in_is_not_signed(self, acme, old, log, hand):
        (seal_at_6,) = hand("SELECT hash FROM {seals} WHERE position = 6").fetchone()
        hand("DELETE FROM {entries} WHERE id IN (SELECT entry_id FROM {seals} WHERE position <= 6)")
        hand("DELETE FROM {seals} WHERE position <= 6")
        hand("INSERT INTO {checkpoints} VALUES (6, now(), %s, 6, %s)", seal_at_6, b"\0\0\0\1" + b"x" * 64)
        fault = check(log).fault
        assert fault is not None
        assert fault.sentence == "The checkpoint at position 6 is not to be trusted: its signature does not hold."

    @pytest.mark.parametrize(
        "change", ["position = 4", "removed = 4", "at = at + interval '1 second'", "hash = sha256(hash)"]
    )
    def test_one_that_was_changed_is_not_signed_any_more(self, acme, old, owner, log, hand, change):
        expire(owner, log, 65)
        hand(f"UPDATE {{checkpoints}} SET {change}")
        fault = check(log).fault
        assert fault is not None
        assert "not to be trusted" in fault.sentence

    def test_an_old_one_does_not_lead_to_a_newer_beginning(self, acme, old, owner, log, hand):
        expire(owner, log, 65)
        expire(owner, log, 63)
        hand("DELETE FROM {checkpoints} WHERE position > 5")
        fault = check(log).fault
        assert fault is not None
        assert fault.position == 6

    def test_one_from_another_log_is_worth_nothing_here(self, acme, umbrella, old, owner, log, hand):
        expire(owner, log, 65)
        other = type(log)(umbrella.id, umbrella.slug, umbrella.schema_name)
        owner.execute(
            sql.SQL("INSERT INTO {} SELECT * FROM {}").format(other.tables["checkpoints"], log.tables["checkpoints"])
        )
        fault = check(other).fault
        assert fault is not None
        assert "signature does not hold" in fault.sentence


def test_a_checkpoint_of_a_former_master_key_is_signed_anew(acme, old, owner, log):
    expire(owner, log, 65)
    before = runtime()
    fresh = KeyRing.parse(new_master_key(2))
    try:
        install(replace(before, keys=KeyRing({**fresh.keys, **before.keys.keys}, current=2)))
        assert renew_checkpoint(owner, log)
        assert not renew_checkpoint(owner, log)
        seal(owner, log)
        install(replace(before, keys=fresh))
        assert check(log).fault is None
        assert get_start(owner, log).position == 5
    finally:
        install(before)


@pytest.mark.parametrize(("given", "days"), [(None, 365), (90, 90), (3, 30), (999, 999)])
def test_the_plan_says_for_how_long_but_never_less_than_thirty_days(app, given, days):
    assert settings().audit_retention_days == 365
    assert days_kept(given) == days


def test_the_organisation_reads_the_number_and_cannot_change_it(acme, browse, sealed):
    """Else a fault in its own pages could shorten its log."""
    sealed(1)
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, acme.id), audit_days=400, actor=SYSTEM)
    assert "400 days" in browse(acme, "Alice").get("/audit/checks").text
    with tenant_work(acme) as session:
        session.execute(update(Tenant).values(config={"audit_days": 31}))
    assert "400 days" in browse(acme, "Alice").get("/audit/checks").text
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_work(acme) as session:
        session.execute(update(Tenant).values(overrides={"audit_days": 31}))


def test_the_nights_work_seals_takes_out_and_forgets_heads_of_logs_that_are_gone(
    acme, umbrella, old, owner, log, server
):
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, acme.id), audit_days=65, actor=SYSTEM)
    write(acme)
    seal(owner, type(log)(umbrella.id, umbrella.slug, umbrella.schema_name))
    with platform_work() as session:
        session.delete(session.get_one(Tenant, umbrella.id))
    keep_logs()
    assert get_start(owner, log).position == 5
    assert head_of(owner, log)["position"] == 15
    with pytest.raises(AssertionError):
        head_of(owner, type(log)(umbrella.id, "", ""))
