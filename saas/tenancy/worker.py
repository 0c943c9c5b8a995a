"""The worker: takes jobs from the queue and runs each in the scope that enqueued it, its effect once.

A job's receipt is written in the job's own transaction: one that was run, but whose end the queue never heard of, finds its
receipt at the next try and does nothing.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from saas.core.database import db, unit_of_work
from saas.core.jobs import Job, declared_jobs, enqueue
from saas.core.logins import Login
from saas.core.runtime import settings
from saas.core.scope import Place
from saas.tenancy.models import IN_SERVICE, JobReceipt, PlatformReceipt, Status, Tenant
from saas.tenancy.scope import platform_place, platform_scope, platform_work, tenant_place

log = structlog.get_logger()

PLATFORM = "*"
STALLED_SECONDS = 60.0
POSTPONE = timedelta(minutes=10)
_FIRST_WAIT = 5


class Backoff(BaseRetryStrategy):
    """Wait 5 s, 10 s, 20 s … before each further try, as often as the job allows."""

    def __init__(self, retries: int) -> None:
        self.retries = retries

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """Another try, or none when all are used up."""
        if job.attempts >= self.retries:
            return None
        return RetryDecision(retry_in={"seconds": _FIRST_WAIT * 2**job.attempts})


def queue_app() -> App:
    """The queue with every declared job, its periodic ones and the sweeper for jobs whose worker died."""
    app = App(connector=PsycopgConnector(conninfo=settings().login(Login.JOBS), kwargs={"options": "-c search_path=jobs"}))
    for declared in declared_jobs().values():
        _register(app, declared)

    @app.periodic(cron="* * * * *")
    @app.task(name="queue.sweep", queueing_lock="queue.sweep", pass_context=True)
    async def sweep(context: JobContext, timestamp: int) -> None:
        for stalled in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job_stalled", job=stalled.id, task=stalled.task_name)
            await context.app.job_manager.retry_job(stalled)

    return app


def _register(app: App, declared: Job) -> None:
    @app.task(name=declared.name, retry=Backoff(declared.retries), pass_context=True)
    def task(context: JobContext, place: str = PLATFORM, **args: Any) -> None:
        job_id = context.job.id
        assert job_id is not None
        run_job(declared, job_id, place, args)

    if declared.cron is None:
        return

    @app.periodic(cron=declared.cron)
    @app.task(name=f"{declared.name}.tick", queueing_lock=f"{declared.name}.tick")
    def tick(timestamp: int) -> None:
        with platform_work() as session:
            if declared.each_tenant:
                session.execute(text("SELECT jobs.enqueue_each(:name)"), {"name": declared.name})
            else:
                enqueue(declared.name, once=declared.name)


def run_job(declared: Job, job_id: int, place: str, args: dict[str, Any]) -> None:
    """Run one job where it belongs; a tenant that is gone takes its jobs with it, a suspended one's wait."""
    if declared.unscoped:
        declared.run(**args)
        return
    target = platform_place() if place == PLATFORM else _place_of(place, declared, args)
    if target is None:
        log.info("job_dropped", job=job_id, task=declared.name, place=place)
        return
    with unit_of_work(target):
        if _first_time(job_id, target):
            declared.run(**args)


def _place_of(schema: str, declared: Job, args: dict[str, Any]) -> Place | None:
    with platform_scope() as session:
        tenant = session.scalars(select(Tenant).where(Tenant.schema_name == schema)).one_or_none()
        if tenant is None or tenant.status in (Status.CANCELLED, Status.DELETING):
            return None
        target = tenant_place(tenant)
    if tenant.status not in IN_SERVICE and not declared.when_suspended:
        with unit_of_work(target):
            enqueue(declared.name, after=POSTPONE, **args)
        return None
    return target


def _first_time(job_id: int, place: Place) -> bool:
    table = JobReceipt if place.schema else PlatformReceipt
    receipt = insert(table).values(job_id=job_id).on_conflict_do_nothing().returning(table.job_id)
    return db.session.scalar(receipt) is not None


def run_worker(*, concurrency: int = 4, wait: bool = True) -> None:
    """Work until told to stop (SIGINT, SIGTERM); with ``wait=False`` only until the queue is empty."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="job"))
        app = queue_app()
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                install_signal_handlers=wait,
                delete_jobs="successful",
                listen_notify=wait,
                shutdown_graceful_timeout=20,
            )

    asyncio.run(work())
