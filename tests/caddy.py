"""Caddy with the Caddyfile of docs/deployment.md, on ports and folders of a test's own."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from tests.front import Front, wait_for
from tests.processes import free_port

PAGE = Path(__file__).resolve().parents[1] / "docs" / "deployment.md"
CADDY = shutil.which("caddy")
needs_caddy = [
    pytest.mark.program("caddy"),
    pytest.mark.skipif(CADDY is None, reason="caddy is not there: apt install caddy"),
]


def documented() -> str:
    """The Caddyfile, as who copies it from the page has it."""
    (found,) = re.findall(r"^    \{\n(?:(?:    .*)?\n)+", PAGE.read_text(), re.MULTILINE)
    return dedent(found)


def adapted(folder: Path, plain_port: int, tls_port: int, upstream: int, base_domain: str, options: str) -> str:
    """It with the ports and folders of this machine changed and options of a test's added, and nothing else."""
    text = documented()
    local = f"admin off\nhttp_port {plain_port}\nhttps_port {tls_port}\ndefault_bind 127.0.0.1\n{options}\n"
    for before, after in (
        (r"example\.com", base_domain),
        (r"\A\{\n", f"{{\n{local}"),
        (r"/etc/caddy", str(folder)),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
    ):
        text, changes = re.subn(before, after, text)
        assert changes, f"the Caddyfile holds no {before}"
    return text


@contextmanager
def running(
    folder: Path, ports: tuple[int, int], upstream: int, *, base_domain: str = "example.com", options: str
) -> Iterator[Front]:
    """Caddy with our configuration before a web server on the port ``upstream``, for the block.

    The folder stands for /etc/caddy, which holds a folder with the certificate of the base domain, and takes what Caddy keeps;
    ``ports`` are those for http and https, ``options`` more global options.
    """
    assert CADDY is not None
    (folder / "Caddyfile").write_text(adapted(folder, *ports, upstream, base_domain, options))
    kept = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | kept, stderr=log)
    try:
        for port in ports:
            wait_for(port, process, folder / "log")
        yield Front(folder, *ports)
    finally:
        process.terminate()
        process.wait(timeout=20)


def ports() -> tuple[int, int]:
    """One for http and one for https."""
    return free_port(), free_port()
