"""The command that runs the sandbox by itself."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe

from tests.processes import free_port
from tests.sandbox.conftest import Wait
from tests.sandbox.stripe.conftest import SECRET, Receiver

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command with arguments; what still runs after the test is ended."""
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "saas", "sandbox", "stripe", *map(str, arguments)]
        pipe = subprocess.PIPE
        made = subprocess.Popen(command, env=os.environ | environment, stdout=pipe, stderr=pipe, text=True)
        running.append(made)
        return made

    yield run
    for process in running:
        process.kill()
        process.communicate()


def test_it_runs_sends_webhooks_and_finds_its_state_again(
    start: Start, receiver: Receiver, tmp_path: Path, wait_until: Wait
) -> None:
    port = free_port()
    arguments = ("--port", port, "--data", tmp_path / "stripe.json")
    hooks = ("--webhook-url", receiver.url, "--webhook-secret", SECRET)
    api = stripe.StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"}).v1
    first = start(*arguments, *hooks)
    assert first.stdout is not None
    assert str(port) in first.stdout.readline()
    made = api.customers.create(params={"name": "Ann"})
    wait_until(lambda: receiver.types == ["customer.created"])
    first.terminate()
    assert first.wait(20) == 0
    second = start(*arguments)
    assert second.stdout is not None
    second.stdout.readline()
    assert api.customers.retrieve(made.id).name == "Ann"
    assert len(api.webhook_endpoints.list().data) == 1


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"STRIPE_SECRET_KEY": "sk_live_abc"}, "live key"),
        ({"STRIPE_API_KEY": "rk_live_abc"}, "live key"),
        ({"ENVIRONMENT": "production"}, "production"),
    ],
)
def test_it_refuses_production_and_live_keys(start: Start, environment: dict[str, str], words: str) -> None:
    refused = start("--port", free_port(), **environment)
    _, told = refused.communicate(timeout=30)
    assert refused.returncode != 0
    assert words in told
