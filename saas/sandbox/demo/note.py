"""The note by which a running demo is known: whoever holds its lock runs, and the port stands in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from saas.core.settings import INSTANCE
from saas.sandbox.lock import take

NOTE = INSTANCE / "demo.lock"


class RunsAlready(Exception):
    """A demo runs in this folder."""


@contextmanager
def held(port: int) -> Iterator[None]:
    """Be the demo of this folder for the block; raises RunsAlready."""
    NOTE.parent.mkdir(exist_ok=True)
    with NOTE.open("a+") as note:
        if not take(note.fileno()):
            raise RunsAlready
        note.truncate(0)
        print(port, file=note, flush=True)
        yield


def running_port() -> int | None:
    """The port of the demo that runs in this folder; None when none does."""
    try:
        with NOTE.open() as note:
            return None if take(note.fileno()) else int(note.read() or 0) or None
    except FileNotFoundError:
        return None
