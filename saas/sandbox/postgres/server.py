"""One embedded PostgreSQL server: started by the first who asks, shared by others, gone with its starter."""

import atexit
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg.pq import PGconn, Ping

from saas.sandbox import guarded

from .binaries import binaries_for
from .cluster import SUPERUSER, make_ready
from .errors import PostgresError
from .launch import launch
from .lock import try_lock
from .passwords import Passwords
from .place import Place, place_of
from .settle import settle

DEADLINE = 60.0
"""Seconds a start may take; crash recovery is the long case."""


class Server:
    """A running server over one data folder. Made by `start`; as a context manager it stops at the end."""

    def __init__(self, place: Place, guard: guarded.Guard | None) -> None:
        self.place = place
        self.passwords = Passwords(place.passwords)
        self._guard = guard
        self._starter = os.getpid()
        if guard:
            atexit.register(self.stop)

    @classmethod
    def start(cls, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> Self:
        """A server over `data_dir` that accepts connections; the folder is made when it is missing.

        When another process runs it already, only connect (`settings` then have no effect).
        The server ends with the process that started it. Raises PostgresError with what to do.
        """
        place = place_of(data_dir)
        limit = time.monotonic() + DEADLINE
        while time.monotonic() < limit:
            server = cls(place, _start_if_nobody_does(place, settings or {}))
            if server._wait(limit):
                return server
        raise PostgresError(f"PostgreSQL did not come up in {DEADLINE:.0f} s; see {place.log}.")

    @property
    def owned(self) -> bool:
        """Whether this object started the server, and so stops it."""
        return self._guard is not None

    @property
    def alive(self) -> bool:
        """Whether any process of the server is left, whoever started it."""
        return _is_held(self.place)

    @property
    def running(self) -> bool:
        """Whether the server accepts connections now."""
        try:
            folder = str(self.place.socket_folder())
        except FileNotFoundError:
            return False
        quoted = folder.replace("\\", "\\\\").replace("'", "\\'")
        return PGconn.ping(f"host='{quoted}' port=5432 connect_timeout=2".encode()) == Ping.OK

    def dsn(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """A URL for psycopg and SQLAlchemy.

        Without `password`, the one kept for `user`; PostgresError when there is none.
        """
        known = password if password is not None else self.passwords.require(user)
        login = f"{quote(user, safe='')}:{quote(known, safe='')}"
        folder = quote(str(self.place.socket_folder()))
        return f"postgresql://{login}@/{quote(database, safe='')}?host={folder}&port=5432"

    def stop(self) -> None:
        """End the server if this object started it, and wait until it is gone; transactions roll back."""
        guard = self._guard
        if guard is None or self._starter != os.getpid():
            return
        self._guard = None
        atexit.unregister(self.stop)
        guarded.stop(guard)
        with try_lock(self.place) as lock:
            if lock is not None:
                self.place.remove_short_socket_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self, limit: float) -> bool:
        """True once the server answers; False when the process that was starting it gave up."""
        while time.monotonic() < limit:
            if self._guard and self._guard.poll() is not None:
                self.stop()
                raise PostgresError(f"PostgreSQL did not start. {self.place.log} ends:\n{self._end_of_log()}")
            if self.running and self._opens():
                return True
            if not self._guard and not self.alive:
                return False
            time.sleep(0.02)
        self.stop()
        return False

    def _opens(self) -> bool:
        """Whether a connection can be made; PostgresError when the kept password is not the server's."""
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                return False
            self.stop()
            raise PostgresError(
                f"{self.passwords.path} does not hold the password of the server over {self.place.data}: "
                "they belong together, put the right file back."
            ) from error
        return True

    def _end_of_log(self) -> str:
        return "\n".join(self.place.log.read_text(errors="replace").splitlines()[-15:])


def _start_if_nobody_does(place: Place, settings: Mapping[str, str]) -> guarded.Guard | None:
    with try_lock(place) as lock:
        if lock is None:
            return None
        account = settle(place)
        tree = binaries_for(account)
        place.make_socket_folder(account)
        make_ready(place, account, tree, sync=settings.get("fsync") != "off")
        return launch(place, account, tree, settings, lock)


def _is_held(place: Place) -> bool:
    with try_lock(place) as lock:
        return lock is None
