"""`saas demo`: up with one command, its data loaded once, down without a trace; nothing begins where it cannot run."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest

from saas.sandbox.demo.people import ORGANISATIONS, PASSWORD
from saas.sandbox.postgres import Server, ensure_database, remove_server
from saas.sandbox.readiness import port_is_taken

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
SETTINGS = re.compile("^(DATABASE|MASTER_|APP_|JOBS_|PORT|PUBLIC_|BASE_|MAIL|ENVIRONMENT|PRODUCT|SECRET|FLASK)")

LOAD = """
import json, os, sys
from saas import create_app
from saas.sandbox.demo import data
from saas.tenancy.platform import migrate_platform
from saas.tenancy.queries import list_tenants
from saas.tenancy.scope import platform_scope, tenant_scope
from saas.accounts.queries import count_users

create_app()
migrate_platform()
left, hire = int(sys.argv[1]), data._hire
def hire_until_killed(person):
    global left
    left -= 1
    if left == 0:
        os._exit(9)
    return hire(person)
data._hire = hire_until_killed
made = []
if not data.is_loaded():
    data.load(made.append)
with platform_scope():
    tenants = list(list_tenants())
def people(tenant):
    with tenant_scope(tenant):
        return count_users()
print(json.dumps({"made": made, "there": {t.slug: [t.status, people(t)] for t in tenants}}))
"""


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of its own."""
    kept = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    return kept | {"PYTHONPATH": str(ROOT)} | settings


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to run in, which the embedded server's account may pass; its database is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="demo-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        if (path / "instance").exists():
            remove_server(path / "instance" / "postgres")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A demo that is ready, and what it has written so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port, self.lines = process, port, list[str]()

    def read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return "".join(self.lines)
        raise AssertionError("the demo ended:\n" + "".join(self.lines))

    def open(self, host: str, path: str = "/", **options: str) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": f"{host}:{self.port}", "Cookie": options.get("cookie", "")}
        body = options.get("body")
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        return connection.getresponse()

    def sign_in(self, host: str, email: str) -> HTTPResponse:
        page = self.open(host, "/sign-in")
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
        assert token
        form = {"csrf_token": unescape(token[1]), "email": email, "password": PASSWORD}
        return self.open(host, "/sign-in", cookie=cookie, body=urlencode(form))


@contextmanager
def demo(folder: Path, port: int) -> Iterator[Running]:
    """The demo, running and ready; stopped by Ctrl-C at the end of the block, with exit code 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "saas", "demo"],
        cwd=folder,
        env=environment(PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    try:
        running = Running(process, port)
        running.read_until("Ctrl-C ends everything")
        yield running
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
        assert process.returncode == 0, rest
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def test_the_demo_comes_up_and_goes_and_loads_its_data_once(folder: Path, port: int) -> None:
    with demo(folder, port) as first:
        told = "".join(first.lines)
        assert "Loading demo data" in told
        for words in ("http://localhost:", "http://acme.localhost:", "http://mail.localhost:", "ada@acme.", PASSWORD):
            assert words in told
        assert "\x1b" not in told
        assert [first.open(host).status for host in ("localhost", "mail.localhost")] == [200, 200]
        assert first.open("globex.localhost").status == 403
        assert first.sign_in("acme.localhost", "ada@acme.example").status == 303
        assert first.sign_in("acme.localhost", "uma@umbrella.example").status == 422
    assert not port_is_taken(port)
    with demo(folder, port) as second:
        assert "Loading demo data" not in "".join(second.lines)
        assert second.sign_in("acme.localhost", "ada@acme.example").status == 303
    assert _adopted(folder).startswith("postgresql://saas:")


def _adopted(folder: Path) -> str:
    """The database that a command run by hand in a folder would use."""
    code = "import os; from saas.sandbox.demo.ground import adopt_database as adopt; adopt(); print(os.environ.get('DATABASE_URL'))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_commands_by_hand_find_no_database_where_the_demo_never_ran(folder: Path) -> None:
    assert _adopted(folder) == "None"
    assert list(folder.iterdir()) == []


def test_a_load_that_was_killed_goes_on_where_it_stopped(server: Server, worker_name: str) -> None:
    url = ensure_database(server, f"demo_{worker_name}")

    def load(killed_at: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", LOAD, str(killed_at)]
        return subprocess.run(command, env=environment(DATABASE_URL=url), capture_output=True, text=True)

    globex, umbrella, acme = ORGANISATIONS
    assert load(len(globex.people) + 2).returncode == 9
    rest, again = load(0), load(0)
    assert rest.returncode == 0, rest.stderr
    assert json.loads(rest.stdout)["made"] == [umbrella.name, acme.name]
    assert json.loads(again.stdout)["made"] == []
    there = {"globex": ["suspended", 2], "umbrella": ["trialing", 3], "acme": ["active", 8]}
    assert json.loads(rest.stdout)["there"] == json.loads(again.stdout)["there"] == there


def refused(folder: Path, **settings: str) -> str:
    """What the demo says where it does not start."""
    run = subprocess.run(
        [sys.executable, "-m", "saas", "demo"], cwd=folder, env=environment(**settings), capture_output=True, text=True
    )
    assert run.returncode in (1, 2), run.stderr
    return run.stderr


def test_a_taken_port_is_told_before_anything_starts(folder: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port} is taken" in refused(folder, PORT=str(port))
    assert list(folder.iterdir()) == []


def test_wrong_settings_are_told_before_anything_starts(folder: Path) -> None:
    assert "PORT" in refused(folder, PORT="a lot")
    assert list(folder.iterdir()) == []


def test_the_demo_does_not_run_in_production(folder: Path, port: int) -> None:
    told = refused(
        folder,
        PORT=str(port),
        ENVIRONMENT="production",
        BASE_DOMAIN="example.org",
        MAIL_FROM="no-reply@example.org",
        SECRET_KEY="s" * 40,
        JWT_SECRET="j" * 40,
        MASTER_KEYS="1:" + "A" * 43 + "=",
        PUBLIC_SCHEME="https",
        MAIL_URL="smtp://localhost",
    )
    assert "ENVIRONMENT says production" in told
    assert list(folder.iterdir()) == []


def test_everybody_of_the_demo_can_be_told_apart() -> None:
    for organisation in ORGANISATIONS:
        emails = [person.email for person in organisation.people]
        assert len(set(emails)) == len(emails)
        assert [person.role for person in organisation.people].count("owner") == 1
    assert {str(person.role) for person in ORGANISATIONS[-1].people} == {
        "owner",
        "admin",
        "team_admin",
        "member",
        "viewer",
    }
