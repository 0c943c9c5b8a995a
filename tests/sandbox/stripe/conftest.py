"""The sandbox on a port of its own, the real SDK that calls it, and an endpoint that webhooks are sent to."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import stripe
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store

SECRET = "whsec_sandbox"
MakeClient = Callable[..., stripe.StripeClient]


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
def client(sandbox: Running) -> MakeClient:
    """Makes clients of the SDK for this sandbox, with options of their own."""

    return partial(client_of, sandbox)


@pytest.fixture
def api(client: MakeClient) -> stripe.V1Services:
    """The SDK, talking to the sandbox; it does not repeat calls."""
    return client().v1


@pytest.fixture
def customer(api: stripe.V1Services) -> stripe.Customer:
    """A customer without a card."""
    return api.customers.create(params={"email": "ann@example.com"})


def client_of(sandbox: Running, key: str = "sk_test_sandbox", **options: Any) -> stripe.StripeClient:
    """A client of the SDK for a sandbox."""
    return stripe.StripeClient(key, base_addresses=sandbox.base_addresses, **options)


@dataclass
class Receiver:
    """An endpoint: what it got, in order, and the statuses it answers next (then 200)."""

    url: str = ""
    got: list[stripe.Event] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """The types of the events, in order of arrival."""
        return [event.type for event in self.got]

    def take(self, environ: Any, start_response: Any) -> Any:
        """Take an event whose signature is right."""
        request = Request(environ)
        signed = request.headers["Stripe-Signature"]
        self.got.append(stripe.Webhook.construct_event(request.get_data(), signed, SECRET))
        return Response(status=self.answers.pop(0) if self.answers else 200)(environ, start_response)


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint on a port of its own."""
    found = Receiver()
    server = make_server("127.0.0.1", 0, found.take, threaded=True, request_handler=Quiet)
    found.url = f"http://127.0.0.1:{server.server_port}/webhook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
