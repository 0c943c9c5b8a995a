"""Sealing: every entry once, whatever commits late, whoever is killed, however many seal at the same time."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event, Thread
from time import monotonic

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from saas.audit import nightly, sealing
from saas.audit.jobs import seal_entries
from saas.audit.keeping import OPERATORS_LOG, keeping
from saas.audit.module import FILTER_SAVED
from saas.audit.offline import genesis
from saas.audit.sealing import CLOCKS, seal
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.ids import id_at, new_id
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.audit.conftest import check, head_of, newest, write, write_at


def unsealed(owner, log) -> int:
    query = "SELECT count(*) FROM {entries} e WHERE NOT EXISTS (SELECT FROM {seals} s WHERE s.entry_id = e.id)"
    return owner.execute(sql.SQL(query).format(**log.tables)).fetchone()[0]


def positions(owner, log) -> list[tuple]:
    query = "SELECT position, entry_id FROM {seals} ORDER BY position"
    return owner.execute(sql.SQL(query).format(**log.tables)).fetchall()


def age(entry: AuditEntry, by: timedelta) -> AuditEntry:
    """The entry as if its id had been made so long ago."""
    entry.id, entry.at = id_at(now() - by), now() - by
    return entry


def an_entry() -> AuditEntry:
    return AuditEntry(id=new_id(), event=FILTER_SAVED.name, actor_kind="system", actor_name="System")


def until(condition) -> None:
    """The database counts what a connection did when that is closed, at the latest."""
    db.guarded.dispose()
    limit = monotonic() + 30
    while not condition():
        assert monotonic() < limit, "the condition never came true"


class TestSealing:
    def test_entries_are_sealed_in_the_order_of_their_ids_each_once(self, acme, owner, log):
        write(acme, 5)
        assert seal(owner, log) == newest(owner, log)
        assert seal(owner, log) == 0
        write(acme, 3)
        assert seal(owner, log) == 3
        rows = positions(owner, log)
        assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
        assert [entry_id for _, entry_id in rows] == sorted(entry_id for _, entry_id in rows)
        assert check(log).fault is None

    def test_many_are_sealed_batch_by_batch(self, acme, owner, log):
        write(acme, 7)
        told: list[int] = []
        sealed = seal(owner, log, batch=3, after_each=told.append)
        assert told[:2] == [3, 6]
        assert sealed == newest(owner, log)
        assert unsealed(owner, log) == 0
        assert check(log).fault is None

    def test_the_head_is_copied_to_the_platform_in_the_same_transaction(self, acme, owner, log):
        write(acme, 2)
        seal(owner, log)
        head = head_of(owner, log)
        query = sql.SQL("SELECT hash FROM {seals} WHERE position = %s").format(**log.tables)
        assert (head["hash"],) == owner.execute(query, [head["position"]]).fetchone()

    def test_a_log_without_entries_has_a_head_of_its_own(self, acme, umbrella, owner, log):
        assert genesis(acme.id) != genesis(umbrella.id)
        owner.execute(sql.SQL("DELETE FROM {entries}").format(**log.tables))
        assert seal(owner, log) == 0
        assert (head_of(owner, log)["position"], head_of(owner, log)["hash"]) == (0, genesis(acme.id))
        assert check(log).fault is None

    def test_the_job_seals_every_log_with_new_entries_and_leaves_the_others_alone(
        self, acme, umbrella, owner, log, monkeypatch
    ):
        write(acme, 2)
        with platform_work():
            record(FILTER_SAVED, actor=SYSTEM)
        until(lambda: seal_entries() or unsealed(owner, log) == unsealed(owner, OPERATORS_LOG) == 0)
        visited: list[str] = []

        def visit(connection, one, **options) -> int:
            visited.append(one.key)
            return seal(connection, one, **options)

        monkeypatch.setattr(nightly, "seal", visit)
        until(lambda: visited.clear() or seal_entries() or visited == [])
        write(umbrella)
        until(lambda: seal_entries() or visited)
        assert visited == [umbrella.slug]

    def test_one_that_somebody_else_was_sealing_is_looked_at_again(self, acme, owner, log):
        seal(owner, log)
        write(acme)
        db.guarded.dispose()
        with owner_connection() as other, keeping(other, "sealer"):
            sealing._locked(other, log)
            for _ in range(3):
                seal_entries()
            assert unsealed(owner, log) > 0
        until(lambda: seal_entries() or unsealed(owner, log) == 0)

    def test_so_is_one_that_could_not_be_sealed(self, acme, owner, log, monkeypatch):
        seal(owner, log)
        write(acme)
        db.guarded.dispose()
        with monkeypatch.context() as patch:
            patch.setattr(sealing._Head, "add", _broken)
            for _ in range(3):
                seal_entries()
            assert unsealed(owner, log) == 1
        until(lambda: seal_entries() or unsealed(owner, log) == 0)

    def test_a_log_that_cannot_be_sealed_does_not_hinder_the_others(self, acme, umbrella, owner, log):
        seal(owner, log)
        owner.execute(
            sql.SQL("INSERT INTO {seals} VALUES (%s, %s, '')").format(**log.tables), [newest(owner, log) + 1, new_id()]
        )
        write(acme)
        write(umbrella)
        nightly.keep_all()
        other = type(log)(umbrella.id, umbrella.slug, umbrella.schema_name)
        assert (unsealed(owner, log), unsealed(owner, other)) == (1, 0)


class TestLateCommits:
    """An id is older than the moment from which others can see its entry."""

    def test_an_entry_that_commits_late_is_sealed_late_but_not_missed(self, acme, owner, log):
        with tenant_scope(acme) as session:
            record(FILTER_SAVED, actor=SYSTEM, late=True)
            session.flush()
            write(acme, 3)
            seal(owner, log)
            before = newest(owner, log)
            session.commit()
        assert seal(owner, log) == 1
        assert newest(owner, log) == before + 1
        assert check(log).fault is None

    def test_the_watermark_waits_for_the_transactions_that_were_open(self, acme, owner, log):
        """However long one stays open: what it wrote has an old id by then."""
        with open_elsewhere(acme) as late:
            late.add(age(an_entry(), CLOCKS * 3))
            late.flush()
            for _ in range(4):
                write(acme)
                seal(owner, log)
            settled = head_of(owner, log)["settled_id"]
            assert settled is None or settled < id_at(now() - CLOCKS * 3)
            late.commit()
        assert seal(owner, log) == 1
        assert unsealed(owner, log) == 0
        assert check(log).fault is None

    def test_the_watermark_moves_once_they_have_ended(self, acme, owner, log):
        with open_elsewhere(acme):
            seal(owner, log)
            waiting = head_of(owner, log)["settling_id"]
            seal(owner, log)
            assert head_of(owner, log)["settled_id"] is None
        write(acme)
        seal(owner, log)
        assert head_of(owner, log)["settled_id"] == waiting

    def test_a_transaction_that_began_later_does_not_hold_it_up(self, acme, owner, log):
        seal(owner, log)
        seal(owner, log)
        before = head_of(owner, log)["settling_id"]
        with open_elsewhere(acme):
            seal(owner, log)
            assert head_of(owner, log)["settled_id"] == before

    def test_the_watermark_never_passes_what_a_process_with_a_slow_clock_can_write(self, acme, owner, log):
        for _ in range(5):
            seal(owner, log)
        with tenant_work(acme) as session:
            session.add(age(an_entry(), CLOCKS - timedelta(minutes=1)))
        assert seal(owner, log) == 1
        assert unsealed(owner, log) == 0

    def test_what_is_put_in_behind_the_watermark_is_never_sealed_and_a_check_tells(self, acme, owner, log):
        for _ in range(3):
            seal(owner, log)
        assert head_of(owner, log)["settled_id"] is not None
        (forged,) = write_at(acme, now() - timedelta(days=3))
        assert seal(owner, log) == 0
        fault = check(log).fault
        assert fault is not None
        assert str(forged.id) in fault.sentence

    def test_a_run_whose_view_is_out_of_date_moves_nothing(self, acme, owner, log, monkeypatch):
        """Another run has noted meanwhile what the watermark waits for; what was open before that says nothing about it."""
        seal(owner, log)
        taken = sealing._View.take

        def take(view, connection, head) -> None:
            taken(view, connection, head)
            view.settling, view.still_open = id_at(now() - timedelta(days=9)), []

        monkeypatch.setattr(sealing._View, "take", take)
        before = head_of(owner, log)["settling_id"]
        seal(owner, log)
        assert (head_of(owner, log)["settled_id"], head_of(owner, log)["settling_id"]) == (None, before)

    def test_under_random_late_commits_everything_is_sealed_exactly_once(self, acme, owner, log):
        writers, done = 6, Event()
        dice = random.Random(7)
        plan = [[(dice.random() < 0.15, dice.randrange(1, 5)) for _ in range(25)] for _ in range(writers)]
        gate = Barrier(writers + 1)

        def work(steps) -> None:
            gate.wait()
            for fails, count in steps:
                with tenant_scope(acme) as session:
                    for _ in range(count):
                        record(FILTER_SAVED, actor=SYSTEM)
                    session.flush()
                    session.execute(text("SELECT count(*) FROM audit_entries"))
                    if not fails:
                        session.commit()

        def keep() -> None:
            with owner_connection() as connection:
                gate.wait()
                while not done.is_set():
                    seal(connection, log, batch=7)

        keeper = Thread(target=keep)
        keeper.start()
        with ThreadPoolExecutor(writers) as threads:
            list(threads.map(work, plan))
        done.set()
        keeper.join()
        seal(owner, log)
        rows = positions(owner, log)
        entries = owner.execute(sql.SQL("SELECT id FROM {entries}").format(**log.tables)).fetchall()
        assert sorted(entry_id for _, entry_id in rows) == sorted(row[0] for row in entries)
        assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= sum(count for steps in plan for fails, count in steps if not fails)
        assert check(log).fault is None


@contextmanager
def open_elsewhere(organisation) -> Iterator:
    """A transaction of the organisation that stays open, in a scope of its own."""
    with tenant_scope(organisation) as session:
        session.execute(text("SELECT 1"))
        yield session


class TestInterruption:
    @pytest.mark.parametrize("where", ["before the seals", "before the head", "before the commit"])
    def test_killed_at_any_point_nothing_is_lost_or_sealed_twice(self, acme, owner, log, monkeypatch, where):
        write(acme, 4)
        seal(owner, log)
        write(acme, 6)
        killed = {"before the seals": (sealing, "_ADD"), "before the head": (sealing._Head, "store")}.get(where)
        with owner_connection() as victim, pytest.raises(psycopg.Error):
            if killed:
                with monkeypatch.context() as patch:
                    patch.setattr(*killed, _kill_instead(owner, victim))
                    seal(victim, log)
            else:
                with keeping(victim, "sealer"):
                    seal_once(victim, log)
                    _kill(owner, victim)
        assert unsealed(owner, log) >= 6
        assert check(log).fault is None
        assert seal(owner, log) >= 6
        assert unsealed(owner, log) == 0
        assert check(log).fault is None

    def test_two_that_seal_the_same_log_do_not_get_in_each_others_way(self, acme, owner, log):
        seal(owner, log)
        write(acme, 3)
        with owner_connection() as first, keeping(first, "sealer"):
            sealing._locked(first, log)
            assert seal(owner, log) == 0
        assert seal(owner, log) == 3

    def test_many_at_once_seal_everything_once(self, acme, owner, log):
        write(acme, 40)
        gate = Barrier(4)

        def run(_number: int) -> int:
            with owner_connection() as connection:
                gate.wait()
                return seal(connection, log, batch=5)

        with ThreadPoolExecutor(4) as threads:
            sealed = sum(threads.map(run, range(4)))
        assert sealed + seal(owner, log) == newest(owner, log)
        assert unsealed(owner, log) == 0
        assert check(log).fault is None

    def test_nobody_who_writes_waits_for_a_sealing_under_way(self, acme, owner, log):
        write(acme)
        with keeping(owner, "sealer"):
            seal_once(owner, log)
            with tenant_scope(acme) as session:
                session.execute(text("SET LOCAL lock_timeout TO '1ms'"))
                record(FILTER_SAVED, actor=SYSTEM)
                session.flush()
                assert db.session.scalar(text("SELECT count(*) FROM platform.audit_heads")) == 0
                session.commit()
        assert seal(owner, log) == 1


def seal_once(connection, log) -> None:
    head = sealing._locked(connection, log)
    assert head is not None
    sealing._seal_some(connection, head, sealing._View(), 1000)


def _broken(*_values) -> bytes:
    raise psycopg.OperationalError("the connection is lost")


def _kill(owner, victim) -> None:
    owner.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
    victim.execute("SELECT 1")


class _kill_instead:
    """Stands in for a statement or a step: the connection is lost there."""

    def __init__(self, owner, victim) -> None:
        self.owner, self.victim = owner, victim

    def format(self, **_names) -> str:
        _kill(self.owner, self.victim)
        return ""

    def __call__(self, *_values) -> None:
        _kill(self.owner, self.victim)
