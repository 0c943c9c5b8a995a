"""Entries of a zone as they are typed into a provider's form, and what is wrong with them."""

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Self

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

TYPES = ("A", "AAAA", "CNAME", "TXT", "CAA", "MX")
PROXIES = {"A": "104.21.7.7", "AAAA": "2606:4700:3030::6815:707"}
"""What stands in place of a proxied entry: addresses of Cloudflare's."""
TTL = 300
_HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")


class Refused(Exception):
    """What was typed cannot be; ``field`` says where it was typed, the message why."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: its full name, type and value exactly as typed; ``proxied`` entries answer with the addresses of a proxy."""

    name: str
    type: str
    value: str
    proxied: bool = False
    id: str = field(default_factory=lambda: token_hex(4))

    @classmethod
    def typed(cls, zone: str, name: str, type: str, value: str, *, proxied: bool = False) -> Self:
        """The entry that a form means: the zone is appended to the name, also to one that ends with it; raises Refused."""
        if type not in TYPES:
            raise Refused("Please choose one of the types.", "type")
        made = cls(full_name(zone, name), type, value, proxied and type in (*PROXIES, "CNAME"))
        if not value.strip():
            raise Refused("Please enter a value.", "value")
        try:
            made.rdata()
        except (dns.exception.DNSException, ValueError):
            raise Refused(f"This is no value of a record of the type {type}.", "value") from None
        return made

    def rdata(self) -> dns.rdata.Rdata:
        """The value for the wire; raises what dnspython does for one that is none."""
        if self.type == "TXT":
            raw = self.value.encode()
            return TXT(
                dns.rdataclass.IN, dns.rdatatype.TXT, [raw[start : start + 255] for start in range(0, len(raw), 255)]
            )
        text = self.value.strip()
        return dns.rdata.from_text("IN", self.type, f"{text.rstrip('.')}." if self.type in ("CNAME", "MX") else text)


def full_name(zone: str, typed: str) -> str:
    """The name that is meant by what stands in the field for names: ``@`` or nothing for the zone, ``a.b.`` for exactly ``a.b``."""
    name = typed.strip().lower()
    if name in ("", "@"):
        return zone
    full = name[:-1] if name.endswith(".") else f"{name}.{zone}"
    if not _HOST.fullmatch(full) or not (full == zone or full.endswith(f".{zone}")):
        raise Refused("Use letters, digits, dashes and dots; a name that ends with a dot must lie in the zone.", "name")
    return full


def zone_name(typed: str) -> str:
    """A domain as it is kept; raises Refused."""
    name = typed.strip().lower().removesuffix(".")
    if not _HOST.fullmatch(name) or "." not in name:
        raise Refused("Enter a domain such as example.com, without scheme and path.", "zone")
    return name
