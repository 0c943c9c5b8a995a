"""Reading what servers answer. Nothing of it is trusted but values: a few, short ones, of characters that can be shown."""

from collections.abc import Iterable, Iterator
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdata import Rdata

from saas.domains.answers import AUTHORITATIVE, Answer, Kind

MOST = 20
"""Values kept of an answer."""
LONGEST = 300
"""Characters kept of a value."""
_FAILURES = {dns.rcode.SERVFAIL: "servfail", dns.rcode.REFUSED: "refused"}


def read_message(message: dns.message.Message, resolver: str) -> Answer:
    """What a message says to the one question that it answers."""
    code = message.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(resolver, "failed", reason=_FAILURES.get(code, "refused"))
    if resolver == AUTHORITATIVE and not message.flags & dns.flags.AA:
        return Answer(resolver, "failed", reason="servers")
    try:
        return _read(message, resolver, "no_such_name" if code == dns.rcode.NXDOMAIN else "nothing")
    except (dns.exception.DNSException, ValueError):
        return Answer(resolver, "failed", reason="malformed")


def _read(message: dns.message.Message, resolver: str, empty: Kind) -> Answer:
    if not isinstance(message, dns.message.QueryMessage):
        return Answer(resolver, "failed", reason="malformed")
    found = message.resolve_chaining()
    chain = _limited(_host(target) for cname in found.cnames for target in _values_of(cname))
    values = _limited(map(_text, found.answer)) if found.answer else ()
    return Answer(resolver, "found" if values else empty, values, chain, min(found.minimum_ttl, 2**31 - 1))


def texts_of(message: dns.message.Message, type: str) -> list[str]:
    """The values of one type among the answers of a message, in alphabetical order."""
    wanted = dns.rdatatype.from_text(type)
    return sorted(_limited(_text(rdata) for rrset in message.answer if rrset.rdtype == wanted for rdata in rrset))


def zone_in(message: dns.message.Message, name: str) -> str | None:
    """The zone that a name belongs to, as the answer to a question for its SOA record tells."""
    asked = dns.name.from_text(name)
    for rrset in [*message.answer, *message.authority]:
        if rrset.rdtype == dns.rdatatype.SOA and asked.is_subdomain(rrset.name) and rrset.name != dns.name.root:
            return _host(rrset.name)
    return None


def _values_of(cname: Any) -> Iterator[dns.name.Name]:
    for rdata in cname:
        yield rdata.target


def _text(rdata: Rdata) -> str:
    """A value as people write it; the parts of a long text are joined, and quotation marks are those that were typed."""
    match rdata.rdtype:
        case dns.rdatatype.TXT:
            return b"".join(getattr(rdata, "strings", ())).decode("utf-8", "replace")
        case dns.rdatatype.NS | dns.rdatatype.CNAME:
            return _host(getattr(rdata, "target", dns.name.root))
        case _:
            return rdata.to_text()


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _limited(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_shown(text) for text, _ in zip(texts, range(MOST), strict=False)))


def _shown(text: str) -> str:
    """Without what cannot be shown, and not too long; either is seen, so that such a value equals no right one."""
    plain = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[: LONGEST + 1])
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
