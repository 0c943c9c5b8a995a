"""The queue as procrastinate sees it: declared jobs with their retries, periodic ones, and the sweep after dead workers."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from random import uniform
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status as QueueStatus
from procrastinate.manager import JobManager
from sqlalchemy import text

from saas.core.jobs import Job, declared_jobs, enqueue
from saas.core.logins import Login
from saas.core.runtime import settings
from saas.tenancy.scope import platform_work

log = structlog.get_logger()

Run = Callable[[Job, QueuedJob], None]

PLATFORM = "*"
SWEEP = "queue.sweep"
STALLED_SECONDS = 60.0
STALLED_TRIES = 3
TICK_RETRIES = 5
SPREAD = timedelta(minutes=30)
_FIRST_WAIT, _LONGEST_WAIT = 5, 3600
_EACH = text("SELECT jobs.enqueue_each(:name, :spread)")


class Backoff(BaseRetryStrategy):
    """Wait 5 s, 10 s, 20 s … up to an hour before each further try, as often as the job allows, each a fifth more or less.

    Without the difference all that failed at one moment would come back at one moment.
    """

    def __init__(self, retries: int) -> None:
        self.retries = retries

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """Another try, or none when all are used up."""
        if job.attempts >= self.retries:
            return None
        difference = uniform(0.8, 1.2)  # noqa: S311 - no secret
        return RetryDecision(retry_in={"seconds": round(wait_before(job.attempts) * difference)})


def wait_before(attempts: int) -> int:
    """Seconds between a failure and the next try, before the difference is applied."""
    return int(min(_FIRST_WAIT * 2.0 ** min(attempts, 20), _LONGEST_WAIT))


class Manager(JobManager):
    """Procrastinate's manager; a job that cannot wait again because its twin waits already gives way to the twin.

    ``registered`` is set once a worker is known to the queue and takes jobs.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self.registered = asyncio.Event()

    async def register_worker(self) -> int:
        """Make a worker known to the queue; its number."""
        number = await super().register_worker()
        self.registered.set()
        return number

    async def retry_job(
        self,
        job: QueuedJob,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put a job back into the queue."""
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except UniqueViolation:
            log.info("job_gave_way", job=job.id, task=job.task_name)
            await self.finish_job(job, QueueStatus.FAILED, delete_job=True)


def queue_app(run: Run, *, periodic: bool = True) -> App:
    """The queue with every declared job, and with ``periodic`` also what enqueues jobs by the clock.

    Without it the queue is soon closed again: one connection is opened at once, more when they are wanted.
    """
    connections: dict[str, Any] = {} if periodic else {"min_size": 1, "max_size": 4}
    app = App(connector=PsycopgConnector(conninfo=settings().login(Login.JOBS), **connections))
    app.job_manager = Manager(app.connector)
    for declared in declared_jobs().values():
        _register(app, declared, run)
        if declared.cron and periodic:
            _schedule(app, declared, declared.cron)
    sweep = app.task(name=SWEEP, queueing_lock=SWEEP, pass_context=True)(sweep_stalled)
    if periodic:
        app.periodic(cron="* * * * *")(sweep)
    return app


async def sweep_stalled(context: JobContext, /, timestamp: int = 0) -> None:
    """Put the jobs of dead workers back into the queue; one that keeps on killing its worker is given up."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        declared = declared_jobs().get(stalled.task_name)
        tries = (declared.retries if declared else 0) + STALLED_TRIES
        log.warning("job_stalled", job=stalled.id, task=stalled.task_name, attempts=stalled.attempts)
        if stalled.attempts < tries:
            await manager.retry_job(stalled)
        else:
            await manager.finish_job(stalled, QueueStatus.FAILED, delete_job=False)


def _register(app: App, declared: Job, run: Run) -> None:
    @app.task(name=declared.name, retry=Backoff(declared.retries), pass_context=True)
    def task(context: JobContext, /, **_args: Any) -> None:
        run(declared, context.job)


def _schedule(app: App, declared: Job, cron: str) -> None:
    name = f"{declared.name}.tick"

    @app.periodic(cron=cron)
    @app.task(name=name, queueing_lock=name, retry=Backoff(TICK_RETRIES))
    def tick(timestamp: int) -> None:
        with platform_work() as session:
            if declared.each_tenant:
                session.execute(_EACH, {"name": declared.name, "spread": SPREAD})
            else:
                enqueue(declared.name, once=declared.name)
