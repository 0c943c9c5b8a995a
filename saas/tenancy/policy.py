"""An organisation's security policy: how long sign-ins hold and from where people may come. It only ever narrows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network


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

    def ends(self, *, opened_at: datetime, seen_at: datetime, moment: datetime) -> bool:
        """Whether a session has come to its end."""
        idle = self.idle_minutes is not None and seen_at <= moment - timedelta(minutes=self.idle_minutes)
        old = self.absolute_hours is not None and opened_at <= moment - timedelta(hours=self.absolute_hours)
        return idle or old

    def lets_in(self, address: str | None) -> bool:
        """Whether somebody at an address may come; nobody without one while there is a list."""
        if not self.networks:
            return True
        try:
            came_from = ip_address(address or "")
        except ValueError:
            return False
        return any(came_from in network for network in _networks(self.networks))

    def allows(self, method: str) -> bool:
        """Whether one may sign in this way."""
        return not self.methods or method in self.methods


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)
