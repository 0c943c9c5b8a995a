"""Jobs: stored with their cause, run in its place, their effect once, whatever dies meanwhile."""

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import text

from saas.core import jobs as core_jobs
from saas.core.jobs import declared_jobs, enqueue, job
from saas.core.logins import Login
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scheduling import Backoff, queue_app
from saas.tenancy.scope import platform_rights, platform_scope, platform_work, tenant_scope, tenant_work
from saas.tenancy.worker import run_job, until
from tests.tenancy import work
from tests.tenancy.work import WORKER, people


@pytest.fixture(autouse=True)
def queue(app, settings):
    """The queue's own login; the queue is empty in the beginning."""
    with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        work.places.clear()
        yield connection


@pytest.fixture
def queued(queue):
    """What waits in the queue: a function that gives rows as dictionaries."""

    def rows() -> list[dict]:
        cursor = queue.execute(
            "SELECT id, task_name, status::text, priority, lock, queueing_lock, args, attempts, scheduled_at"
            " FROM procrastinate_jobs WHERE task_name LIKE 'tests.%' ORDER BY id"
        )
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    return rows


def as_queued(row: dict) -> QueuedJob:
    return QueuedJob(
        id=row["id"],
        task_name=row["task_name"],
        lock=row["lock"],
        queueing_lock=row["queueing_lock"],
        queue="default",
        task_kwargs=row["args"],
        priority=row.get("priority", 0),
    )


def run_again(row: dict) -> None:
    """What the worker does with a queued job, without the queue."""
    run_job(declared_jobs()[row["task_name"]], as_queued(row))


def hired(organisation, name: str) -> int:
    with tenant_scope(organisation):
        return people(name)


def become(organisation, status: Status) -> None:
    with platform_work() as session:
        session.get_one(Tenant, organisation.id).status = status


class TestEnqueueing:
    def test_stores_the_job_with_the_commit(self, acme, queued, run_jobs):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
            assert queued() == []
        assert len(queued()) == 1
        run_jobs()
        assert (hired(acme, "Yan"), queued()) == (1, [])

    def test_forgets_the_job_with_a_rollback(self, acme, queued):
        with tenant_scope(acme):
            enqueue("tests.hire", name="Yan")
        with pytest.raises(ZeroDivisionError), tenant_work(acme):
            enqueue("tests.hire", name="Yan")
            raise ZeroDivisionError
        assert queued() == []

    def test_stamps_the_place_whatever_the_arguments_say(self, cast, run_jobs, queued):
        with tenant_work(cast.acme):
            enqueue("tests.hire", name="Yan", place=cast.umbrella.schema_name)
            enqueue("tests.hire", name="Yan", place="*")
        assert {row["args"]["place"] for row in queued()} == {cast.acme.schema_name}
        run_jobs()
        assert (hired(cast.acme, "Yan"), hired(cast.umbrella, "Yan")) == (2, 0)

    def test_runs_each_job_where_it_was_enqueued(self, cast, run_jobs):
        for organisation in (cast.acme, cast.umbrella):
            with tenant_work(organisation):
                enqueue("tests.where")
                with platform_rights():
                    enqueue("tests.where")
        with platform_work():
            enqueue("tests.where")
            enqueue("tests.unscoped")
        run_jobs()
        assert sorted(work.places) == sorted([cast.acme.schema_name, cast.umbrella.schema_name, "*", "*", "*", "none"])

    def test_what_gives_way_is_taken_after_all_others_also_when_it_was_put_off(self, acme, queue, queued):
        take = "SELECT task_name, args ->> 'name' FROM procrastinate_fetch_job_v2(NULL, NULL)"
        become(acme, Status.SUSPENDED)
        with tenant_work(acme):
            enqueue("tests.hire", gives_way=True, name="Patient")
            enqueue("tests.hire", name="Urgent")
        assert [queue.execute(take).fetchone()[1] for _ in range(2)] == ["Urgent", "Patient"]
        for row in queued():
            run_again(row)
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        assert [queue.execute(take).fetchone()[1] for _ in range(2)] == ["Urgent", "Patient"]

    def test_is_called_by_processes_of_the_release_before_until_they_are_replaced(self, acme, queued):
        with tenant_work(acme) as session:
            session.execute(text("SELECT jobs.enqueue('tests.hire', '{}', NULL, NULL, NULL)"))
        assert [row["task_name"] for row in queued()] == ["tests.hire"]

    def test_refuses_a_name_that_no_job_has(self, acme):
        with tenant_scope(acme), pytest.raises(LookupError, match="no job is called"):
            enqueue("tests.nothing")

    def test_refuses_arguments_that_are_not_json(self, acme):
        with tenant_scope(acme), pytest.raises(TypeError):
            enqueue("tests.hire", name=object())

    def test_a_name_can_be_declared_once(self):
        with pytest.raises(ValueError, match="declared twice"):

            @job("tests.hire")
            def other() -> None: ...

    def test_for_every_tenant_reaches_those_in_service(self, cast, queued, run_jobs):
        become(cast.umbrella, Status.SUSPENDED)
        for _ in range(2):
            with platform_work() as session:
                session.execute(text("SELECT jobs.enqueue_each('tests.where')"))
        run_jobs()
        assert work.places.count(cast.acme.schema_name) == 1
        assert cast.umbrella.schema_name not in work.places


