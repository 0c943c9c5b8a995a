"""Exchanges, strategies, backtests and trades to show, made from a seed and never beyond what the plan has room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from uuid import UUID

from saas.core.actor import Actor
from saas.core.clock import ago, now
from saas.core.database import db
from saas.members.demo import actor_of
from saas.modules.strategies.kinds import KINDS, PERIODS
from saas.modules.strategies.models import Exchange, Status, Strategy
from saas.modules.strategies.module import ADVANCED, NAME, RUN
from saas.modules.strategies.operations.backtests import METER, finish_backtest, plan_backtest, resource_of
from saas.modules.strategies.operations.exchanges import add_exchange
from saas.modules.strategies.operations.strategies import Draft, create_strategy, set_status
from saas.modules.strategies.operations.trading import trade
from saas.tenancy.entitlements import entitlements
from saas.usage.operations.consuming import consume

EXCHANGES = (("kestrel", "Main account"), ("northport", "Euro desk"), ("halyard", "Reserve"))
TRADES_A_DAY = 2


@dataclass(frozen=True, slots=True)
class Told:
    """A strategy of the demo, with the backtests it has in a usual month."""

    name: str
    kind: str
    market: str
    exchange: int
    status: str
    tries: int
    parameters: tuple[tuple[str, str], ...] = ()


STRATEGIES = (
    Told("Ride the trend", "moving_average", "BTC-USD", 0, Status.LIVE, 6, (("fast", "24"), ("slow", "96"))),
    Told("Catch the falling knife", "buy_the_dip", "SOL-USD", 0, Status.PAUSED, 4),
    Told("Slow and steady", "moving_average", "ETH-EUR", 1, Status.LIVE, 3, (("fast", "48"), ("slow", "240"))),
    Told("Back to normal", "mean_reversion", "ETH-USD", 0, Status.LIVE, 8, (("window", "120"), ("deviations", "2.5"))),
    Told("Twins", "pairs", "BTC-EUR", 1, Status.LIVE, 5),
    Told("Go with the flow", "momentum", "SOL-USD", 2, Status.DRAFT, 2),
)


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Fill the tenant in scope, once: its people (ids of accounts) try strategies over the last days; live ones trade."""
    if not entitlements().uses_module(NAME):
        return
    random, until = Random(seed), now()  # noqa: S311 (nothing secret comes of it)
    with ago(timedelta(days=days)):
        made = _make(actor_of(people[0]))
    testers = [actor for actor in map(actor_of, people) if actor.can(RUN)]
    for told, strategy in made:
        for at in _moments(random, until, days, told.tries / 30):
            with ago(until - at):
                _try(random, strategy, random.choice(testers))
        if strategy.status == Status.LIVE:
            for at in _moments(random, until, days, TRADES_A_DAY):
                with ago(until - at):
                    trade([strategy])
        db.session.flush()


def _make(owner: Actor) -> list[tuple[Told, Strategy]]:
    """The exchanges and strategies that the plan has room for, with kinds that it holds."""
    granted = entitlements()
    places: list[Exchange] = [
        add_exchange(venue=venue, label=label, actor=owner)
        for venue, label in islice(EXCHANGES, granted.limit("exchanges"))
    ]
    fitting = [
        told
        for told in STRATEGIES
        if told.exchange < len(places) and (granted.allows(ADVANCED) or not KINDS[told.kind].advanced)
    ]
    return [(told, _strategy(told, places, owner)) for told in islice(fitting, granted.limit("strategies"))]


def _strategy(told: Told, places: Sequence[Exchange], owner: Actor) -> Strategy:
    usual = {one.name: one.default for one in KINDS[told.kind].parameters}
    draft = Draft(told.name, places[told.exchange].id, told.market, told.kind, usual | dict(told.parameters))
    strategy = create_strategy(draft, actor=owner)
    if told.status != Status.DRAFT:
        set_status(strategy, told.status, actor=owner)
    return strategy


def _try(random: Random, strategy: Strategy, actor: Actor) -> None:
    capital = Decimal(random.choice((1_000, 5_000, 10_000, 25_000)))
    backtest = plan_backtest(strategy, days=random.choice(tuple(PERIODS)), capital=capital)
    backtest.asked_by_id = actor.id
    db.session.add(backtest)
    db.session.flush()
    resource = resource_of(backtest)
    consume(METER, actor=actor, module=NAME, resource=resource, key=resource)
    finish_backtest(backtest, strategy)


def _moments(random: Random, until: datetime, days: int, a_day: float) -> Iterator[datetime]:
    """Moments of the last days, oldest first, so many on an average day."""
    count = round(days * a_day * random.uniform(0.8, 1.2))
    span = timedelta(days=days) - timedelta(minutes=30)
    yield from sorted(until - timedelta(minutes=5) - span * random.random() for _ in range(count))
