"""Programs of ours as processes of their own, with settings of their own."""

import fcntl
import os
import random
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from saas.core.settings import Settings
from saas.sandbox.readiness import wait_for_answer

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


def start_web(port: int, **settings: str) -> "subprocess.Popen[str]":
    """The web server as it runs in production."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "1"]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*command, "wsgi:app"], cwd=ROOT, env=environment(**settings), stdout=pipe, stderr=subprocess.STDOUT, text=True
    )


@contextmanager
def serving(**settings: str) -> "Iterator[Site]":
    """A web server that answers, for the block."""
    port, over = free_port(), threading.Event()
    server = start_web(port, **settings)
    alarm = threading.Timer(60, over.set)
    alarm.start()
    try:
        assert wait_for_answer(f"http://127.0.0.1:{port}/health/live", over)
        yield Site(port)
    finally:
        alarm.cancel()
        server.terminate()
        server.communicate()


@contextmanager
def checking_types() -> Iterator[dict[str, str]]:
    """The environment in which mypy finds what another test, or the run before, has worked out; one at a time."""
    cache = ROOT / ".mypy_cache"
    cache.mkdir(exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield {"MYPY_CACHE_DIR": str(cache)}


def free_port() -> int:
    """A port nobody uses just now, nor the one after it; below those from which connections of programs begin."""
    while True:
        port = random.randrange(12_000, 32_000)
        with suppress(OSError), socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", port))
            next_one.bind(("127.0.0.1", port + 1))
            return port


class Site:
    """A web server on this machine, asked by the names of its hosts."""

    def __init__(self, port: int) -> None:
        self.port = port

    def open(self, host: str, path: str = "/", **options: str) -> HTTPResponse:
        """The answer to a GET, or to a POST when there is a ``body``; ``cookie`` is sent with it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": f"{host}:{self.port}", "Cookie": options.get("cookie", "")}
        body = options.get("body")
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        return connection.getresponse()

    def sign_in(self, host: str, email: str, password: str) -> HTTPResponse:
        """The answer to the form of sign-in."""
        page = self.open(host, "/sign-in")
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
        assert token
        form = {"csrf_token": unescape(token[1]), "email": email, "password": password}
        return self.open(host, "/sign-in", cookie=cookie, body=urlencode(form))