class TestOnce:
    def test_a_second_one_is_dropped_while_the_first_waits(self, acme, queued, run_jobs):
        for _ in range(3):
            with tenant_work(acme):
                enqueue("tests.hire", once="hiring", name="Yan")
        assert len(queued()) == 1
        run_jobs()
        with tenant_work(acme):
            enqueue("tests.hire", once="hiring", name="Yan")
        run_jobs()
        assert hired(acme, "Yan") == 2

    def test_dropping_does_not_hurt_the_transaction(self, acme):
        with tenant_work(acme):
            enqueue("tests.hire", once="hiring", name="Yan")
        with tenant_work(acme):
            enqueue("tests.hire", once="hiring", name="Yan")
            work.hire(name="Zoe")
        assert hired(acme, "Zoe") == 1

    def test_tenants_do_not_hinder_each_other(self, cast, queued):
        for organisation in (cast.acme, cast.umbrella):
            with tenant_work(organisation):
                enqueue("tests.hire", once="hiring", lock="hiring", name="Yan")
        assert {row["queueing_lock"] for row in queued()} == {
            f"{organisation.schema_name}/hiring" for organisation in (cast.acme, cast.umbrella)
        }
        assert len({row["lock"] for row in queued()}) == 2

    def test_jobs_with_one_lock_are_all_run(self, acme, run_jobs):
        with tenant_work(acme):
            for _ in range(5):
                enqueue("tests.hire", lock="hiring", name="Yan")
        run_jobs()
        assert hired(acme, "Yan") == 5

    def test_a_failed_one_gives_way_to_its_twin_that_waits_already(self, queued, run_jobs, monkeypatch):
        def fail_after_another_came(*, name: str) -> None:
            if not work.places:
                work.places.append("came")
                with platform_work():
                    enqueue("tests.hire_and_fail", once="hiring", name="Twin")
            raise RuntimeError

        failing = declared_jobs()["tests.hire_and_fail"]
        substitute = replace(failing, run=fail_after_another_came, retries=1, outside=True)
        monkeypatch.setitem(core_jobs._declared, failing.name, substitute)
        with platform_work():
            enqueue("tests.hire_and_fail", once="hiring", name="First")
        run_jobs()
        (left,) = queued()
        assert (left["status"], left["attempts"]) == ("todo", 1)


