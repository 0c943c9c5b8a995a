"""What a job may take, where it may come from, and what it leaves behind."""

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from saas.core import jobs as core_jobs
from saas.core.database import db
from saas.core.jobs import Job, enqueue, job
from saas.core.logins import Login
from saas.core.runtime import settings
from saas.tenancy.models import JobReceipt, Status
from saas.tenancy.operations import SPARES_JOB, request_spares
from saas.tenancy.scheduling import SPREAD, TICK_RETRIES, queue_app
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.tenancy.worker import run_job
from tests.tenancy import work
from tests.tenancy.test_jobs import as_queued, become, hired

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture(autouse=True)
def queue(app, settings):
    """The queue's own login; the queue is empty in the beginning."""
    with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        work.places.clear()
        yield connection


@pytest.fixture
def declare(monkeypatch):
    """Declares a job for one test."""
    monkeypatch.setattr(core_jobs, "_declared", dict(core_jobs._declared))

    def make(run, **options) -> Job:
        job("tests.passing", **options)(run)
        return core_jobs._declared["tests.passing"]

    return make


@pytest.fixture
def run_first(queue):
    """Runs the first waiting job of a kind, as the worker does."""

    def run(declared: Job) -> None:
        cursor = queue.execute(
            "SELECT id, task_name, lock, queueing_lock, args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id",
            [declared.name],
        )
        run_job(declared, as_queued(dict(zip([c.name for c in cursor.description], cursor.fetchone(), strict=True))))

    return run


class TestTime:
    def limits_of(self, acme, declare, run_first, **options) -> list[str]:
        seen: list[str] = []
        declared = declare(lambda: seen.extend(db.session.scalar(text(f"SHOW {limit}")) for limit in LIMITS), **options)
        with tenant_work(acme):
            enqueue(declared.name)
        run_first(declared)
        return seen

    def test_a_job_has_the_seconds_of_the_setting_and_not_those_of_a_page(self, acme, declare, run_first):
        with tenant_scope(acme) as session:
            assert session.scalar(text("SHOW statement_timeout")) == "5s"
        assert settings().job_seconds == 60
        assert self.limits_of(acme, declare, run_first) == ["1min"] * 3

    def test_a_job_may_ask_for_others(self, acme, declare, run_first):
        assert self.limits_of(acme, declare, run_first, seconds=7) == ["7s"] * 3

    def test_the_next_page_has_its_own_again(self, acme, declare, run_first):
        self.limits_of(acme, declare, run_first)
        with tenant_scope(acme) as session:
            assert session.scalar(text("SHOW statement_timeout")) == "5s"

    def test_a_statement_that_takes_longer_is_ended(self, acme, declare, run_first):
        declared = declare(lambda: db.session.execute(text("SELECT pg_sleep(600)")) and None, seconds=1)
        with tenant_work(acme):
            enqueue(declared.name)
        with pytest.raises(OperationalError, match="statement timeout"):
            run_first(declared)


class TestOrigin:
    def test_an_unscoped_job_of_a_tenant_is_dropped_and_told(self, acme, declare, run_first):
        declared = declare(lambda: work.places.append("ran"), unscoped=True)
        with tenant_work(acme):
            enqueue(declared.name)
        with capture_logs() as lines:
            run_first(declared)
        assert work.places == []
        assert [(line["event"], line["place"]) for line in lines] == [("job_dropped", acme.schema_name)]

    def test_one_of_the_platform_is_run(self, app, declare, run_first):
        declared = declare(lambda: work.places.append("ran"), unscoped=True)
        with platform_work():
            enqueue(declared.name)
        run_first(declared)
        assert work.places == ["ran"]


def receipts(organisation) -> int:
    with tenant_scope(organisation) as session:
        return session.scalar(select(func.count()).select_from(JobReceipt)) or 0


class TestPuttingOff:
    def test_a_job_that_waits_leaves_no_receipt(self, acme, queue, run_jobs):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
        become(acme, Status.SUSPENDED)
        before = receipts(acme)
        for _ in range(3):
            run_jobs()
            queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
        assert receipts(acme) == before
        become(acme, Status.ACTIVE)
        run_jobs()
        assert (receipts(acme), hired(acme, "Yan")) == (before + 1, 1)

    def test_one_that_was_put_off_and_run_again_by_mistake_has_its_effect_once(self, acme, queue, run_first, run_jobs):
        """The queue did not hear that it was put off, and hears of it when the organisation is back."""
        declared = core_jobs.declared_jobs()["tests.hire"]
        with tenant_work(acme):
            enqueue(declared.name, name="Yan")
        become(acme, Status.SUSPENDED)
        run_first(declared)
        become(acme, Status.ACTIVE)
        run_first(declared)
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
        run_jobs()
        assert hired(acme, "Yan") == 1

    def test_two_of_one_kind_are_both_run_afterwards(self, acme, queue, run_jobs):
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
            enqueue("tests.hire", name="Yan")
        become(acme, Status.SUSPENDED)
        run_jobs()
        become(acme, Status.ACTIVE)
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
        run_jobs()
        assert hired(acme, "Yan") == 2


class TestPeriodicJobs:
    def test_for_every_tenant_begin_within_half_an_hour_and_give_way_to_others(self, acme, umbrella, queue):
        with platform_work() as session:
            session.execute(text("SELECT jobs.enqueue_each('tests.where', :spread)"), {"spread": SPREAD})
        with tenant_work(acme):
            enqueue("tests.hire", name="Yan")
        rows = queue.execute(
            "SELECT task_name, priority, scheduled_at BETWEEN now() - interval '1 min' AND now() + interval '30 min'"
            " FROM procrastinate_jobs"
        ).fetchall()
        assert len(rows) > 2
        assert set(rows) == {("tests.where", -10, True), ("tests.hire", 0, None)}

    def test_a_tick_that_fails_is_tried_again(self, app):
        ticks = [task for task in queue_app(run_job).tasks.values() if task.name.endswith(".tick")]
        assert ticks
        assert {task.retry_strategy.retries for task in ticks} == {TICK_RETRIES}

    def test_spares_are_asked_for_once_by_clock_and_sign_ups_together(self, app, queue):
        with platform_work():
            enqueue(SPARES_JOB, once=SPARES_JOB)
            request_spares()
        assert queue.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)

    def test_receipts_of_each_organisation_are_forgotten_by_one_job(self, app):
        nightly = [one.name for one in core_jobs.declared_jobs().values() if one.each_tenant]
        assert {"accounts.clean_up", "tenancy.tidy"} <= set(nightly)


def test_the_lines_of_a_job_bear_its_number_and_kind(acme, declare, queue, run_jobs):
    def fail() -> None:
        raise RuntimeError("first\nsecond")

    declared = declare(fail, retries=0)
    with tenant_work(acme):
        enqueue(declared.name)
    with capture_logs(processors=[merge_contextvars]) as lines:
        run_jobs()
    (line,) = [line for line in lines if line["event"] == "job_try_failed"]
    assert (line["task"], line["error"], line["tried"]) == ("tests.passing", "first", 1)
    assert isinstance(line["job"], int)
