"""Jobs that tests enqueue; other processes import them too, so they stand in a file of their own."""

import os
from threading import Event
from typing import Any

from procrastinate.jobs import Job as Queued
from procrastinate.manager import JobManager
from sqlalchemy import select

from saas.accounts.models import User
from saas.core.database import db
from saas.core.jobs import job
from saas.core.scope import current_scope
from saas.tenancy.scheduling import Manager

WORKER = """
import sys
from pathlib import Path
from saas import create_app
from saas.core.settings import Settings
from saas.tenancy import scheduling, worker
from tests.tenancy import work
folder = Path(sys.argv[2])
create_app(Settings(environment="test", database_url=sys.argv[1], files_dir=folder, mailbox_dir=folder, log_level="ERROR"))
worker.RESTART_SECONDS = 0.05
if "deaf" in sys.argv:
    scheduling.Manager.finish_job = work.deaf
print("ready", flush=True)
worker.run_worker()
print("stopped", flush=True)
"""
"""A worker in a process of its own; told to be ``deaf`` it does its jobs and never tells the queue."""


def say(word: str) -> None:
    """Tell the test where this process is."""
    os.write(1, f"{word}\n".encode())


async def deaf(manager: Manager, job: Queued, *arguments: Any, **options: Any) -> None:
    """Stand still where the queue would be told of the end of a job of ours."""
    if job.task_name == "tests.hire_slowly":
        say("done")
        Event().wait()
    await JobManager.finish_job(manager, job, *arguments, **options)


@job("tests.hire", retries=3)
def hire(*, name: str) -> None:
    """Have an effect that can be counted: one more person of that name."""
    db.session.add(User(email=f"{name.lower()}-{os.urandom(4).hex()}@example.com", name=name))


@job("tests.hire_even_suspended", when_suspended=True)
def hire_even_suspended(*, name: str) -> None:
    """The same, for organisations out of service too."""
    hire(name=name)


@job("tests.hire_and_fail", retries=3)
def hire_and_fail(*, name: str) -> None:
    """Have an effect, then fail."""
    hire(name=name)
    db.session.flush()
    raise RuntimeError("this job fails")


@job("tests.hire_slowly")
def hire_slowly(*, name: str) -> None:
    """Have an effect, then stand still the first time that the process says so."""
    hire(name=name)
    db.session.flush()
    say("began")
    if os.environ.get("STAND_STILL"):
        Event().wait()


@job("tests.where", retries=0)
def where(*, seen: list[str] | None = None) -> None:
    """Note where this job stands."""
    places.append(current_scope().place.schema or "*")


@job("tests.unscoped", unscoped=True, retries=0)
def unscoped() -> None:
    """Note that no scope is open."""
    places.append("none")


places: list[str] = []


def people(name: str) -> int:
    """How many people of a name the organisation in scope has."""
    return len(db.session.scalars(select(User.id).where(User.name == name)).all())