class TestEffectOnce:
    def test_a_job_that_is_run_twice_has_its_effect_once(self, acme, queued):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
        (row,) = queued()
        run_again(row)
        run_again(row)
        assert hired(acme, "Yan") == 1

    def test_two_jobs_of_the_same_kind_have_theirs_each(self, acme, queued):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
            enqueue("tests.hire", name="Yan")
        for row in queued():
            run_again(row)
        assert hired(acme, "Yan") == 2

    def test_a_failed_try_leaves_neither_effect_nor_receipt(self, acme, queued):
        with tenant_work(acme):
            enqueue("tests.hire_and_fail", name="Yan")
        (row,) = queued()
        for _ in range(2):
            with pytest.raises(RuntimeError, match="this job fails"):
                run_again(row)
        assert hired(acme, "Yan") == 0


class TestRetries:
    def test_each_try_waits_twice_as_long_and_no_more_are_made_than_allowed(self):
        def wait(attempts: int) -> float | None:
            tried = QueuedJob(id=1, queue="x", task_name="x", attempts=attempts, lock=None, queueing_lock=None)
            decision = Backoff(3).get_retry_decision(exception=RuntimeError(), job=tried)
            return decision and (decision.retry_at - datetime.now(UTC)).total_seconds()

        first, second, third, *none = (wait(attempts) for attempts in range(5))
        assert none == [None, None]
        assert 3 < first < 7 < second < 13 < third < 25

    def test_a_job_that_always_fails_is_tried_as_often_as_it_allows_and_kept(self, acme, queued, run_jobs, queue):
        with tenant_work(acme):
            enqueue("tests.hire_and_fail", name="Yan")
            enqueue("tests.hire", name="Zoe")
        tries = 0
        while (failing := queued()[0])["status"] == "todo":
            queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 second'")
            run_jobs()
            tries += 1
            assert tries < 9, failing
        assert (tries, failing["status"]) == (4, "failed")
        assert (hired(acme, "Yan"), hired(acme, "Zoe")) == (0, 1)


class TestTenantsOutOfService:
    @pytest.mark.parametrize("status", [Status.SUSPENDED, Status.CANCELLED])
    def test_their_jobs_wait_and_are_run_when_they_are_back(self, acme, queued, run_jobs, queue, status):
        with tenant_work(acme):
            enqueue("tests.hire", lock="a", once="b", name="Yan")
        become(acme, status)
        run_jobs()
        (waiting,) = queued()
        schema = acme.schema_name
        assert (waiting["lock"], waiting["queueing_lock"]) == (f"{schema}/a", f"{schema}/b")
        assert 500 < (waiting["scheduled_at"] - datetime.now(UTC)).total_seconds() <= 600
        assert hired(acme, "Yan") == 0
        become(acme, Status.ACTIVE)
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
        run_jobs()
        assert (hired(acme, "Yan"), queued()) == (1, [])

    def test_a_job_put_off_twice_waits_once(self, acme, queued):
        """The queue did not hear that it was put off: it is run again, and must not be doubled."""
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
        become(acme, Status.SUSPENDED)
        (row,) = queued()
        run_again(row)
        run_again(row)
        assert len(queued()) == 2

    @pytest.mark.parametrize("status", [Status.SUSPENDED, Status.CANCELLED])
    def test_some_jobs_run_all_the_same(self, acme, run_jobs, status):
        with tenant_work(acme):
            enqueue("tests.hire_even_suspended", name="Yan")
        become(acme, status)
        run_jobs()
        assert hired(acme, "Yan") == 1

    def test_those_being_deleted_take_their_jobs_with_them(self, acme, queued, run_jobs):
        with tenant_work(acme):
            enqueue("tests.hire_even_suspended", name="Yan")
        become(acme, Status.DELETING)
        run_jobs()
        assert (hired(acme, "Yan"), queued()) == (0, [])


