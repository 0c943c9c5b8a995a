"""The worker: takes jobs from the queue and runs each in the scope that enqueued it, its effect once.

A job's receipt is written in the job's own transaction: one that was run, but whose end the queue never heard of, finds its
receipt at the next try and does nothing. A job that acts outside the database gets its receipt right after it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from signal import SIGINT, SIGTERM
from typing import Any

import psycopg
import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from structlog.contextvars import bound_contextvars

from saas.core.database import db, opened, unit_of_work
from saas.core.errors import first_line
from saas.core.jobs import Job, enqueue
from saas.core.runtime import settings
from saas.core.scope import Place
from saas.tenancy.models import IN_SERVICE, JobReceipt, PlatformReceipt, Status, Tenant
from saas.tenancy.scheduling import PLATFORM, Manager, queue_app
from saas.tenancy.scope import platform_place, platform_scope, tenant_place

log = structlog.get_logger()

POSTPONE = timedelta(minutes=10)
RESTART_SECONDS = 5.0
GRACE_SECONDS = 20.0
BEGIN_SECONDS = 5.0
_FIRST = "put_off_first"


def run_job(declared: Job, queued: QueuedJob) -> None:
    """Run one job where it belongs; a tenant that is gone takes its jobs with it, those of one out of service wait."""
    with bound_contextvars(job=queued.id, task=declared.name):
        try:
            _run_job(declared, queued)
        except Exception as error:
            log.warning("job_try_failed", tried=queued.attempts + 1, error=first_line(error))
            raise


def _run_job(declared: Job, queued: QueuedJob) -> None:
    args: dict[str, Any] = dict(queued.task_kwargs)
    place, number = str(args.pop("place", PLATFORM)), int(args.pop(_FIRST, queued.id))
    target, waits = (platform_place(), False) if place == PLATFORM else _place_of(place)
    if target is None or (declared.unscoped and target.schema):
        log.warning("job_dropped", place=place)
    elif declared.unscoped:
        declared.run(**args)
    elif waits and not declared.when_suspended:
        _put_off(declared, queued, target, number, args)
    elif declared.outside:
        _run_outside(declared, target, number, args)
    else:
        with unit_of_work(target):
            _allow(declared.seconds or settings().job_seconds)
            if _first_time(number, target):
                declared.run(**args)


def _put_off(declared: Job, queued: QueuedJob, place: Place, number: int, args: dict[str, Any]) -> None:
    """Have the job wait in a successor, which bears the number of the first: of both, one is run."""
    own = len(f"{place.schema}/")
    with unit_of_work(place):
        enqueue(
            declared.name,
            lock=queued.lock and queued.lock[own:],
            once=queued.queueing_lock[own:] if queued.queueing_lock else f"put off {number}",
            after=POSTPONE,
            gives_way=queued.priority < 0,
            **args,
            **{_FIRST: number},
        )


def _run_outside(declared: Job, place: Place, number: int, args: dict[str, Any]) -> None:
    with opened(place) as session:
        if session.get(_receipts(place), number) is not None:
            return
    declared.run(**args)
    with unit_of_work(place):
        _first_time(number, place)


def _allow(seconds: int) -> None:
    """Let this transaction take its time: the login's own limits are those of pages, for which somebody waits."""
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    settings_sql = "; ".join(f"SET LOCAL {limit} TO '{seconds}s'" for limit in limits)
    db.session.connection().exec_driver_sql(settings_sql)


def _place_of(schema: str) -> tuple[Place | None, bool]:
    """Where the tenant's jobs run, and whether they wait because the tenant is suspended or cancelled."""
    with platform_scope() as session:
        tenant = session.scalars(select(Tenant).where(Tenant.schema_name == schema)).one_or_none()
    if tenant is None or tenant.status == Status.DELETING:
        return None, False
    return tenant_place(tenant), tenant.status not in IN_SERVICE


def _first_time(number: int, place: Place) -> bool:
    table = _receipts(place)
    receipt = insert(table).values(job_id=number).on_conflict_do_nothing().returning(table.job_id)
    return db.session.scalar(receipt) is not None


def _receipts(place: Place) -> type[JobReceipt] | type[PlatformReceipt]:
    return JobReceipt if place.schema else PlatformReceipt


def run_worker(*, concurrency: int = 4, wait: bool = True) -> None:
    """Work until told to stop (SIGINT, SIGTERM); with ``wait=False`` only until no job is due, without periodic ones.

    A worker that loses the database tries again until it is back.
    """
    asyncio.run(_with_threads(concurrency, _work(concurrency) if wait else _work_off(concurrency)))


async def _with_threads(number: int, work: Awaitable[None]) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(number, thread_name_prefix="job"))
    await work


async def _work(concurrency: int) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for signal in (SIGINT, SIGTERM):
        loop.add_signal_handler(signal, stopping.set)
    while not stopping.is_set():
        app = queue_app(run_job)
        assert isinstance(app.job_manager, Manager)
        try:
            await until(stopping, app.job_manager.registered, _serve(app, concurrency))
        except (ConnectorException, psycopg.Error) as error:
            log.warning("worker_lost_database", error=first_line(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), RESTART_SECONDS)


async def _serve(app: App, concurrency: int) -> None:
    async with _queue_opened(app):
        await _run(app, concurrency, wait=True)


async def until(stopping: asyncio.Event, begun: asyncio.Event, work: Awaitable[None]) -> None:
    """Do the work until it ends or the event comes; then it is asked to stop and may finish the jobs it is at.

    It is not asked before it has begun: while connections are made, psycopg may take the question for a failure of theirs, try
    again and go on for ever.
    """
    running, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if stopping.is_set():
        ready = asyncio.ensure_future(begun.wait())
        await asyncio.wait({running, ready}, timeout=BEGIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _work_off(concurrency: int) -> None:
    """Look into the queue again after each pass that ran a job, as that one may have enqueued others."""
    ran = True

    async def note(run: Callable[[], Awaitable[Any]], _context: JobContext, _worker: Any) -> Any:
        nonlocal ran
        ran = True
        return await run()

    async with _queue_opened(queue_app(run_job, periodic=False)) as app:
        while ran:
            ran = False
            await _run(app, concurrency, wait=False, worker_middleware=[note])


@asynccontextmanager
async def _queue_opened(app: App) -> AsyncIterator[App]:
    try:
        await app.open_async()
        yield app
    finally:
        await app.close_async()  # also where opening was broken off: nothing else ends the tasks of its connections


async def _run(app: App, concurrency: int, *, wait: bool, **options: Any) -> None:
    await app.run_worker_async(
        concurrency=concurrency,
        wait=wait,
        install_signal_handlers=False,
        delete_jobs="successful",
        listen_notify=wait,
        shutdown_graceful_timeout=GRACE_SECONDS,
        **options,
    )
