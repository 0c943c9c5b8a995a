"""Pictures drawn anew by a process that has little memory, little time and nothing of ours."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from saas.branding.images.reading import PIXELS, Kind, check
from saas.core.errors import Invalid

WORKER = Path(__file__).with_name("worker.py")
BROKEN, HEAVY, EMPTY = 3, 4, 5
SIZES: Mapping[str, tuple[tuple[str, int, int, str], ...]] = {
    "logo": (("large", 640, 160, "fit"), ("small", 320, 80, "fit")),
    "icon": (("512", 512, 512, "square"), ("180", 180, 180, "square"), ("32", 32, 32, "square")),
}
"""By purpose, the files that are made: name, width, height, and whether it fits into that or fills a square of it."""

SENTENCES = {
    BROKEN: "This picture is broken or cut off. Save it anew, then upload it again.",
    HEAVY: "This picture takes too much work to open. Save it as a plain PNG with fewer pixels.",
    EMPTY: "This picture is empty: all of it is transparent. Save it with something in it.",
}


@dataclass(frozen=True)
class Limits:
    """What the process may spend: bytes of address space, seconds of CPU, seconds by the clock, bytes of answer."""

    memory: int = 256_000_000
    cpu: int = 5
    seconds: float = 8
    output: int = 4_000_000


@dataclass(frozen=True)
class Processed:
    """A picture drawn anew: PNG files by the names in SIZES, the pixels of the upright original, and its most frequent
    colours as ``#rrggbb`` with their shares of what is opaque, the most frequent first."""

    files: Mapping[str, bytes]
    width: int
    height: int
    colours: tuple[tuple[str, float], ...]


def process(content: bytes, purpose: str, *, field: str = "file", limits: Limits | None = None) -> Processed:
    """The picture in every size of a purpose (``logo``, ``icon``); the same bytes for the same picture.

    Nothing of the original's metadata, and nothing that stood behind its end, is left. Invalid with a sentence for whoever
    uploaded it when it is not a picture we take, is broken, or takes too much to open. Uploads are checked as by `check`.
    """
    kind, limits = check(content, field=field), limits or Limits()
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(content)
        source.seek(0)
        code = _run(_order(kind, purpose, limits), source, target, limits.seconds)
        if code in (1, 2):
            raise RuntimeError("the process that draws pictures cannot start: is Pillow installed?")
        if code:
            raise Invalid(SENTENCES.get(code, SENTENCES[HEAVY]), field=field)
        target.seek(0)
        return _processed(target)


def _order(kind: Kind, purpose: str, limits: Limits) -> str:
    return json.dumps(
        {
            "memory": limits.memory,
            "cpu": limits.cpu,
            "output": limits.output,
            "format": kind.format,
            "pixels": PIXELS,
            "sizes": SIZES[purpose],
        }
    )


def _run(order: str, source: IO[bytes], target: IO[bytes], seconds: float) -> int:
    """The exit code; negative where a limit ended it. Afterwards there is no such process, whatever happened here."""
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the upload is not on the command line
        [sys.executable, "-I", "-B", str(WORKER), order],
        stdin=source,
        stdout=target,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return HEAVY
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _processed(target: IO[bytes]) -> Processed:
    told = json.loads(target.readline())
    files = {name: target.read(length) for name, length in told["files"].items()}
    return Processed(files, told["width"], told["height"], tuple((colour, share) for colour, share in told["colours"]))
