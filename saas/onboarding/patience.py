"""Patience: when no schema is ready for a new organisation, the page waits a little while the worker builds one."""

from collections.abc import Callable
from functools import cache
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import TypeVar

from saas.core.database import db
from saas.core.runtime import settings
from saas.tenancy.operations import NoSpare, request_spares
from saas.tenancy.queries import count_spares

Answer = TypeVar("Answer")
PATIENCE = 8.0
"""Seconds that a sign-up waits at most."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.03, 0.25


@cache
def seats() -> BoundedSemaphore:
    """As many as threads of this process may wait at a time; one always serves the others."""
    return BoundedSemaphore(max(1, settings().web_threads - 1))


def patiently(attempt: Callable[[], Answer]) -> Answer:
    """Try in the platform's scope; after NoSpare roll back, ask for a schema and try again as soon as there is one.

    Raises NoSpare when none came in time, or when this process would have no thread left for anybody else.
    """
    try:
        return attempt()
    except NoSpare:
        db.session.rollback()
        if not seats().acquire(blocking=False):
            raise
    try:
        return _again(attempt, monotonic() + PATIENCE)
    finally:
        seats().release()


def _again(attempt: Callable[[], Answer], until: float) -> Answer:
    while True:
        request_spares()
        db.session.commit()
        arrived = _spare_arrives(until)
        try:
            return attempt()
        except NoSpare:
            db.session.rollback()
            if not arrived:
                raise


def _spare_arrives(until: float) -> bool:
    """Wait without holding a connection; False when time was up first."""
    pause = _FIRST_PAUSE
    while monotonic() < until:
        ready = count_spares()
        db.session.rollback()
        if ready:
            return True
        sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return False
