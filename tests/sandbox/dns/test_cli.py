"""The sandbox as a process of its own, by hand and beside the demo."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from saas.domains.asking import Resolvers
from saas.sandbox.demo import names, note
from saas.sandbox.demo.ground import given_settings
from saas.sandbox.demo.names import Names
from saas.sandbox.dns.cli import dns
from saas.sandbox.dns.server import AGES
from tests.processes import environment
from tests.sandbox.conftest import Run


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("DNS_RESOLVERS", "CUSTOM_DOMAIN_ADDRESSES", "CUSTOM_DOMAIN_TARGET", "BASE_DOMAIN", "ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_production_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "saas.sandbox.dns.cli.given_settings", lambda: given_settings().model_copy(update={"environment": "production"})
    )
    answer = CliRunner().invoke(dns)
    assert (answer.exit_code, "ENVIRONMENT says production" in answer.output) == (1, True)


def test_there_is_a_port_for_each_resolver_or_none_is_given() -> None:
    answer = CliRunner().invoke(dns, ["--port", "5311"])
    assert (answer.exit_code, "3 times" in answer.output) == (2, True)


def test_beside_the_demo_it_answers_for_the_target_and_keeps_its_zones(own_folder: Path) -> None:
    made = Names.prepare(given_settings())
    assert made is not None
    assert len({made.web_port, *made.ports}) == 1 + len(AGES)
    process = subprocess.Popen(
        [*made.program().command],
        cwd=own_folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f"edited at {made.url}/" in process.stdout.readline()
        addresses = made.environment["DNS_RESOLVERS"].split(",")
        asked = Resolvers(addresses, patience=10, total=60)
        assert [asked.ask(one, "custom.localhost", "A").values for one in addresses] == [("127.0.0.1",)] * 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_taken_port_is_told(run_python: Run) -> None:
    holder = run_python(
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    assert holder.stdout is not None
    port = holder.stdout.readline().strip()
    answer = CliRunner().invoke(dns, ["--port", port, "--port", port, "--port", port])
    assert (answer.exit_code, "taken by another program" in answer.output) == (1, True)


def test_resolvers_of_ones_own_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Names.prepare(given_settings()) is not None
    monkeypatch.setenv("DNS_RESOLVERS", "9.9.9.9")
    assert Names.prepare(given_settings()) is None
    assert not Path("instance/dns/place.json").exists()


def test_addresses_of_ones_own_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Names.prepare(given_settings())
    assert made is not None
    assert made.environment["CUSTOM_DOMAIN_ADDRESSES"] == "127.0.0.1"
    monkeypatch.setenv("CUSTOM_DOMAIN_ADDRESSES", "192.0.2.7")
    own = Names.prepare(given_settings())
    assert own is not None
    assert "CUSTOM_DOMAIN_ADDRESSES" not in own.environment


def test_commands_by_hand_ask_the_demos_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os; from saas.sandbox.demo.names import adopt; adopt(); print(os.environ.get('DNS_RESOLVERS'))"

    def asked(**settings: str) -> str:
        run = [sys.executable, "-c", code]
        return subprocess.run(
            run, env=environment(**settings), capture_output=True, text=True, check=True
        ).stdout.strip()

    made = Names.prepare(given_settings())
    assert made is not None
    assert json.loads((names.FOLDER / "place.json").read_text())["web_port"] == made.web_port
    assert asked() == "None"
    with note.held(note.Running(8000, os.devnull)):
        assert asked() == made.environment["DNS_RESOLVERS"]
        assert asked(DNS_RESOLVERS="9.9.9.9") == "9.9.9.9"
