"""Start programs that never outlive this process."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

GUARD = Path(__file__).with_name("guard.py")

Guard = subprocess.Popen[bytes]


def start(
    command: Sequence[str],
    *,
    signals: Sequence[tuple[int, float]],
    whole_group: bool,
    output: int | IO[bytes],
    folder: str | None = None,
    environment: Mapping[str, str] | None = None,
    account: Mapping[str, Any] | None = None,
    keep: Sequence[int] = (),
) -> Guard:
    """The guard of a new child, which ends when this process stops it or dies, however it dies.

    `signals` are sent in order, each followed by a wait of that many seconds; `whole_group` sends them to the
    child's process group and leaves none of it. `environment` replaces ours, `account` are ``subprocess``
    arguments, `keep` descriptors to inherit. Standard output and error go to `output`.
    """
    plan = {
        "command": list(command),
        "environment": dict(environment) if environment is not None else None,
        "folder": folder,
        "account": dict(account or {}),
        "keep": list(keep),
        "signals": list(signals),
        "whole_group": whole_group,
        "starter": os.getpid(),
    }
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), Path(command[0]).name],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=list(keep),
        start_new_session=True,
    )
    _write(guard, json.dumps(plan).encode() + b"\n")
    return guard


def ask_to_stop(guard: Guard) -> None:
    """Have the guard end its child; returns at once."""
    if guard.stdin and not guard.stdin.closed:
        _write(guard, b"stop\n")
        with contextlib.suppress(BrokenPipeError):
            guard.stdin.close()


def stop(guard: Guard) -> int:
    """End the child, wait until it is gone; its exit code."""
    ask_to_stop(guard)
    return guard.wait()


def _write(guard: Guard, text: bytes) -> None:
    """Write to the guard; one that is gone already shows by its exit code."""
    if guard.stdin:
        with contextlib.suppress(BrokenPipeError):
            guard.stdin.write(text)
            guard.stdin.flush()
