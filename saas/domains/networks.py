"""Whose addresses and names some well-known ones are. They only decide words: what is not listed here is told by its value."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

CLOUDFLARE = tuple(
    map(
        ip_network,
        [
            "103.21.244.0/22",
            "103.22.200.0/22",
            "103.31.4.0/22",
            "104.16.0.0/13",
            "104.24.0.0/14",
            "108.162.192.0/18",
            "131.0.72.0/22",
            "141.101.64.0/18",
            "162.158.0.0/15",
            "172.64.0.0/13",
            "173.245.48.0/20",
            "188.114.96.0/20",
            "190.93.240.0/20",
            "197.234.240.0/22",
            "198.41.128.0/17",
            "2400:cb00::/32",
            "2405:8100::/32",
            "2405:b500::/32",
            "2606:4700::/32",
            "2803:f800::/32",
            "2a06:98c0::/29",
            "2c0f:f248::/32",
        ],
    )
)
"""What https://www.cloudflare.com/ips/ lists."""
PARKING = tuple(
    map(
        ip_network,
        [
            "34.98.99.30/32",
            "34.102.136.180/32",
            "91.195.240.0/23",
            "103.224.182.0/23",
            "162.255.119.0/24",
            "185.53.176.0/22",
            "192.64.119.0/24",
            "199.59.240.0/22",
        ],
    )
)
"""Where registrars and parking companies put domains that nobody uses yet."""
PARKING_NAMES = (
    "parkingpage.namecheap.com",
    "sedoparking.com",
    "parkingcrew.net",
    "bodis.com",
    "above.com",
    "afternic.com",
    "dan.com",
    "hugedomains.com",
)


def are_cloudflares(addresses: Iterable[str]) -> bool:
    """Whether there are addresses, and all of them those of Cloudflare's proxy."""
    return _within(addresses, CLOUDFLARE)


def are_parked(addresses: Iterable[str], names: Iterable[str]) -> bool:
    """Whether addresses, or names on the way to them, are those of a parking page."""
    ends = tuple(f".{name}" for name in PARKING_NAMES)
    return _within(addresses, PARKING) or any(f".{name}".endswith(ends) for name in names)


def _within(addresses: Iterable[str], networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    found = [ip_address(address) for address in addresses]
    return bool(found) and all(any(address in network for network in networks) for address in found)
