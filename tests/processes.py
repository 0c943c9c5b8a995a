"""Programs of ours as processes of their own, with settings of their own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from saas.core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
_OURS = {f"{name.upper()}{ending}" for name in Settings.model_fields for ending in ("", "_FILE")} | {
    "MASTER_DATABASE_URL"
}


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    return (
        {name: value for name, value in os.environ.items() if name not in _OURS} | {"PYTHONPATH": str(ROOT)} | settings
    )


def run_saas(*arguments: str, folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """``saas …`` in a folder, to its end."""
    command = [sys.executable, "-m", "saas", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(**settings), capture_output=True, text=True, timeout=120)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
