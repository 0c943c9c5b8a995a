"""Several programs in the foreground as if they were one: all of them run, or none."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import IO, TextIO

from . import guarded
from .readiness import wait_for_answer
from .terminal import Terminal

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 10.0
"""Seconds a program is given to end after SIGTERM, before it is killed."""
LAST_LINES = 2.0
"""Seconds to wait for the output of a program that has ended: a stray process may keep it open."""


@dataclass(frozen=True)
class Program:
    """A command to run; `name` stands before each line it writes, `environment` is added to ours. `waits` has it begin when all
    is ready, so that what people wait for is there sooner."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False


Watch = Callable[[Callable[[str], None], threading.Event], int]
"""Looks after something beside the programs until the event is set; is given what says a line, returns an exit code."""


@dataclass(frozen=True)
class Event:
    """What the supervisor waits for: ``ended`` (with the program and its code), ``ready`` or ``asked``."""

    kind: str
    name: str = ""
    code: int = 0


def supervise(
    programs: Sequence[Program],
    *,
    watches: Mapping[str, Watch] = MappingProxyType({}),
    ready_url: str | None = None,
    banner: str | Callable[[], str] = "",
    output: TextIO | None = None,
    patience: float = PATIENCE,
) -> int:
    """Run `programs` until one ends, a watch gives up or a signal (SIGINT, SIGTERM, SIGHUP) asks to stop; then end them all.

    Each runs in a process group of its own, of which nothing is left, also when this process is killed;
    SIGTERM comes first, SIGKILL after `patience` seconds. When `ready_url` answers (without one: at once),
    `banner` is printed. To be called in the main thread.
    Returns 0 when asked to stop; else the code of the program or watch that ended first (128 + n for signal n).
    """
    terminal = Terminal(output or sys.stdout, [*(program.name for program in programs), *watches])
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    over = threading.Event()
    with _signals_as_events(events), _running(terminal, events, patience) as run:
        run(program for program in programs if not program.waits)
        _in_background(_announce, ready_url, over, events)
        lookouts = [_in_background(_look_out, *watch, terminal, over, events) for watch in watches.items()]
        try:
            while (last := events.get()).kind == "ready":
                run(program for program in programs if program.waits)
                if text := banner() if callable(banner) else banner:
                    terminal.write(text)
        finally:
            over.set()
            for lookout in lookouts:
                lookout.join()
        if last.kind == "ended":
            terminal.write(f"{last.name} ended with code {last.code}; ending the others.")
    return last.code


@contextmanager
def _running(
    terminal: Terminal, events: queue.SimpleQueue[Event], patience: float
) -> Iterator[Callable[[Iterable[Program]], None]]:
    """What runs programs, until the end of the block."""
    guards: list[guarded.Guard] = []
    watchers: list[threading.Thread] = []

    def run(programs: Iterable[Program]) -> None:
        for program in programs:
            guards.append(_start(program, patience))
            watchers.append(_in_background(_watch, program.name, guards[-1], terminal, events))

    try:
        yield run
    finally:
        for guard in guards:
            guarded.ask_to_stop(guard)
        for watcher in watchers:
            watcher.join()


def _start(program: Program, patience: float) -> guarded.Guard:
    return guarded.start(
        program.command,
        signals=((signal.SIGTERM, patience), (signal.SIGKILL, PATIENCE)),
        whole_group=True,
        output=subprocess.PIPE,
        environment={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
    )


def _watch(name: str, guard: guarded.Guard, terminal: Terminal, events: queue.SimpleQueue[Event]) -> None:
    """Print what a program writes; once it has ended, and its last lines are out, say so."""
    printer = _in_background(_print_lines, name, guard.stdout, terminal, events)
    code = guard.wait()
    printer.join(LAST_LINES)
    events.put(Event("ended", name, code))


def _print_lines(name: str, lines: IO[bytes], terminal: Terminal, events: queue.SimpleQueue[Event]) -> None:
    with lines:
        for line in lines:
            terminal.line(name, line.decode(errors="replace").rstrip("\r\n"))
            if terminal.closed:
                events.put(Event("asked"))


def _announce(url: str | None, over: threading.Event, events: queue.SimpleQueue[Event]) -> None:
    if url is None or wait_for_answer(url, over):
        events.put(Event("ready"))


def _look_out(
    name: str, watch: Watch, terminal: Terminal, over: threading.Event, events: queue.SimpleQueue[Event]
) -> None:
    if code := watch(partial(terminal.line, name), over):
        events.put(Event("ended", name, code))


def _in_background(function: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=partial(function, *arguments), daemon=True)
    thread.start()
    return thread


@contextmanager
def _signals_as_events(events: queue.SimpleQueue[Event]) -> Iterator[None]:
    former = {number: signal.signal(number, lambda *_: events.put(Event("asked"))) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
