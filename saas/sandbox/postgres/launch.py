"""Start the server under a guard."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from saas.sandbox import guarded

from .account import Account
from .cluster import ENVIRONMENT
from .place import Place

LONG_LOG = 5 * 1024 * 1024
"""Bytes after which the log is put aside at the next start."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_locks_per_transaction": "512",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""What differs from PostgreSQL's defaults. No TCP: only those connect who can enter the socket's folder."""


SHUTDOWN = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""PostgreSQL's signals for a fast and an immediate shutdown, with the seconds each is given."""


def launch(place: Place, account: Account, tree: Path, settings: Mapping[str, str], lock: int) -> guarded.Guard:
    """The guard; it and the server inherit the descriptor `lock`: while they live, it is held."""
    folder = str(place.socket_folder()).replace('"', '""')
    wanted = {**SETTINGS, "unix_socket_directories": f'"{folder}"', **settings}
    command = [str(tree / "bin" / "postgres"), "-D", str(place.data)]
    for name, value in wanted.items():
        command += ["-c", f"{name}={value}"]
    log = _open_log(place, account)
    try:
        return guarded.start(
            command,
            signals=SHUTDOWN,
            whole_group=False,
            output=log,
            folder="/",
            environment=ENVIRONMENT,
            account=account.popen_options(),
            keep=[lock],
        )
    finally:
        os.close(log)


def _open_log(place: Place, account: Account) -> int:
    if place.log.exists() and place.log.stat().st_size > LONG_LOG:
        place.log.replace(place.beside(".log.1"))
    descriptor = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if account.dropped:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor
