"""Adding and removing exchanges."""

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.modules.strategies.kinds import VENUES
from saas.modules.strategies.models import NAME_LENGTH, Exchange
from saas.modules.strategies.module import CONNECT, EXCHANGE_ADDED, EXCHANGE_REMOVED
from saas.modules.strategies.queries import count_exchanges, strategies_by_exchange
from saas.tenancy.limits import hold
from saas.tenancy.names import clean_name


def add_exchange(*, venue: str, label: str = "", actor: Actor) -> Exchange:
    """Add an exchange; without a label it is called as the exchange is. Raises Invalid, and LimitReached by the plan."""
    actor.require(CONNECT)
    hold("exchanges", count_exchanges)
    if venue not in VENUES:
        raise Invalid("Please choose one of these.", field="venue")
    name = clean_name(label.strip() or VENUES[venue].label, field="label", longest=NAME_LENGTH)
    exchange = Exchange(venue=venue, label=name)
    db.session.add(exchange)
    db.session.flush()
    record(EXCHANGE_ADDED, actor=actor, target=_target(exchange), venue=venue)
    return exchange


def remove_exchange(exchange: Exchange, *, actor: Actor) -> None:
    """Remove an exchange; raises Conflict while strategies trade on it."""
    actor.require(CONNECT)
    if count := strategies_by_exchange().get(exchange.id, 0):
        some = "A strategy trades" if count == 1 else f"{count} strategies trade"
        raise Conflict(f"{some} on {exchange.label}. Move or delete what trades there first.")
    record(EXCHANGE_REMOVED, actor=actor, target=_target(exchange), venue=exchange.venue)
    db.session.delete(exchange)


def _target(exchange: Exchange) -> Target:
    return Target("exchange", exchange.id, exchange.label)
