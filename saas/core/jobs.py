"""Jobs: work done later, stored in the same transaction as its cause.

Declaring and enqueueing live here; running them is ``saas.tenancy.worker``. The database function ``jobs.enqueue`` stamps
each job with the place of the transaction that enqueues it, so no argument can send a job to another tenant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any, TypeVar

from sqlalchemy import text

from saas.core.clock import now
from saas.core.database import db

BACKLOG_SECONDS = 600
"""From when on a job that is due and still waits means that something is wrong with the worker."""

Run = TypeVar("Run", bound=Callable[..., None])
GIVES_WAY = -10
"""The priority of jobs for which nobody waits."""
_ENQUEUE = text("SELECT jobs.enqueue(:name, CAST(:args AS jsonb), :lock, :once, :at, :priority)")


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of job; ``retries`` more tries follow a failure, each waiting twice as long, an hour at most.

    ``cron`` makes it periodic: once for the platform, or with ``each_tenant`` once for every tenant in service.
    ``when_suspended`` lets it run for a tenant that is suspended or cancelled; others wait. An ``unscoped`` job belongs to the
    platform, opens its own scopes, in which a statement may take as long as a page's, and may be run twice. A job that acts
    ``outside`` the database, as mail does, runs without scope and connection, however slow the outside is; it may be run twice
    if the database is lost just when it ends. ``seconds`` bounds each of its statements, its waits for a lock and its pauses
    between statements (JOB_SECONDS if None).
    """

    name: str
    run: Callable[..., None]
    cron: str | None = None
    each_tenant: bool = False
    retries: int = 3
    when_suspended: bool = False
    unscoped: bool = False
    outside: bool = False
    seconds: int | None = None


_declared: dict[str, Job] = {}


def job(
    name: str,
    *,
    cron: str | None = None,
    each_tenant: bool = False,
    retries: int = 3,
    when_suspended: bool = False,
    unscoped: bool = False,
    outside: bool = False,
    seconds: int | None = None,
) -> Callable[[Run], Run]:
    """Declare a function as a job; its arguments travel as JSON. Raises ValueError when the name is taken."""

    def declare(run: Run) -> Run:
        known = _declared.get(name)
        if known and (known.run.__module__, known.run.__qualname__) != (run.__module__, run.__qualname__):
            raise ValueError(f"job “{name}” is declared twice")
        _declared[name] = Job(name, run, cron, each_tenant, retries, when_suspended, unscoped, outside, seconds)
        return run

    return declare


def declared_jobs() -> dict[str, Job]:
    """All jobs by name."""
    return dict(_declared)


def enqueue(
    name: str,
    /,
    *,
    lock: str | None = None,
    once: str | None = None,
    after: timedelta | None = None,
    gives_way: bool = False,
    **args: Any,
) -> None:
    """Store a job in the present transaction, for the place where it stands.

    Jobs with the same ``lock`` never run at the same time; a second one with the same ``once`` is dropped while the first
    still waits (enqueue such a job last: it holds a lock until the commit). One that ``gives_way`` begins when no other is due:
    nobody's mail waits behind it. Raises LookupError for an unknown name.
    """
    if name not in _declared:
        raise LookupError(f"no job is called “{name}”")
    at = now() + after if after else None
    asked = {"name": name, "args": dumps(args), "lock": lock, "once": once, "at": at}
    db.session.execute(_ENQUEUE, asked | {"priority": GIVES_WAY if gives_way else 0})
