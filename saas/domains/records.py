"""Which records a domain needs, and how its holder's DNS provider wants them written."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from saas.domains.zones import zone_of

Purpose = Literal["ownership", "pointing"]

PROOF = "_domain-verify"
"""The label under which the proof of ownership stands, before the host."""
TOKEN = "domain-verify="  # noqa: S105 - what stands before the token in the record


@dataclass(frozen=True, slots=True)
class Record:
    """One record to be entered: its type, its full name, its value, and what it is there for."""

    type: str
    name: str
    value: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Claim:
    """A host that somebody claims, by its ``token``; it is to point to the ``target``, or where that cannot be to ``addresses``.

    Of one that is ``spared`` the proof is looked for, too, but it is no fault that it is not there.
    """

    host: str
    token: str
    target: str
    addresses: tuple[str, ...] = ()
    spared: bool = False


def records_for(claim: Claim) -> tuple[Record, ...]:
    """The proof first, then what makes the host point here: a CNAME, or addresses where the host is a zone's own name."""
    proof = Record("TXT", f"{PROOF}.{claim.host}", f"{TOKEN}{claim.token}", "ownership")
    if not is_apex(claim.host):
        return proof, Record("CNAME", claim.host, claim.target, "pointing")
    return proof, *(Record(type_of(address), claim.host, address, "pointing") for address in claim.addresses)


def type_of(address: str) -> str:
    """The type of record that holds an address."""
    return "A" if ip_address(address).version == 4 else "AAAA"


def is_apex(host: str) -> bool:
    """Whether a host is the very name that was registered, which can have no CNAME."""
    return host == zone_of(host)


def relative_name(record: Record, zone: str | None = None) -> str:
    """The name as most DNS providers want it, without the zone: ``portal``; ``@`` for the zone itself."""
    zone = zone or zone_of(record.name)
    return "@" if record.name == zone else record.name.removesuffix(f".{zone}")
