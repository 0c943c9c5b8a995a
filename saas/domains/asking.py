"""Asking the DNS of the world: several resolvers by their addresses, and the servers of the domain itself."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from threading import Lock
from time import monotonic

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from saas.core.runtime import settings
from saas.core.settingsforms import place_of, split_list
from saas.domains.answers import AUTHORITATIVE, Answer, Ask, Question
from saas.domains.reading import read_message, texts_of, zone_in
from saas.domains.zones import zone_of

__all__ = ["AUTHORITATIVE", "Answer", "Ask", "Question", "ask_all", "asker"]

AT_ONCE = 40
"""Questions that are open at the same time."""
PATIENCE = 1.5
"""Seconds that one question may take, and once more over TCP where the answer was too long."""
TOTAL = 4.0
"""Seconds for all questions of an examination."""
PAYLOAD = 1232
"""Bytes of an answer that pass every network in one piece."""

_Place = tuple[str, int]


def asker() -> Ask:
    """Who asks the resolvers of the settings, for one examination that begins now: all of it ends within TOTAL."""
    return Resolvers(split_list(settings().dns_resolvers))


def ask_all(ask: Ask, questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answers to many questions, which are asked at the same time."""
    wanted = list(dict.fromkeys(questions))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = pool.map(lambda one: ask.ask(one.resolver, one.name, one.type), wanted)
        return dict(zip(wanted, answers, strict=True))


class _Late(Exception):
    """There is no time left."""


class Resolvers:
    """Resolvers given as ``address`` or ``address:port``. Questions that come ``total`` seconds after the making fail at once."""

    def __init__(self, resolvers: Iterable[str], *, patience: float = PATIENCE, total: float = TOTAL) -> None:
        self.resolvers = tuple(resolvers)
        self._patience, self._end = patience, monotonic() + total
        self._servers: dict[str, _Place | None] = {}
        self._looking = Lock()

    def ask(self, resolver: str, name: str, type: str) -> Answer:
        """The answer; whatever goes wrong is a failed one."""
        place = place_of(resolver) if resolver != AUTHORITATIVE else self._server_of(name)
        if place is None:
            return Answer(resolver, "failed", reason="servers")
        found = self._message(place, name, type, recursive=resolver != AUTHORITATIVE)
        if isinstance(found, str):
            return Answer(resolver, "failed", reason=found)
        answer = read_message(found, resolver)
        if answer.reason == "servfail" and self._is_distrusted(place, name, type):
            return Answer(resolver, "failed", reason="dnssec")
        return answer

    def _is_distrusted(self, place: _Place, name: str, type: str) -> bool:
        """Whether a resolver that failed has an answer when it is asked not to check signatures."""
        found = self._message(place, name, type, flags=dns.flags.CD)
        return not isinstance(found, str) and found.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)

    def _message(
        self, place: _Place, name: str, type: str, *, recursive: bool = True, flags: int = 0
    ) -> dns.message.Message | str:
        """What came back, or why nothing did."""
        try:
            query = dns.message.make_query(name, type, use_edns=0, payload=PAYLOAD)
            query.flags = (query.flags | flags) if recursive else query.flags & ~dns.flags.RD
            return self._send(query, place)
        except _Late:
            return "late"
        except dns.exception.Timeout:
            return "timeout"
        except OSError:
            return "unreachable"
        except (dns.exception.DNSException, EOFError, ValueError):
            return "malformed"

    def _send(self, query: dns.message.Message, place: _Place) -> dns.message.Message:
        """Ask over UDP; what does not fit there, over TCP. Packets that answer another question are passed over."""
        address, port = place
        try:
            return dns.query.udp(
                query,
                address,
                self._left(),
                port,
                ignore_unexpected=True,
                ignore_errors=True,
                raise_on_truncation=True,
            )
        except dns.message.Truncated:
            return dns.query.tcp(query, address, self._left(), port)

    def _left(self) -> float:
        left = min(self._patience, self._end - monotonic())
        if left <= 0:
            raise _Late
        return left

    def _server_of(self, name: str) -> _Place | None:
        """A server of the zone that a name belongs to; looked for once."""
        with self._looking:
            zone = zone_of(name)
            if zone not in self._servers:
                places = (self._server_by(resolver, name) for resolver in self.resolvers)
                self._servers[zone] = next((place for place in places if place), None)
            return self._servers[zone]

    def _server_by(self, resolver: str, name: str) -> _Place | None:
        """A server as a resolver knows it."""
        place = place_of(resolver)
        found = self._message(place, name, "SOA")
        if isinstance(found, str):
            return None
        servers = self._texts(place, zone_in(found, name) or zone_of(name), "NS")
        addresses = (address for server in servers[:2] for address in self._texts(place, server, "A"))
        return next((_asked_at(address, place) for address in addresses if _may_ask(address, place)), None)

    def _texts(self, place: _Place, name: str, type: str) -> list[str]:
        found = self._message(place, name, type)
        return [] if isinstance(found, str) else texts_of(found, type)


def _may_ask(address: str, resolver: _Place) -> bool:
    """Strangers say where the servers of their domains are, so never into our own network; a resolver on this machine may."""
    found = ip_address(address)
    return (found.is_global and not found.is_multicast) or (found.is_loopback and _is_here(resolver))


def _asked_at(address: str, resolver: _Place) -> _Place:
    """A server on this machine listens where the resolver does that knows of it, as the sandbox does."""
    return address, resolver[1] if ip_address(address).is_loopback else 53


def _is_here(place: _Place) -> bool:
    return ip_address(place[0]).is_loopback
