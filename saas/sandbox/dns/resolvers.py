"""The resolvers of the sandbox: each remembers for its own time what it learnt, also that there was nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from dns.rdataclass import IN

from saas.sandbox.dns.entries import TTL, Entry
from saas.sandbox.dns.zones import SERVER, Found, Zones

LINKS = 8
"""CNAMEs that are followed, one after the other."""
PLAIN = 512
"""Bytes of an answer over UDP for those who ask without EDNS."""


@dataclass
class Resolver:
    """Answers for all zones. What it was asked it remembers for ``seconds``, as ``clock`` counts them; 0: it never does.

    Asked without recursion it is a zone's own server, and remembers nothing.
    """

    zones: Zones
    seconds: float = 0.0
    clock: Callable[[], float] = monotonic
    _known: dict[tuple[str, str], tuple[Found, float]] = field(default_factory=dict)

    def forget(self) -> None:
        """Remember nothing of what was asked so far."""
        self._known.clear()

    def respond(self, wire: bytes, *, over_tcp: bool) -> bytes | None:
        """The answer to what came in; None where there is none to give, as for what is no question."""
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError, EOFError):
            return None
        if query.flags & dns.flags.QR or not (answer := self._answer(query)):
            return None
        most = 65_535 if over_tcp else max(PLAIN, query.payload if query.edns >= 0 else PLAIN)
        try:
            return answer.to_wire(max_size=most)
        except dns.exception.TooBig:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA if query.flags & dns.flags.RD else dns.flags.AA
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1 or query.question[0].rdclass != IN:
            answer.set_rcode(dns.rcode.NOTIMP)
            return answer
        return self._follow(query, answer)

    def _follow(self, query: dns.message.Message, answer: dns.message.Message) -> dns.message.Message | None:
        """Go from CNAME to CNAME until there is what was asked for, or an end."""
        recursive, trusting = bool(query.flags & dns.flags.RD), bool(query.flags & dns.flags.CD)
        name, type = _text(query.question[0].name), dns.rdatatype.to_text(query.question[0].rdtype)
        for _ in range(LINKS):
            found, ttl = self._look(name, type) if recursive else (self.zones.look(name, type), TTL)
            if found.trouble == "silent":
                return None
            if found.trouble == "servfail" or (found.trouble == "dnssec" and recursive and not trusting):
                answer.answer.clear()
                answer.set_rcode(dns.rcode.SERVFAIL)
                return answer
            if not found.entries:
                answer.set_rcode(dns.rcode.NOERROR if found.exists else dns.rcode.NXDOMAIN)
                answer.authority.append(_rrset(found.zone, [_soa(found.zone)], ttl))
                return answer
            answer.answer.append(_rrset(name, [_rdata(entry) for entry in found.entries], ttl))
            if type == "CNAME" or found.entries[0].type != "CNAME":
                return answer
            name = found.entries[0].value.strip().rstrip(".").lower()
        answer.set_rcode(dns.rcode.SERVFAIL)
        return answer

    def _look(self, name: str, type: str) -> tuple[Found, int]:
        """What is remembered, else what there is; and for how many seconds it may be kept."""
        if not self.seconds:
            return self.zones.look(name, type), TTL
        now = self.clock()
        found, until = self._known.get((name, type), (None, 0.0))
        if found is None or until <= now:
            found, until = self.zones.look(name, type), now + self.seconds
            self._known[name, type] = found, until
        return found, ceil(until - now)


def _rrset(name: str, rdatas: list[dns.rdata.Rdata], ttl: int) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(dns.name.from_text(name), ttl, rdatas)


def _rdata(entry: Entry) -> dns.rdata.Rdata:
    if entry.type == "SOA":
        return _soa(entry.name)
    return dns.rdata.from_text("IN", "NS", f"{entry.value}.") if entry.type == "NS" else entry.rdata()


def _soa(zone: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text("IN", "SOA", f"{SERVER}. hostmaster.{zone}. 1 3600 600 604800 {TTL}")


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
