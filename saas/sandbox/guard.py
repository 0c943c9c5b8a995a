"""A small process between a starter and its child, so that the child never outlives the starter.

Run as a program of its own with the standard library only: ``guard.py NAME``, where the name is for the
process list; the plan is the first line of standard input (no argument: it holds the child's environment), a
JSON object as `guarded.start` writes it. The guard ends the child when standard input is closed or written to
again, when the starter is gone (however it died) or on SIGTERM; when the guard itself is killed, the kernel
(Linux) ends the child. It ends with the child's exit code, 128 + n for signal n.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1
IGNORED = (signal.SIGINT, signal.SIGHUP)


def main(plan: dict[str, Any]) -> int:
    """Run the plan's command until it ends or must end; the exit code."""
    wakeup = _wake_on_signals()
    child = subprocess.Popen(
        plan["command"],
        env=plan["environment"],
        cwd=plan["folder"],
        stdin=subprocess.DEVNULL,
        pass_fds=plan["keep"],
        preexec_fn=_end_with_parent(os.getpid(), plan["signals"][0][0]),
        start_new_session=True,
        **plan["account"],
    )
    while child.poll() is None and os.getppid() == plan["starter"]:
        ready, _, _ = select.select([0, wakeup], [], [], 1.0)
        if 0 in ready or (wakeup in ready and signal.SIGTERM in os.read(wakeup, 100)):
            break
    code = _end(child, plan["signals"], whole_group=plan["whole_group"])
    return code if code >= 0 else 128 - code


def _end(child: subprocess.Popen[Any], signals: list[tuple[int, float]], *, whole_group: bool) -> int:
    send = os.killpg if whole_group else os.kill
    for number, seconds in signals:
        if child.poll() is None:
            send(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            break
    if whole_group:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def _wake_on_signals() -> int:
    """A descriptor from which the numbers of arrived signals can be read."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    return reader


def _end_with_parent(parent: int, number: int) -> Callable[[], None]:
    """What the child does first: ask the kernel for signal `number` when the guard dies."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        for ignored in IGNORED:
            signal.signal(ignored, signal.SIG_DFL)
        if library is not None:
            library.prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


if __name__ == "__main__":
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        line = stdin.readline()
    sys.exit(main(json.loads(line)) if line.endswith(b"\n") else 1)
