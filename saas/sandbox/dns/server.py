"""The resolvers on ports of the loopback interface, over UDP and TCP."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from struct import pack, unpack
from time import monotonic
from typing import Any

from saas.sandbox.dns.resolvers import Resolver
from saas.sandbox.dns.zones import Zones

HOST = "127.0.0.1"
AGES = (0.0, 10.0, 30.0)
"""For how many seconds each of the resolvers remembers what it was asked."""
TRIES = 20
"""Ports that are tried until one is free for both protocols."""
SILENCE = 5.0
"""Seconds after which a connection without a question is closed."""


@dataclass(frozen=True, slots=True)
class Running:
    """Resolvers that answer, at addresses such as ``127.0.0.1:8004``."""

    zones: Zones
    resolvers: tuple[Resolver, ...]
    addresses: tuple[str, ...]

    def forget(self) -> None:
        """Have all resolvers remember nothing."""
        for resolver in self.resolvers:
            resolver.forget()


@contextmanager
def answering(
    zones: Zones, ports: Sequence[int] = (0, 0, 0), *, clock: Callable[[], float] = monotonic
) -> Iterator[Running]:
    """Answer on these ports (0: a free one) until the block ends; raises OSError for one that is taken."""
    resolvers = tuple(Resolver(zones, seconds, clock) for seconds in AGES[: len(ports)])
    with ExitStack() as stack:
        found = [stack.enter_context(_listening(*one)) for one in zip(resolvers, ports, strict=True)]
        yield Running(zones, resolvers, tuple(f"{HOST}:{port}" for port in found))


@contextmanager
def _listening(resolver: Resolver, port: int) -> Iterator[int]:
    servers = _servers(resolver, port)
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield int(servers[0].socket.getsockname()[1])
    finally:
        for server in servers:
            server.shutdown()
        for thread in threads:
            thread.join()
        for server in servers:
            server.server_close()


def _servers(resolver: Resolver, port: int) -> "tuple[_Packets, _Streams]":
    """One for each protocol, on the same port."""
    for last in range(TRIES, 0, -1):
        packets = _Packets((HOST, port), _Packet)
        packets.resolver = resolver
        try:
            streams = _Streams((HOST, packets.socket.getsockname()[1]), _Stream)
        except OSError:
            packets.server_close()
            if port or last == 1:
                raise
            continue
        streams.resolver = resolver
        return packets, streams
    raise OSError("no port is free")


class _Packets(socketserver.ThreadingUDPServer):
    resolver: Resolver
    daemon_threads = True
    max_packet_size = 65_535


class _Streams(socketserver.ThreadingTCPServer):
    resolver: Resolver
    daemon_threads = True
    allow_reuse_address = True


class _Packet(socketserver.BaseRequestHandler):
    """One question in a packet."""

    def handle(self) -> None:
        """Answer it."""
        assert isinstance(self.server, _Packets)
        wire, sender = self.request
        if answer := self.server.resolver.respond(wire, over_tcp=False):
            sender.sendto(answer, self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    """Questions on a connection, each after its length."""

    timeout = SILENCE

    def handle(self) -> None:
        """Answer them until the other side has no more."""
        assert isinstance(self.server, _Streams)
        try:
            while len(length := self.rfile.read(2)) == 2:
                answer: Any = self.server.resolver.respond(self.rfile.read(*unpack("!H", length)), over_tcp=True)
                if answer is None:
                    return
                self.wfile.write(pack("!H", len(answer)) + answer)
        except OSError:
            return
