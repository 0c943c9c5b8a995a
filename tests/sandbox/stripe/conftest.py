"""The sandbox on a port of its own, and the real SDK that calls it."""

from collections.abc import Iterator

import pytest
import stripe

from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """An empty sandbox, for one test."""
    with serving(Store()) as running:
        yield running


@pytest.fixture
def store(sandbox: Running) -> Store:
    """What the sandbox knows."""
    return sandbox.store


@pytest.fixture
def api(sandbox: Running) -> stripe.V1Services:
    """The SDK, talking to the sandbox; it does not repeat calls."""
    return client_of(sandbox).v1


def client_of(sandbox: Running, **options: object) -> stripe.StripeClient:
    """A client of the SDK for this sandbox."""
    return stripe.StripeClient("sk_test_sandbox", base_addresses=sandbox.base_addresses, **options)  # type: ignore[arg-type]
