"""The sandbox on a port of the loopback interface, for tests and for a demo."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from werkzeug.serving import WSGIRequestHandler, make_server

from saas.sandbox.stripe.http import create_sandbox
from saas.sandbox.stripe.store import Store

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers at `url`."""

    store: Store
    url: str

    @property
    def base_addresses(self) -> dict[str, str]:
        """What to give to `stripe.StripeClient`."""
        return {"api": self.url, "files": self.url, "meter_events": self.url, "connect": self.url}


@contextmanager
def serving(store: Store, port: int = 0) -> Iterator[Running]:
    """Answer on a port (0: a free one) until the block ends."""
    server = make_server(HOST, port, create_sandbox(store), threaded=True, request_handler=_Quiet)
    store.address = f"http://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Running(store, store.address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
