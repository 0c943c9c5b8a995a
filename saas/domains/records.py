"""Which records a domain needs, and how its holder's DNS provider wants them written."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

Purpose = Literal["ownership", "pointing"]

PROOF = "_domain-verify"
"""The label under which the proof of ownership stands, before the host."""
TOKEN = "domain-verify="  # noqa: S105 - what stands before the token in the record
_REGISTRIES = {
    "uk": "ac co gov ltd me net nhs org plc police sch",
    "au": "asn com edu gov id net org",
    "jp": "ac ad co ed go gr lg ne or",
    "nz": "ac co geek gen govt health iwi kiwi maori net org school",
    "br": "adv art blog com eco edu gov ind inf net org tv",
    "kr": "ac co go ne or pe re",
    "in": "ac co edu firm gen gov ind net org res",
    "za": "ac co gov law net org web",
    "il": "ac co gov muni net org",
    "th": "ac co go in net or",
    "id": "ac biz co go my net or sch web",
    "at": "ac co gv or",
    "hu": "co info org",
    "pl": "biz com edu gov info net org",
    "tr": "bel biz com edu gen gov info net org web",
    "ua": "com edu gov in net org",
    "ke tz ug": "ac co go ne or",
    "es": "com edu gob nom org",
    "cr": "ac co ed fi go or sa",
    "it": "edu gov",
    "ar bd bo cn co cy do ec eg gh gt hk hn jm kh kw lb mt mx my ng ni np om pa pe ph pk pr py qa sa sg sv tw uy ve vn": (
        "com edu gob gov mil net org"
    ),
}
SECOND_LEVELS = {
    country: frozenset(words.split()) for countries, words in _REGISTRIES.items() for country in countries.split()
}
"""Where names are registered at the third level: by country, the words of the second."""


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


def zone_of(host: str) -> str:
    """The registered name that a host belongs to: ``example.co.uk`` for ``portal.example.co.uk``.

    It is guessed from a small list of registries. It decides the words of advice, and whether a CNAME or addresses are
    asked for, and which lookalikes are neighbours; never who owns anything.
    """
    labels = host.split(".")
    below = len(labels) > 2 and labels[-2] in SECOND_LEVELS.get(labels[-1], ())
    return ".".join(labels[-3 if below else -2 :])


def relative_name(record: Record, zone: str | None = None) -> str:
    """The name as most DNS providers want it, without the zone: ``portal``; ``@`` for the zone itself."""
    zone = zone or zone_of(record.name)
    return "@" if record.name == zone else record.name.removesuffix(f".{zone}")
