"""How long the embedded start takes, the second time, until the first page is there."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.bench.report import Report


def start(report: Report) -> None:
    """Run ``saas demo`` in a folder of its own until its first page, twice; the second time counts."""
    with TemporaryDirectory(prefix="saas-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        first, second = _until_first_page(folder), _until_first_page(folder)
    report.add("demo, first page, the very first start", first, "s", note="with the database's making and demo data")
    report.add("demo, first page, the next start", second, "s", at_most=5)


def _until_first_page(folder: Path) -> float:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PUBLIC_PORT")}
    began = perf_counter()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("saas"), "demo"],
        cwd=folder,
        env=environment | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        return perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            with urlopen(Request(f"http://127.0.0.1:{port}/", headers={"Host": f"localhost:{port}"}), timeout=5):
                return
        except (URLError, ConnectionError):
            continue
    raise RuntimeError("saas demo ended before its first page")
