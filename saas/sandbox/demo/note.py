"""The note by which a running demo is known: whoever holds its lock runs; its port and its catalogue stand in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from saas.core.settings import INSTANCE
from saas.sandbox.lock import take

NOTE = INSTANCE / "demo.lock"


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that runs: the port that it answers on, and the path of the catalogue that it sells."""

    port: int
    catalogue: str


class RunsAlready(Exception):
    """A demo runs in this folder."""


@contextmanager
def held(demo: Running) -> Iterator[None]:
    """Be the demo of this folder for the block; raises RunsAlready."""
    NOTE.parent.mkdir(exist_ok=True)
    with NOTE.open("a+") as note:
        if not take(note.fileno()):
            raise RunsAlready
        note.truncate(0)
        print(demo.port, demo.catalogue, sep="\n", file=note, flush=True)
        yield


def running() -> Running | None:
    """The demo that runs in this folder; None when none does."""
    try:
        with NOTE.open() as note:
            told = [] if take(note.fileno()) else note.read().splitlines()
    except FileNotFoundError:
        return None
    return Running(int(told[0]), told[1]) if len(told) > 1 else None
