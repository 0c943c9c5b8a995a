"""The door: an organisation may take visitors from certain networks only. Whoever is turned away is told so, and it is recorded."""

from functools import partial

from limits import parse

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.network import client_network
from saas.tenancy.directory import Entry
from saas.tenancy.module import ADDRESS_REFUSED
from saas.tenancy.policy import SecurityPolicy
from saas.web.errors import AddressRefused
from saas.web.gates import Gate, TooMany
from saas.web.unit import afterwards, forget_afterwards
from saas.web.visit import Visit

RECORDED_FROM_A_NETWORK = parse("1 per hour")
RECORDED_IN_ALL = parse("60 per hour")


def check_address(found: Visit, policy: SecurityPolicy) -> None:
    """Raise AddressRefused for a visitor whose address the policy does not let in; the session is not in use by that.

    The address is that of the connection, or what our own proxies say it is; never what a visitor claims.
    """
    entry, address = found.arrival.tenant, found.actor.address
    if entry is None or policy.lets_in(address):
        return
    forget_afterwards()
    afterwards(partial(_record, entry, found.actor))
    raise AddressRefused(address or "")


def _record(entry: Entry, actor: Actor) -> None:
    """Add the refusal to the organisation's log, once an hour for each network, so that strangers cannot fill it."""
    seen = Gate.of(
        (RECORDED_FROM_A_NETWORK, f"{entry.id} refused {client_network()}"), (RECORDED_IN_ALL, f"{entry.id} refused")
    )
    try:
        seen.take()
    except TooMany:
        return
    record(ADDRESS_REFUSED, actor=actor, target=Target("organisation", entry.id, entry.name))
