"""Rate limits in Redis: counted for all web processes together while it answers, and by each alone while it does not."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from saas.core.settings import Settings
from tests.cast import Organisation
from tests.processes import Site, run_saas, serving

SERVER = shutil.which("redis-server")
TRIES = 5
"""As many wrong passwords as an account takes."""


@pytest.fixture
def redis(tmp_path: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A Redis server that answers on a socket in the folder of the test."""
    if SERVER is None:
        pytest.skip("redis-server is not there: apt install redis-server")
    socket = tmp_path / "redis.sock"
    command = [SERVER, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if _answers(socket):
                break
            threading.Event().wait(0.02)
        yield server
    finally:
        server.kill()
        server.wait()


def _answers(socket: Path) -> bool:
    try:
        with Redis(unix_socket_path=str(socket)) as client:
            return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """The settings of the tests' deployment for other processes, with a Redis in the folder of the test."""
    assert settings.database_url
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BASE_DOMAIN": settings.base_domain,
        "REDIS_URL": f"redis+unix://{tmp_path}/redis.sock",
    }


def guess(site: Site, organisation: Organisation, times: int) -> list[int]:
    """The statuses of so many guesses at the password of somebody unknown there."""
    email = f"nobody@{organisation.host}"
    return [site.sign_in(organisation.host, email, "not the password").status for _ in range(times)]


@pytest.mark.program("redis-server")
def test_processes_count_together_in_redis_and_alone_without(
    acme: Organisation, redis: "subprocess.Popen[bytes]", given: dict[str, str], tmp_path: Path
) -> None:
    with serving(**given) as here, serving(**given) as there:
        assert guess(here, acme, TRIES - 1) == [422] * (TRIES - 1)
        assert guess(there, acme, 2) == [422, 429]
        assert guess(here, acme, 1) == [429]
        assert "ok    Redis holds the rate limits" in run_saas("doctor", folder=tmp_path, **given).stdout
        redis.kill()
        redis.wait()
        assert guess(here, acme, TRIES + 1) == [422] * TRIES + [429]
        assert guess(there, acme, 1) == [422]
    doctor = run_saas("doctor", folder=tmp_path, **given)
    assert "fail  Redis does not answer; each process counts for itself meanwhile" in doctor.stdout
    assert doctor.returncode == 1
