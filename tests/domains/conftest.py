"""The DNS sandbox on free ports, for the tests of domains."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from saas.sandbox.dns.server import Running, answering
from saas.sandbox.dns.zones import Zones


@dataclass
class Clock:
    """Time that passes only when it is told to, in seconds."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        """The present moment."""
        return self.seconds


@pytest.fixture
def dns_clock() -> Clock:
    """The clock by which the sandbox's resolvers forget."""
    return Clock()


@pytest.fixture
def dns_sandbox(dns_clock: Clock) -> Iterator[Running]:
    """The three resolvers of the sandbox: ``addresses`` says where they answer, ``zones`` holds what they know.

    The target ``custom.saas.example`` is at 198.51.100.7.
    """
    zones = Zones(hosts={"custom.saas.example": ["198.51.100.7"]})
    with answering(zones, clock=dns_clock) as running:
        yield running