class TestWorkers:
    @pytest.fixture
    def worker(self, start, tmp_path, monkeypatch):
        """Starts a worker in a process of its own and waits until it is ready."""

        def begin(*words: str):
            process = start(WORKER, tmp_path, *words)
            assert process.stdout.readline() == "ready\n"
            return process

        return begin

    def forget_worker(self, queue) -> None:
        """Let time pass since the last sign of life, and have the queue swept as it is every minute."""
        queue.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
        queue.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'queue.sweep')")

    @pytest.mark.parametrize(("words", "sign"), [((), "began\n"), (("deaf",), "done\n")])
    def test_a_job_whose_worker_was_killed_is_run_again_with_its_effect_once(
        self, acme, worker, queued, run_jobs, queue, monkeypatch, words, sign
    ):
        """Killed in the middle of the job, and after its commit but before the queue heard of it."""
        if not words:
            monkeypatch.setenv("STAND_STILL", "yes")
        process = worker(*words)
        with tenant_work(acme):
            enqueue("tests.hire_slowly", name="Yan")
        assert any(line == sign for line in iter(process.stdout.readline, ""))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert hired(acme, "Yan") == len(words)
        assert [row["status"] for row in queued()] == ["doing"]

        monkeypatch.delenv("STAND_STILL", raising=False)
        self.forget_worker(queue)
        run_jobs()
        assert (hired(acme, "Yan"), queued()) == (1, [])

    def test_a_job_that_keeps_on_killing_its_worker_is_given_up(self, acme, queue, queued, run_jobs):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
            enqueue("tests.hire", name="Zoe")
        queue.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 6 WHERE args ->> 'name' = 'Yan'")
        self.forget_worker(queue)
        run_jobs()
        assert [(row["args"]["name"], row["status"]) for row in queued()] == [("Yan", "failed")]
        assert (hired(acme, "Yan"), hired(acme, "Zoe")) == (0, 1)

    def test_one_that_is_asked_to_stop_finishes_its_job_first(self, acme, worker, queued, wait_until):
        process = worker()
        with tenant_work(acme):
            enqueue("tests.hire_slowly", name="Yan")
        assert process.stdout.readline() == "began\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stdout.readline() == "stopped\n"
        assert (hired(acme, "Yan"), queued()) == (1, [])

    def test_one_that_loses_the_database_goes_on_when_it_is_back(self, acme, worker, server, settings, wait_until):
        worker()
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
            query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
            name = f"{settings.role_prefix}_jobs"
            wait_until(lambda: admin.execute(query, [name]).fetchone()[0] > 0)
            admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [name])
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
        wait_until(lambda: hired(acme, "Yan") == 1)

    def test_one_that_is_stopped_while_it_begins_ends_as_soon_as_it_has_begun(self):
        async def stop_at_once() -> list[str]:
            seen, begun, stopping = list[str](), asyncio.Event(), asyncio.Event()
            stopping.set()

            async def begin_and_work() -> None:
                with suppress(asyncio.CancelledError):  # as where connections are made: a question there is lost
                    for _ in range(5):
                        await asyncio.sleep(0)
                seen.append("begun")
                begun.set()
                await asyncio.Event().wait()

            await until(stopping, begun, begin_and_work())
            return seen

        assert asyncio.run(asyncio.wait_for(stop_at_once(), 10)) == ["begun"]

    def test_periodic_jobs_are_known_to_those_that_stay(self, app):
        names = {task.name for task in queue_app(run_job).tasks.values()}
        assert {"tenancy.keep_spares.tick", "tenancy.purge_expired.tick", "queue.sweep"} <= names
        scheduled = queue_app(run_job, periodic=False).periodic_registry.periodic_tasks
        assert not scheduled


def test_the_queue_tells_how_it_is(app, acme):
    with tenant_work(acme):
        enqueue("tests.hire", name="Yan")
    with platform_scope() as session:
        waiting, oldest, workers = session.execute(text("SELECT * FROM jobs.health()")).one()
    assert (waiting, workers) == (1, 0)
    assert 0 <= oldest < 60
