"""A database that is set back: the head kept among the files tells, sealing on hides nothing, an operator can accept it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from saas.audit import sealing
from saas.audit.jobs import keep_logs
from saas.audit.keeping import OPERATORS_LOG
from saas.audit.kept import NAME, accept_head, get_kept
from saas.audit.module import HEAD_ACCEPTED
from saas.audit.queries import verify_own
from saas.audit.retention import expire
from saas.audit.sealing import seal
from saas.audit.verifying import note_verdict
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry, OperatorEntry
from saas.core.clock import now
from saas.core.errors import Conflict
from saas.core.runtime import runtime
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope
from tests.audit.conftest import check, head_of, newest, write, write_at

FIELDS = ("position", "hash", "signature", "settled_id", "settling_id", "waits_for", "inserted", "verified_to")


@pytest.fixture
def set_back(acme, owner, log, hand, all_powerful, sealed):
    """Somebody notes a head and its good signature, waits, and puts the whole log back to where it was then."""
    then = sealed(5)
    noted = head_of(owner, log)
    later = sealed(4)

    def act() -> None:
        hand("DELETE FROM {entries} WHERE id IN (SELECT entry_id FROM {seals} WHERE position > %s)", then)
        hand("DELETE FROM {seals} WHERE position > %s", then)
        change = ", ".join(f"{name} = %s" for name in FIELDS)
        values = [noted[name] for name in FIELDS]
        all_powerful(f"UPDATE platform.audit_heads SET {change} WHERE tenant_id = %s", *values, log.tenant_id)

    act.then, act.later = then, later
    return act


def fault_of(log):
    fault = check(log).fault
    assert fault is not None, "nothing was found"
    return fault


class TestSetBack:
    def test_an_untouched_log_passes_through_the_head_that_is_kept(self, set_back, log):
        assert get_kept(log).position == set_back.later
        assert check(log).fault is None

    def test_the_newest_entries_cannot_go_with_an_earlier_head_put_in_place(self, set_back, log):
        set_back()
        fault = fault_of(log)
        assert fault.sentence == (
            f"The database was set back: its chain ends at position {set_back.then}, but a seal at position"
            f" {set_back.later} was kept outside it."
        )
        assert fault.set_back

    def test_the_organisation_sees_it_too(self, acme, set_back):
        with tenant_scope(acme):
            assert verify_own().fault is None
        set_back()
        with tenant_scope(acme):
            assert verify_own().fault is not None

    def test_sealing_on_does_not_hide_it(self, acme, set_back, owner, log):
        kept = get_kept(log)
        set_back()
        for _ in range(3):
            write(acme, 3)
            seal(owner, log)
        assert newest(owner, log) > set_back.later
        assert get_kept(log) == kept
        assert "not the one that was kept outside the database" in fault_of(log).sentence

    def test_nor_does_taking_everything_away(self, set_back, log, hand, all_powerful):
        hand("DELETE FROM {entries}")
        hand("DELETE FROM {seals}")
        all_powerful("DELETE FROM platform.audit_heads WHERE tenant_id = %s", log.tenant_id)
        assert "it knows of no chain" in fault_of(log).sentence

    def test_without_the_file_how_far_the_chain_was_checked_tells(self, set_back, owner, log, hand, all_powerful):
        """Whoever puts back the three columns that are signed and no more."""
        note_verdict(owner, check(log))
        set_back()
        change = "UPDATE platform.audit_heads SET verified_to = %s WHERE tenant_id = %s"
        all_powerful(change, set_back.later, log.tenant_id)
        runtime().storage.delete(log.tenant_id, NAME)
        assert f"was found to hold up to position {set_back.later} before" in fault_of(log).sentence
        note_verdict(owner, check(log))
        assert check(log).fault is not None

    def test_a_file_that_is_not_there_is_no_fault(self, set_back, log):
        runtime().storage.delete(log.tenant_id, NAME)
        assert check(log).fault is None

    @pytest.mark.parametrize("content", [b"", b"\xff", b"many:00", b"5:xyz", b"-3:00"])
    def test_one_that_cannot_be_read_is_told(self, set_back, owner, log, content):
        runtime().storage.put(log.tenant_id, NAME, content)
        seal(owner, log)
        assert fault_of(log).sentence == "The head that is kept outside the database cannot be read."


class TestKeeping:
    def test_it_is_never_ahead_of_the_database(self, acme, sealed, owner, log, monkeypatch):
        """Killed before the commit, nothing was written; killed after it, the file is behind, and that is no fault."""
        before = sealed(2)
        write(acme, 2)
        with monkeypatch.context() as patch:
            patch.setattr(sealing, "keep_head", _killed)
            with pytest.raises(KeyboardInterrupt):
                seal(owner, log)
        assert (get_kept(log).position, newest(owner, log)) == (before, before + 2)
        assert check(log).fault is None
        seal(owner, log)
        assert get_kept(log).position == before + 2

    def test_a_disk_that_is_full_does_not_hinder_sealing(self, acme, sealed, owner, log, monkeypatch):
        before = sealed(2)
        monkeypatch.setattr(type(runtime().storage), "put", _full)
        assert sealed(2) == before + 2
        assert check(log).fault is None

    def test_retention_may_take_out_the_entry_it_speaks_of(self, acme, owner, log, hand):
        hand("DELETE FROM {entries}")
        write_at(acme, *(now() - timedelta(days=80 - number) for number in range(4)))
        seal(owner, log)
        assert expire(owner, log, 40) == 4
        assert check(log).fault is None
        write(acme, 2)
        seal(owner, log)
        assert get_kept(log).position == newest(owner, log)
        assert check(log).fault is None

    def test_it_goes_with_the_organisation(self, acme, umbrella, sealed, owner, log):
        sealed(1)
        with platform_work() as session:
            session.delete(session.get_one(Tenant, acme.id))
        keep_logs()
        assert get_kept(log) is None


class TestAccepting:
    """A backup that was put back looks like an attack. An operator says which it was, and that is recorded."""

    def test_what_was_set_back_counts_from_then_on(self, acme, set_back, owner, log):
        set_back()
        assert accept_head(owner, log, actor=SYSTEM).position == set_back.then
        assert check(log).fault is None
        write(acme, 2)
        seal(owner, log)
        assert get_kept(log).position == newest(owner, log)
        assert check(log).fault is None

    def test_both_logs_tell(self, acme, set_back, owner, log):
        kept = get_kept(log)
        set_back()
        accept_head(owner, log, actor=SYSTEM)
        with platform_scope() as session:
            told = select(OperatorEntry).where(OperatorEntry.event == HEAD_ACCEPTED.name)
            entry = session.scalars(told.order_by(OperatorEntry.id.desc())).first()
        assert (entry.tenant_id, entry.facts["kept"]) == (acme.id, str(kept))
        assert entry.facts["found"].startswith(f"{set_back.then}:")
        with tenant_scope(acme) as session:
            assert session.scalars(select(AuditEntry).where(AuditEntry.event == HEAD_ACCEPTED.name)).one()

    def test_nothing_is_accepted_where_nothing_is_wrong(self, set_back, owner, log):
        with pytest.raises(Conflict, match="nothing to accept"):
            accept_head(owner, log, actor=SYSTEM)

    def test_a_file_that_cannot_be_read_is_replaced(self, set_back, owner, log):
        runtime().storage.put(log.tenant_id, NAME, b"?")
        accept_head(owner, log, actor=SYSTEM)
        assert get_kept(log).position == set_back.later
        assert check(log).fault is None

    def test_the_operators_log_can_be_accepted_too(self, app, owner):
        seal(owner, OPERATORS_LOG)
        runtime().storage.put(OPERATORS_LOG.tenant_id, NAME, b"?")
        accept_head(owner, OPERATORS_LOG, actor=SYSTEM)
        assert check(OPERATORS_LOG).fault is None


def _killed(*_values) -> None:
    raise KeyboardInterrupt


def _full(*_values) -> None:
    raise OSError(28, "No space left on device")
