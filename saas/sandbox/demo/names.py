"""The demo's DNS: the stand-in beside web and worker, unless resolvers are given."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from saas.core.settings import INSTANCE, Settings
from saas.sandbox.demo import note
from saas.sandbox.demo.ground import given_settings
from saas.sandbox.supervisor import Program

FOLDER = INSTANCE / "dns"
HOST = "127.0.0.1"
AFTER = 2
"""How many ports behind the demo's own the first one is: between them is that of payments."""
RESOLVERS = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Where the stand-in answers: its page on ``web_port``, its resolvers on ``ports``. With ``own_addresses`` domains are to
    lead to those that are given, else to this machine."""

    web_port: int
    ports: tuple[int, ...]
    own_addresses: bool = False

    @classmethod
    def prepare(cls, given: Settings) -> Self | None:
        """On the ports behind the demo's and that of payments, or free ones. None where resolvers are given."""
        if "dns_resolvers" in given.model_fields_set:
            _place().unlink(missing_ok=True)
            return None
        web_port, *ports = _free_ports(given.port + AFTER, 1 + RESOLVERS)
        made = cls(web_port, tuple(ports), "custom_domain_addresses" in given.model_fields_set)
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        _place().write_text(json.dumps(asdict(made)))
        return made

    @property
    def url(self) -> str:
        """Where records are entered."""
        return f"http://{HOST}:{self.web_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which the product asks the stand-in."""
        asked = {"DNS_RESOLVERS": ",".join(f"{HOST}:{port}" for port in self.ports)}
        return asked if self.own_addresses else {**asked, "CUSTOM_DOMAIN_ADDRESSES": HOST}

    def program(self) -> Program:
        """The stand-in as a process of its own; people are not kept waiting for it."""
        command = [sys.executable, "-m", "saas.sandbox.dns", "--web-port", str(self.web_port)]
        ports = (part for port in self.ports for part in ("--port", str(port)))
        return Program("dns", [*command, *ports, "--data", str(FOLDER / "zones.json")], waits=True)


def adopt() -> None:
    """For commands run by hand in development: while the demo runs, and no resolvers are named, they ask the demo's."""
    with suppress(FileNotFoundError, ValueError):
        kept = json.loads(_place().read_text())
        given = given_settings()
        if note.running() and given.environment == "development" and "dns_resolvers" not in given.model_fields_set:
            found = Names(kept["web_port"], tuple(kept["ports"]), "custom_domain_addresses" in given.model_fields_set)
            os.environ.update(found.environment)


def _place() -> Path:
    return FOLDER / "place.json"


def _free_ports(first: int, count: int) -> list[int]:
    """Ports from ``first`` on; others where programs use them."""
    with ExitStack() as held:
        return [_held(held, port) for port in range(first, first + count)]


def _held(held: ExitStack, wanted: int) -> int:
    """A port that is free for both protocols, and held until ``held`` is closed, so that none is found twice."""
    for port in _tries(wanted):
        with suppress(OSError, OverflowError), ExitStack() as both:
            packets = both.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            stream = both.enter_context(socket.socket())
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stream.bind((HOST, port))
            packets.bind((HOST, stream.getsockname()[1]))
            held.push(both.pop_all())
            return int(packets.getsockname()[1])
    raise OSError("no port is free")


def _tries(wanted: int) -> Iterator[int]:
    yield wanted
    yield from [0] * 20
