"""The sandbox on a port of the loopback interface, for tests and for a demo."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from saas.sandbox.serving import serving_app
from saas.sandbox.stripe.http import create_sandbox
from saas.sandbox.stripe.store import Store


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
    with serving_app(create_sandbox(store), port) as url:
        store.address = url
        yield Running(store, url)
