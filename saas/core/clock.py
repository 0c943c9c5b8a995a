"""The one place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_BACK: ContextVar[timedelta] = ContextVar("back", default=timedelta())


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) - _BACK.get()


def is_moved() -> bool:
    """Whether the block around happens in the past."""
    return bool(_BACK.get())


@contextmanager
def ago(distance: timedelta) -> Iterator[None]:
    """Let the block happen so long ago: for demo data, whose past is made by the very operations that would have made it.

    What the block adds to a session must be flushed in it.
    """
    token = _BACK.set(distance)
    try:
        yield
    finally:
        _BACK.reset(token)
