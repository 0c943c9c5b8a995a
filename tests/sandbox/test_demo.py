"""`saas demo`: up with one command, its data loaded once, down without a trace; nothing begins where it cannot run."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from saas.catalogue.reading import path_of
from saas.sandbox.demo.keeper import RESTARTS
from saas.sandbox.demo.people import ORGANISATIONS, PASSWORD
from saas.sandbox.demo.selling import CODE
from saas.sandbox.postgres import Server, ensure_database, remove_server
from saas.sandbox.readiness import port_is_taken, wait_for_answer
from tests.processes import Site, environment, free_port, run_saas
from tests.support import Browser

PATIENCE = 120.0

CONTRADICTIONS = """
    SELECT count(*) FROM users
    WHERE updated_at < created_at OR verified_at < created_at
        OR created_at > (SELECT min(created_at) FROM workflows)
        OR created_at > (SELECT min(queued_at) FROM workflow_runs WHERE started_by_id = users.id)
        OR created_at < (SELECT created_at FROM platform.tenants WHERE id = '{tenant}')
        OR NOT EXISTS (SELECT FROM known_devices WHERE user_id = users.id AND first_seen_at < now() - interval '8 days')
        OR NOT EXISTS (SELECT FROM user_sessions WHERE user_id = users.id AND last_seen_at > now() - interval '12 hours')
"""
"""People who are younger than what they did, or never signed in."""

LOAD = """
import json, os, sys
from sqlalchemy import text
from saas import create_app
from saas.sandbox.demo import data
from saas.tenancy.platform import migrate_platform
from saas.tenancy.queries import list_events, list_tenants
from saas.tenancy.scope import platform_scope, tenant_scope
from saas.members.queries.seats import count_seated

create_app()
migrate_platform()
left, hire = int(sys.argv[1]), data._hire
def hire_until_killed(*arrival):
    global left
    left -= 1
    if left == 0:
        os._exit(9)
    return hire(*arrival)
data._hire = hire_until_killed
loads = []
for _ in range(2):
    loads.append([])
    if not data.is_loaded():
        data.load(loads[-1].append)
with platform_scope():
    tenants = list(list_tenants())
def people(tenant):
    with tenant_scope(tenant) as session:
        wrong = session.scalar(text(sys.argv[2].replace("{tenant}", str(tenant.id))))
        return count_seated(), wrong
with platform_scope():
    moments = {t.slug: [event.at for event in list_events(t.id)] for t in tenants}
ordered = all(sorted(events) == events for events in moments.values())
there = {t.slug: [t.status, *people(t)] for t in tenants}
print(json.dumps({"loads": loads, "there": there, "ordered": ordered}))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to run in."""
    with a_folder() as path:
        yield path


@pytest.fixture(scope="module")
def loaded() -> Iterator[Path]:
    """A folder that several demos run in, one after the other; the first one loads the data."""
    with a_folder() as path:
        yield path


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder which the embedded server's account may pass; its database is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="demo-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        if (path / "instance").exists():
            remove_server(path / "instance" / "postgres")


@pytest.fixture
def port() -> int:
    return free_port()


class Running(Site):
    """A demo that is ready, and what it has written so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        super().__init__(port)
        self.process, self.lines = process, list[str]()

    def read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return "".join(self.lines)
        raise AssertionError("the demo ended:\n" + "".join(self.lines))

    def ended(self) -> tuple[int, str]:
        """The exit code of a demo that ends by itself, and what it wrote last."""
        rest, _ = self.process.communicate()
        return self.process.returncode, rest


