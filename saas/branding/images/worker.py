"""A process with little to spend, which draws one picture anew; a program of its own, started by ``processing.py``.

The limits stand before Pillow is imported, and cannot be lifted again. Started with one argument, the order in JSON:
``memory`` in bytes, ``cpu`` in seconds, ``output`` in bytes, and what ``drawing.py`` is to do.
"""

import contextlib
import json
import resource
import runpy
import sys
from pathlib import Path


def limit(order: dict[str, int]) -> None:
    """Set every limit that this system knows, soft and hard alike."""
    limits = {
        "RLIMIT_AS": order["memory"],
        "RLIMIT_CPU": order["cpu"],
        "RLIMIT_FSIZE": order["output"],
        "RLIMIT_NOFILE": 16,
        "RLIMIT_NPROC": 0,
        "RLIMIT_CORE": 0,
    }
    for name, most in limits.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


if __name__ == "__main__":
    limit(json.loads(sys.argv[1]))
    runpy.run_path(str(Path(__file__).with_name("drawing.py")), run_name="__main__")
