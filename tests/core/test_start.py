"""How programs start and how they do not: with wrong settings, and without a database. Nobody is shown a traceback."""

from pathlib import Path

import pytest

from saas.sandbox.postgres import Server, ensure_database
from tests.processes import free_port, run_saas, serving, start_web

WRONG = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "mysql://owner:hunter2@db.example.com/saas",
    "BASE_DOMAIN": "exa mple",
    "PORT": "http",
    "JWT_SECRET": "j" * 32,
}
TOLD = ("DATABASE_URL: must be", "BASE_DOMAIN: must be", "PORT: must be", "SECRET_KEY: production needs", "MAIL_URL: ")
AWAY = "postgresql://owner:hunter2@127.0.0.1:{port}/saas"


def check_notice(told: str) -> None:
    """All faults stand in one message, without a traceback and without a secret."""
    assert told.count("The settings do not allow a start:") == 1, told
    for fault in TOLD:
        assert told.count(f"\n  {fault}") == 1, told
    assert "Traceback" not in told
    assert "hunter2" not in told


@pytest.mark.parametrize("command", [("migrate",), ("worker",), ("tenants", "list"), ("run",)], ids=" ".join)
def test_commands_tell_every_wrong_setting_at_once(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run_saas(*command, folder=tmp_path, **WRONG)
    assert done.returncode == 2
    check_notice(done.stderr)
    assert done.stdout == ""


def test_a_web_server_with_wrong_settings_ends_and_says_why() -> None:
    server = start_web(free_port(), **WRONG)
    told, _ = server.communicate(timeout=60)
    assert server.returncode != 0
    check_notice(told)


def test_with_settings_that_hold_it_serves() -> None:
    with serving(DATABASE_URL=AWAY.format(port=free_port())) as site:
        assert site.open("localhost", "/health/live").status == 200


@pytest.mark.parametrize("command", [("migrate",), ("tenants", "list"), ("tenants", "health")], ids=" ".join)
def test_a_database_that_is_away_is_told_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    port = free_port()
    done = run_saas(*command, folder=tmp_path, DATABASE_URL=AWAY.format(port=port))
    assert done.returncode == 1
    reason = f'connection to server at "127.0.0.1", port {port} failed: Connection refused'
    assert done.stderr == f"Error: The database cannot be used: {reason} (`saas doctor` looks further)\n"


def test_the_doctor_tells_it_once_for_all_logins(tmp_path: Path) -> None:
    done = run_saas("doctor", folder=tmp_path, DATABASE_URL=AWAY.format(port=free_port()))
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("fail")]
    assert line.startswith("fail  The owner, app and jobs logins cannot connect: ")
    assert "Connection refused" in line
    assert "Traceback" not in done.stderr


def test_a_database_that_was_not_set_up_is_told_and_the_doctor_says_what_sets_it_up(
    server: Server, worker_name: str, tmp_path: Path
) -> None:
    url = ensure_database(server, f"start_{worker_name}")
    first = run_saas("tenants", "list", folder=tmp_path, DATABASE_URL=url)
    assert first.returncode == 1
    assert first.stderr.startswith("Error: The database cannot be used: ")
    assert (
        "→ Run `saas migrate`, which makes this login" in run_saas("doctor", folder=tmp_path, DATABASE_URL=url).stdout
    )
    assert run_saas("migrate", folder=tmp_path, DATABASE_URL=url, SPARE_SCHEMAS="1").returncode == 0
    again = run_saas("tenants", "list", folder=tmp_path, DATABASE_URL=url)
    assert (again.returncode, again.stderr) == (0, "")
