"""Networks: what one customer of an internet provider holds."""

from ipaddress import IPv6Address, ip_address, ip_network

from flask import request


def network_of(address: str) -> str:
    """The network that a connection comes from: an IPv4 address itself, of IPv6 the /64 that one customer holds."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped) if known.ipv4_mapped else str(ip_network((known, 64), strict=False))
    return str(known)


def client_network() -> str:
    """The network that this request comes from: the key of every limit on strangers."""
    return network_of(request.remote_addr or "")
