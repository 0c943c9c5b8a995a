"""The embedded PostgreSQL: real servers, each in a folder of its own."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from saas.sandbox.postgres import PostgresError, Server, ensure_database, remove_server

from .conftest import Run, Wait

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB"}

START = """
import sys
from pathlib import Path
from saas.sandbox.postgres import Server
with Server.start(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"}) as server:
    print("owned" if server.owned else "connected", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def data_dir(wait_until: Wait) -> Iterator[Path]:
    """A data folder to be, in a folder that every account may pass; removed once its server is gone."""
    with tempfile.TemporaryDirectory(prefix="pg-test-") as name:
        Path(name).chmod(0o755)
        path = Path(name, "postgres")
        yield path
        wait_until(lambda: removed(path))


def removed(path: Path) -> bool:
    """Whether the server over `path` could be removed: not while it still runs."""
    try:
        remove_server(path)
    except PostgresError:
        return False
    return True


def postmaster(data_dir: Path) -> int:
    """The process id of the server."""
    return int((data_dir / "postmaster.pid").read_text().split()[0])


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def note(url: str, line: str) -> None:
    """Write a line into the database, committed."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (line text)")
        connection.execute("INSERT INTO notes VALUES (%s)", (line,))


def notes(url: str) -> list[str]:
    """The lines written."""
    with psycopg.connect(url) as connection:
        return [line for (line,) in connection.execute("SELECT line FROM notes ORDER BY line")]


def test_a_restart_keeps_the_data_and_the_passwords(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK) as server:
        url = ensure_database(server, "shop")
        note(url, "first")
        assert server.running
    assert not server.running
    with Server.start(data_dir, settings=QUICK) as server:
        assert ensure_database(server, "shop") == url
        assert notes(url) == ["first"]


def test_sqlalchemy_and_psycopg_accept_the_same_address(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK) as server:
        url = ensure_database(server, "shop")
        engine = create_engine(url)
        with engine.connect() as connection:
            seen = connection.execute(text("SELECT current_user || '@' || current_database()")).scalar_one()
        engine.dispose()
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_user || '@' || current_database()").fetchone()
        assert (seen, row) == ("saas@shop", ("saas@shop",))


def test_the_server_is_version_18_with_the_settings_asked_for(data_dir: Path) -> None:
    with (
        Server.start(data_dir, settings=QUICK) as server,
        psycopg.connect(server.dsn("postgres")) as connection,
    ):
        row = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'),"
            " current_setting('max_locks_per_transaction'), current_setting('listen_addresses'),"
            " (SELECT datlocale FROM pg_database WHERE datname = 'postgres')"
        ).fetchone()
    assert row == (18, "off", "512", "", "C.UTF-8")


def test_the_owner_makes_roles_and_databases_but_is_no_superuser(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK) as server:
        with psycopg.connect(ensure_database(server, "shop"), autocommit=True) as connection:
            connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'a /?&word'")
            connection.execute("CREATE DATABASE second")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE ROLE king SUPERUSER")
        with psycopg.connect(server.dsn("second", "visitor", "a /?&word")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("visitor",)


def test_a_wrong_password_is_refused(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK) as server:
        ensure_database(server, "shop")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn("shop", "saas", "guess"))


def test_data_password_and_socket_are_closed_to_others(data_dir: Path) -> None:
    before = mode(data_dir.parent)
    with Server.start(data_dir, settings=QUICK) as server:
        assert mode(data_dir) == mode(server.place.socket_folder()) == 0o700
        assert mode(server.passwords.path) == mode(server.place.log) == 0o600
    assert mode(data_dir.parent) == before


def test_the_server_never_runs_as_root(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK):
        owner = Path(f"/proc/{postmaster(data_dir)}").stat().st_uid
    assert owner == data_dir.stat().st_uid
    assert owner == os.geteuid() or os.geteuid() == 0
    assert owner != 0


def test_a_folder_closed_to_other_accounts_stays_closed_and_works(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    with Server.start(data_dir, settings=QUICK) as server:
        note(ensure_database(server, "shop"), "first")
    with Server.start(data_dir, settings=QUICK) as server:
        assert notes(ensure_database(server, "shop")) == ["first"]
    assert mode(data_dir.parent) == 0o700


def test_a_long_path_gets_a_short_private_socket_folder_that_goes_with_the_server(data_dir: Path) -> None:
    long = data_dir.parent / ("long" * 30) / "postgres"
    with Server.start(long, settings=QUICK) as server:
        folder = server.place.socket_folder()
        assert len(str(folder)) < 80
        assert mode(folder) == 0o700
        note(ensure_database(server, "shop"), "first")
    assert not folder.exists()


def test_a_killed_server_recovers_at_the_next_start(data_dir: Path, wait_until: Wait) -> None:
    with Server.start(data_dir, settings={**QUICK, "fsync": "on", "synchronous_commit": "on"}) as server:
        url = ensure_database(server, "shop")
        note(url, "committed")
        os.kill(postmaster(data_dir), signal.SIGKILL)
        wait_until(lambda: not server.running)
        with Server.start(data_dir, settings=QUICK) as successor:
            assert successor.owned
            assert notes(url) == ["committed"]


def test_a_pid_file_that_names_a_living_stranger_does_not_hinder_a_start(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK):
        pid_file = (data_dir / "postmaster.pid").read_text()
    stranger = pid_file.replace(pid_file.split()[0], str(os.getppid()), 1)
    (data_dir / "postmaster.pid").write_text(stranger)
    with Server.start(data_dir, settings=QUICK) as server:
        assert server.running


def test_the_server_goes_with_its_killed_starter(data_dir: Path, run_python: Run, wait_until: Wait) -> None:
    starter = run_python(START, data_dir)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "owned\n"
    pid = postmaster(data_dir)
    starter.kill()
    wait_until(lambda: not is_alive(pid))


def test_the_server_goes_with_its_killed_guard(data_dir: Path, wait_until: Wait) -> None:
    with Server.start(data_dir, settings=QUICK):
        pid = postmaster(data_dir)
        guard = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(guard, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid))


def test_a_second_process_only_connects(data_dir: Path, run_python: Run) -> None:
    with Server.start(data_dir, settings=QUICK) as server:
        guest = run_python(START, data_dir)
        assert guest.communicate("leave\n", timeout=60)[0] == "connected\n"
        assert server.running


def test_of_many_that_start_at_once_one_owns_the_server(data_dir: Path, run_python: Run) -> None:
    processes = [run_python(START, data_dir) for _ in range(4)]
    answers = [process.stdout.readline() for process in processes if process.stdout]
    assert sorted(answers) == ["connected\n"] * 3 + ["owned\n"]


def test_a_folder_of_something_else_is_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / "letter").write_text("dear")
    with pytest.raises(PostgresError, match="not a PostgreSQL data folder"):
        Server.start(data_dir, settings=QUICK)
    assert (data_dir / "letter").read_text() == "dear"


def test_a_setting_that_postgres_refuses_is_shown(data_dir: Path) -> None:
    with pytest.raises(PostgresError, match="no_such_setting"):
        Server.start(data_dir, settings={**QUICK, "no_such_setting": "1"})
    with Server.start(data_dir, settings=QUICK) as server:
        assert server.running


def test_removing_a_server_leaves_nothing_and_a_running_one_is_not_removed(data_dir: Path) -> None:
    with Server.start(data_dir, settings=QUICK):
        with pytest.raises(PostgresError, match="running"):
            remove_server(data_dir)
        assert data_dir.exists()
    remove_server(data_dir)
    assert list(data_dir.parent.iterdir()) == []
