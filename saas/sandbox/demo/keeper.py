"""The demo's database: an embedded server that is started again when it dies."""

import threading
from collections.abc import Callable
from pathlib import Path

from saas.sandbox.postgres import PostgresError, Server

RESTARTS = 2
"""How often a server that died is started again while one demo runs: one that keeps dying has a reason."""
PAUSE = 0.5
"""Seconds between two looks."""


class Keeper:
    """An embedded server over `folder`; raises PostgresError when it does not start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server = Server.start(folder)

    def watch(self, say: Callable[[str], None], over: threading.Event) -> int:
        """Until `over`: start the server again when it died. Returns 1 when that has no end or does not succeed."""
        left = RESTARTS
        while not over.wait(PAUSE):
            if self.server.alive:
                continue
            if not left:
                say(
                    f"PostgreSQL died once more, and is not started again. Why it died may stand in {self.server.place.log}"
                )
                return 1
            left -= 1
            say("PostgreSQL died; starting it again.")
            try:
                self._start_again()
            except PostgresError as error:
                say(str(error))
                return 1
            say("PostgreSQL is back.")
        return 0

    def _start_again(self) -> None:
        """The new server is there before the dead one is let go, as both have one folder for their socket."""
        dead, self.server = self.server, Server.start(self._folder)
        dead.stop()

    def stop(self) -> None:
        """End the server if it was started here."""
        self.server.stop()
