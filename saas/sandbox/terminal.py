"""Lines of several programs on one terminal, each under its name."""

import os
import threading
from collections.abc import Sequence
from typing import TextIO

COLOURS = (36, 35, 33, 32, 34)
"""ANSI foreground numbers, given to the names in turn."""


class Terminal:
    """Writes whole lines, one at a time, prefixed with the writer's name; coloured on a terminal only.

    ``NO_COLOR`` in the environment turns colours off. When nobody reads any more, ``closed`` is true and lines
    are dropped.
    """

    def __init__(self, output: TextIO, names: Sequence[str]) -> None:
        self._output = output
        self._turn = threading.Lock()
        self._width = max(map(len, names), default=0)
        coloured = output.isatty() and not os.environ.get("NO_COLOR")
        self._colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(names)} if coloured else {}
        self.closed = False

    def line(self, name: str, text: str) -> None:
        """Write one line of the program `name`."""
        prefix = f"{name:<{self._width}} |"
        if name in self._colours:
            prefix = f"\x1b[{self._colours[name]}m{prefix}\x1b[0m"
        self.write(f"{prefix} {text}")

    def write(self, text: str) -> None:
        """Write `text` and a line's end."""
        with self._turn:
            if self.closed:
                return
            try:
                print(text, file=self._output, flush=True)
            except OSError:
                self.closed = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())