@contextmanager
def demo(folder: Path, port: int, **settings: str) -> Iterator[Running]:
    """The demo, running and ready; unless it has ended, stopped by Ctrl-C at the end of the block, with exit code 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "saas", "demo"],
        cwd=folder,
        env=environment(PORT=str(port), **settings),
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
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            code, rest = running.ended()
            assert code == 0, rest
    finally:
        alarm.cancel()
        process.kill()
        process.wait()


def test_the_demo_loads_its_data_once_comes_back_and_starts_a_dead_database_again(loaded: Path, port: int) -> None:
    with demo(loaded, port) as first:
        told = "".join(first.lines)
        assert "Loading demo data" in told
        for words in ("http://localhost:", "http://acme.localhost:", "http://mail.localhost:", "ada@acme.", PASSWORD):
            assert words in told
        assert "\x1b" not in told
        assert _finds_names_at(told.partition("DNS, simulated")[2].split()[0])
        assert [first.open(host).status for host in ("localhost", "mail.localhost")] == [200, 200]
        assert first.open("globex.localhost").status == 403
        assert first.sign_in("acme.localhost", "ada@acme.example", PASSWORD).status == 303
        assert first.sign_in("acme.localhost", "uma@umbrella.example", PASSWORD).status == 422
    assert not port_is_taken(port)
    with demo(loaded, port) as second:
        assert "Loading" not in "".join(second.lines)
        assert second.sign_in("acme.localhost", "ada@acme.example", PASSWORD).status == 303
        _kill_the_database_until_it_is_not_started_again(second, loaded)
    assert not port_is_taken(port)
    assert _adopted(loaded).startswith("postgresql://saas:")


def _kill_the_database_until_it_is_not_started_again(running: Running, folder: Path) -> None:
    def kill() -> None:
        pid = (folder / "instance" / "postgres" / "postmaster.pid").read_text().partition("\n")[0]
        os.kill(int(pid), signal.SIGKILL)

    for _ in range(RESTARTS):
        kill()
        running.read_until("PostgreSQL died; starting it again.")
        running.read_until("PostgreSQL is back.")
    statuses = (running.open("acme.localhost", "/sign-in").status for _ in range(50))
    assert 200 in statuses
    kill()
    code, told = running.ended()
    assert code == 1
    assert "PostgreSQL died once more, and is not started again" in told


def test_while_the_demo_runs_others_find_it_and_leave_it_alone(loaded: Path, port: int) -> None:
    def said(*command: str, **settings: str) -> str:
        done = run_saas(*command, folder=loaded, **settings)
        assert done.returncode == (1 if done.stderr else 0)
        return done.stderr or done.stdout

    runs = f"Error: The demo runs already, at http://localhost:{port}/ (Ctrl-C in its terminal ends it).\n"
    with demo(loaded, port, CATALOGUE=_copy_of("loki", loaded)) as running:
        assert "Loading payments" in "".join(running.lines)
        assert said("billing", "sync", "--dry-run") == "Nothing is to be done.\n"
        assert said("plans", "list") == said("plans", "list", CATALOGUE="loki")
        assert said("plans", "list") != said("plans", "list", CATALOGUE="studio")
        assert "would be done." in said("billing", "sync", "--dry-run", CATALOGUE="studio")
        assert f"Promotion code         {CODE} " in "".join(running.lines)
        assert [code["active"] for code in _codes(loaded)] == [True]
        assert said("demo") == said("demo", PORT=str(port)) == said("demo", "--reset") == runs
        assert f"http://acme.localhost:{port}/" in said("tenants", "show", "acme")
        assert "http://acme.localhost:9/" in said("tenants", "show", "acme", PORT="9")
        led = [running.open(host, "/a?b=c%20d") for host in ("127.0.0.1", "[::1]")]
        assert [answer.headers["Location"] for answer in led] == [f"http://localhost:{port}/a?b=c%20d"] * 2
        assert running.open("127.0.0.1", "/health/live").status == 200
        assert running.open("127.0.0.1", "/sign-in", body="").status == 404
    assert "http://acme.localhost:8000/" in said("tenants", "show", "acme")
    (loaded / "instance" / "files").mkdir(exist_ok=True)
    assert said("demo", "--reset") == "The demo's database, files and mail are deleted.\n"
    assert list((loaded / "instance").iterdir()) == []


def _copy_of(catalogue: str, folder: Path) -> str:
    """A catalogue in a file of the folder, as it is named there."""
    (folder / "mine.toml").write_text(path_of(catalogue).read_text())
    return "mine.toml"


def _codes(folder: Path) -> list[dict[str, object]]:
    """The demo's promotion codes, as the stand-in tells them."""
    kept = json.loads((folder / "instance" / "stripe" / "keys.json").read_text())
    url = f"http://127.0.0.1:{kept['port']}/v1/promotion_codes?code={CODE.lower()}"
    with urllib.request.urlopen(
        urllib.request.Request(url, headers={"Authorization": f"Bearer {kept['key']}"})
    ) as answer:
        found: list[dict[str, object]] = json.load(answer)["data"]
    return found


def _finds_names_at(url: str) -> bool:
    """Whether the stand-in for the DNS answers at the address that was told."""
    over = threading.Event()
    alarm = threading.Timer(PATIENCE, over.set)
    alarm.start()
    try:
        return wait_for_answer(url, over)
    finally:
        alarm.cancel()


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


def test_a_load_that_was_killed_goes_on_where_it_stopped_and_tells_no_contradictions(
    server: Server, worker_name: str
) -> None:
    url = ensure_database(server, f"demo_{worker_name}")

    def load(killed_at: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", LOAD, str(killed_at), CONTRADICTIONS]
        return subprocess.run(command, env=environment(DATABASE_URL=url), capture_output=True, text=True)

    hooli, wonka, *later = ORGANISATIONS
    assert load(len(hooli.people) + 2).returncode == 9
    rest = load(0)
    assert rest.returncode == 0, rest.stderr
    found = json.loads(rest.stdout)
    assert found["loads"] == [[wonka.name, *(one.name for one in later)], []]
    there = {"globex": ["suspended", 2, 0], "umbrella": ["trialing", 3, 0], "acme": ["active", 8, 0]}
    there |= {"hooli": ["trialing", 2, 0], "wonka": ["active", 2, 0]}
    assert found["there"] == there
    assert found["ordered"]


def refused(folder: Path, **settings: str) -> str:
    """What the demo says where it does not start."""
    run = run_saas("demo", folder=folder, **settings)
    assert run.returncode in (1, 2), run.stderr
    return run.stderr


def test_a_taken_port_is_told_before_anything_starts(folder: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port} is taken by another program" in refused(folder, PORT=str(port))
    assert list(folder.iterdir()) == []


def test_wrong_settings_are_told_before_anything_starts(folder: Path) -> None:
    assert "PORT" in refused(folder, PORT="a lot")
    assert list(folder.iterdir()) == []


def test_in_production_the_demo_neither_runs_nor_deletes_anything(folder: Path, port: int) -> None:
    production = {
        "ENVIRONMENT": "production",
        "BASE_DOMAIN": "example.org",
        "MAIL_FROM": "no-reply@example.org",
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET": "j" * 40,
        "MASTER_KEYS": "1:" + "A" * 43 + "=",
        "PUBLIC_SCHEME": "https",
        "MAIL_URL": "smtp://localhost",
    }
    assert "ENVIRONMENT says production" in refused(folder, PORT=str(port), **production)
    assert list(folder.iterdir()) == []
    (folder / "instance" / "files").mkdir(parents=True)
    assert "ENVIRONMENT says production" in run_saas("demo", "--reset", folder=folder, **production).stderr
    assert (folder / "instance" / "files").exists()


def test_addresses_of_numbers_are_led_to_a_name_in_development_only(apex: Browser) -> None:
    assert apex.get("/").status_code == 200
    assert apex.get("/", headers={"Host": "127.0.0.1"}).status_code == 404


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
