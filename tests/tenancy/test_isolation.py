"""Isolation under load: no row of another tenant is ever read, on few connections, behind a pooler, without roles."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from pydantic import SecretStr
from sqlalchemy import select

from saas.core.database import db
from saas.core.logins import Login
from saas.core.runtime import install, runtime
from saas.sandbox.postgres import ensure_database
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_work
from tests.tenancy.isolation import serve_from, storm, with_canaries

ROOT = Path(__file__).resolve().parents[2]
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture(scope="module")
def fifty(app) -> list[Tenant]:
    """Fifty organisations, each with its canary."""
    return with_canaries(50)


def test_fifty_tenants_sixteen_threads_three_connections(fifty, settings, monkeypatch):
    engine = serve_from(settings)
    monkeypatch.setattr(db, "guarded", engine)
    outcome = storm(fifty, threads=16, rounds=60)
    assert outcome["well"] > 400
    assert outcome["aborted"] > 100
    assert engine.pool.checkedout() == 0
    held = [engine.pool.connect() for _ in range(3)]
    for connection in held:
        driver = connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert driver.info.transaction_status == TransactionStatus.IDLE
        login = f"{settings.role_prefix}_app"
        assert driver.execute("SELECT current_user::text, current_setting('search_path')").fetchone() == (login, '""')
    for connection in held:
        connection.close()
    engine.dispose()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may pass and whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="bouncer-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def pooler(app, settings, folder, wait_until) -> Iterator[str]:
    """PgBouncer in transaction mode with one server connection; gives the web login's address behind it."""
    if PGBOUNCER is None:
        pytest.skip("PgBouncer is not installed; on Debian: apt install pgbouncer")
    parts = urlsplit(settings.login(Login.APP))
    name, password = unquote(parts.username), unquote(parts.password)
    target = parse_qs(parts.query)
    database = parts.path.strip("/")
    (folder / "users.txt").write_text(f'"{name}" "{password}"\n')
    (folder / "bouncer.ini").write_text(f"""
[databases]
{database} = host={target["host"][0]} port={target["port"][0]} dbname={database}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 1
max_client_conn = 100
logfile = {folder}/log
pidfile = {folder}/pid
""")
    process = subprocess.Popen(_as_somebody(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: (folder / ".s.PGSQL.6432").exists() or process.poll() is not None)
    assert process.poll() is None, (folder / "log").read_text()
    yield f"postgresql://{name}:{password}@/{database}?host={folder}&port=6432"
    process.terminate()
    process.wait()


def _as_somebody(folder: Path) -> list[str]:
    """PgBouncer refuses to run as root; then it runs as whoever owns the server's socket."""
    command = [PGBOUNCER, "-q", str(folder / "bouncer.ini")]
    if os.geteuid() != 0:
        return command
    user = "postgres" if _exists("postgres") else "nobody"
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user)
    return ["setpriv", f"--reuid={user}", "--clear-groups", *command]


def _exists(user: str) -> bool:
    return subprocess.run(["id", user], capture_output=True).returncode == 0


@pytest.mark.program("pgbouncer")
def test_the_same_behind_a_pooler_that_shares_one_server_connection(fifty, settings, pooler, monkeypatch):
    engine = serve_from(settings, pooler, pool_size=8, tenants_per_connection=1000)
    monkeypatch.setattr(db, "guarded", engine)
    outcome = storm(fifty, threads=16, rounds=40)
    assert outcome["well"] > 250
    assert outcome["aborted"] > 60
    with platform_work() as session:
        assert len(session.scalars(select(Tenant.id)).all()) >= 50
    engine.dispose()


@pytest.mark.program("pgbouncer")
def test_the_doctor_sees_the_pooler_and_its_mode(saas, pooler):
    before = runtime()
    install(replace(before, settings=before.settings.model_copy(update={"app_database_url": SecretStr(pooler)})))
    try:
        output = saas("doctor").output
    finally:
        install(before)
    assert "ok    A pooler stands before the web login, in transaction mode" in output
    assert "ok    The web login's default path is empty" in output


@pytest.mark.program("pgbouncer")
def test_the_doctor_sees_nothing_where_there_is_none(saas):
    assert "pooler stands" not in saas("doctor").output


def test_the_same_in_a_deployment_without_roles_for_tenants(server, worker_name, tmp_path):
    url = ensure_database(server, f"test_{worker_name}_roles_off")
    command = [sys.executable, "-m", "tests.tenancy.isolation", url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-3000:]
    outcome, standing, keys, roles = done.stdout.splitlines()
    assert "'well'" in outcome
    assert "'aborted'" in outcome
    assert standing.startswith(f"('test_{worker_name}_roles_off_app', 't_")
    assert (keys, roles) == ("1", "(0,)")
