"""An organisation's security policy: how long sign-ins hold and from where people may come. It only ever narrows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

MOST_NETWORKS = 100
_MOST_FAULTS = 5
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SecurityPolicy:
    """What an organisation demands: None or nothing where it demands no more than the platform does.

    ``idle_minutes`` without a page and ``absolute_hours`` after signing in end a session; ``networks`` are the only ones
    from which people may come; ``methods`` the only ways to sign in.
    """

    idle_minutes: int | None = None
    absolute_hours: int | None = None
    networks: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "SecurityPolicy":
        """The policy as stored; what is unknown is left out."""
        return cls(
            stored.get("idle_minutes"),
            stored.get("absolute_hours"),
            tuple(stored.get("networks", ())),
            tuple(stored.get("methods", ())),
        )

    def stored_beside(self, others: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of it, only what it demands, beside whatever else was stored there."""
        demanded: dict[str, Any] = {
            "idle_minutes": self.idle_minutes,
            "absolute_hours": self.absolute_hours,
            "networks": list(self.networks),
            "methods": list(self.methods),
        }
        kept = {name: value for name, value in others.items() if name not in demanded}
        return kept | {name: value for name, value in demanded.items() if value}

    def ends(self, *, opened_at: datetime, seen_at: datetime, moment: datetime) -> bool:
        """Whether a session has come to its end."""
        idle = self.idle_minutes is not None and seen_at <= moment - timedelta(minutes=self.idle_minutes)
        old = self.absolute_hours is not None and opened_at <= moment - timedelta(hours=self.absolute_hours)
        return idle or old

    def told(self) -> str:
        """When sessions end, in words; empty where the organisation demands nothing."""
        idle = self.idle_minutes and f"after {in_words(minutes=self.idle_minutes)} without a page"
        old = self.absolute_hours and f"{in_words(minutes=60 * self.absolute_hours)} after signing in"
        return " and ".join(limit for limit in (idle, old) if limit)

    def lets_in(self, address: str | None) -> bool:
        """Whether somebody at an address may come; nobody without one while there is a list."""
        return not self.networks or _hold(self.networks, address or "")

    def allows(self, method: str) -> bool:
        """Whether one may sign in this way."""
        return not self.methods or method in self.methods


@lru_cache(maxsize=4096)
def _hold(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address is in one of the networks; each is asked for at every request, hence remembered."""
    try:
        came_from = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(came_from, IPv6Address) and came_from.ipv4_mapped:
        came_from = came_from.ipv4_mapped
    return any(came_from in network for network in _networks(networks))


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(network for text in texts if (network := read_network(text)) is not None)


def read_network(text: str) -> Network | None:
    """An address or a network in CIDR notation; None for what is neither. Bits behind the prefix are set to zero."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv4Network):
        return network
    if "%" in text:
        return None
    mapped = network.network_address.ipv4_mapped
    return ip_network((mapped, network.prefixlen - 96)) if mapped and network.prefixlen >= 96 else network


@dataclass(frozen=True, slots=True)
class NetworkList:
    """What somebody typed, one address or network a line: the networks in their usual spelling, and a sentence for each
    line that is neither."""

    networks: tuple[str, ...]
    faults: tuple[str, ...]

    @classmethod
    def read(cls, lines: Iterable[str]) -> "NetworkList":
        """Read lines; empty ones do not count, and one that was there already is left out."""
        networks: dict[str, None] = {}
        faults: list[str] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if network := read_network(line):
                networks[spelled(network)] = None
            else:
                faults.append(f"Line {number}: “{_shortened(line.strip())}” is not an address or a network.")
        if len(networks) > MOST_NETWORKS:
            faults.append(f"These are {len(networks)} networks; use at most {MOST_NETWORKS}.")
        return cls(tuple(networks), tuple(faults))

    @property
    def message(self) -> str:
        """The faults in one message; those beyond the first few are counted."""
        more = len(self.faults) - _MOST_FAULTS
        return " ".join(self.faults[:_MOST_FAULTS]) + (f" And {more} more." if more > 0 else "")


def spelled(network: Network) -> str:
    """A network's usual spelling; that of a single address is the address."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def everybody(networks: Iterable[str]) -> list[str]:
    """Those networks that hold every address of their kind, so that they keep nobody out."""
    return [text for text in networks if (network := read_network(text)) is not None and network.prefixlen == 0]


def in_words(*, minutes: int) -> str:
    """A time in the largest unit that gives a whole number; up to two days in hours."""
    size, noun = 1, "minute"
    if minutes % 60 == 0:
        size, noun = (1440, "day") if minutes % 1440 == 0 and minutes > 2880 else (60, "hour")
    return f"{minutes // size} {noun}" + ("" if minutes == size else "s")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
