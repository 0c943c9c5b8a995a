"""Other processes, as the tests of the sandbox need them."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

Wait = Callable[[Callable[[], object]], None]


class Run(Protocol):
    """Starts a Python program of which output can be read line by line."""

    def __call__(self, code: str, *arguments: object) -> subprocess.Popen[str]: ...


@pytest.fixture
def wait_until() -> Wait:
    """Returns as soon as the condition holds; fails after thirty seconds."""

    def wait(condition: Callable[[], object]) -> None:
        limit = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < limit, "the condition never came true"
            threading.Event().wait(0.02)

    return wait


@pytest.fixture
def run_python() -> Iterator[Run]:
    """Runs Python code in a process of its own; what still runs after the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        pipe = subprocess.PIPE
        running.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()
