"""Reads about exchanges, strategies and backtests, in the tenant's scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import joinedload, undefer

from saas.core.database import db
from saas.core.errors import NotFound
from saas.modules.strategies.kinds import KINDS
from saas.modules.strategies.models import Backtest, BacktestStatus, Exchange, Status, Strategy

SORTABLE = {
    "name": func.lower(Strategy.name),
    "market": Strategy.market,
    "status": Strategy.status,
    "trades": Strategy.trades,
    "updated": Strategy.updated_at,
}
BACKTESTS_SORTABLE = {
    "queued": Backtest.queued_at,
    "days": Backtest.days,
    "gain": Backtest.gain,
    "drawdown": Backtest.drawdown,
}
"""What lists can be ordered by, under the names that addresses use."""


def find_strategies(*, q: str = "", status: str = "", kind: str = "") -> Select[Strategy]:
    """Strategies with their exchanges whose name or market holds a text; an unknown status or kind counts as none."""
    query = select(Strategy).options(joinedload(Strategy.exchange))
    if q:
        query = query.where(Strategy.name.icontains(q, autoescape=True) | Strategy.market.icontains(q, autoescape=True))
    if kind in KINDS:
        query = query.where(Strategy.kind == kind)
    return query.where(Strategy.status == status) if status in set(Status) else query


def get_strategy(strategy_id: UUID, *, to_change: bool = False) -> Strategy:
    """A strategy with its exchange, locked when it is about to change; raises NotFound."""
    query = find_strategies().where(Strategy.id == strategy_id)
    held = query.with_for_update(of=Strategy) if to_change else query
    strategy = db.session.scalars(held).one_or_none()
    if strategy is None:
        raise NotFound
    return strategy


def list_live() -> Sequence[Strategy]:
    """The strategies that trade, locked; one that somebody else is changing is left out."""
    query = select(Strategy).where(Strategy.status == Status.LIVE).order_by(Strategy.id)
    return db.session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all()


def count_strategies() -> int:
    """How many strategies there are, whatever their status."""
    return db.session.scalar(select(func.count()).select_from(Strategy)) or 0


def count_strategies_of(user_id: UUID) -> int:
    """How many strategies somebody has made."""
    return db.session.scalar(select(func.count()).select_from(Strategy).where(Strategy.made_by_id == user_id)) or 0


def list_exchanges() -> Sequence[Exchange]:
    """The exchanges, by their labels."""
    return db.session.scalars(select(Exchange).order_by(func.lower(Exchange.label), Exchange.id)).all()


def strategies_by_exchange() -> dict[UUID, int]:
    """How many strategies trade on each exchange that has any."""
    query = select(Strategy.exchange_id, func.count()).group_by(Strategy.exchange_id)
    return {row[0]: row[1] for row in db.session.execute(query)}


def get_exchange(exchange_id: UUID, *, to_change: bool = False) -> Exchange:
    """An exchange, locked when it is about to go; raises NotFound."""
    exchange = db.session.get(Exchange, exchange_id, with_for_update=to_change or None)
    if exchange is None:
        raise NotFound
    return exchange


def count_exchanges() -> int:
    """How many exchanges there are."""
    return db.session.scalar(select(func.count()).select_from(Exchange)) or 0


def find_backtests(strategy_id: UUID) -> Select[Backtest]:
    """A strategy's backtests with the people who asked for them."""
    return select(Backtest).where(Backtest.strategy_id == strategy_id).options(joinedload(Backtest.asked_by))


def get_backtest(strategy_id: UUID, backtest_id: UUID) -> Backtest:
    """A backtest of this strategy with all it found; raises NotFound."""
    query = find_backtests(strategy_id).where(Backtest.id == backtest_id).options(undefer(Backtest.outcome))
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def latest_backtest(strategy_id: UUID) -> Backtest | None:
    """The newest backtest that came to a good end, with all it found."""
    query = find_backtests(strategy_id).where(Backtest.status == BacktestStatus.SUCCEEDED)
    newest = query.order_by(Backtest.queued_at.desc()).limit(1).options(undefer(Backtest.outcome))
    return db.session.scalars(newest).one_or_none()


@dataclass(frozen=True, slots=True)
class Latest:
    """How a strategy's newest finished backtest went: its gain as a part of 1, over so many days, and when."""

    gain: Decimal
    days: int
    queued_at: datetime


def latest_gains(strategy_ids: Iterable[UUID]) -> dict[UUID, Latest]:
    """The newest finished backtest of each strategy that has one; reads one of each, however many there are."""
    newest = (
        select(Backtest.gain, Backtest.days, Backtest.queued_at)
        .where(Backtest.strategy_id == Strategy.id, Backtest.status == BacktestStatus.SUCCEEDED)
        .order_by(Backtest.queued_at.desc())
        .limit(1)
        .lateral()
    )
    query = select(Strategy.id, newest).join(newest, true()).where(Strategy.id.in_(strategy_ids))
    return {row[0]: Latest(*row[1:]) for row in db.session.execute(query)}


def stored_mb(strategy_id: UUID) -> Decimal:
    """What the stored backtests of a strategy take."""
    query = select(func.coalesce(func.sum(Backtest.storage_mb), 0)).where(Backtest.strategy_id == strategy_id)
    return Decimal(db.session.scalar(query) or 0)


@dataclass(frozen=True, slots=True)
class Desk:
    """How all strategies stand: how many there are, how many are live, how much they traded."""

    strategies: int
    live: int
    trades: int


def get_desk() -> Desk:
    """How all strategies stand, in one statement."""
    row = db.session.execute(_DESK).one()
    return Desk(*row)


_S = Strategy.__table__.c
_DESK = select(
    func.count(),
    func.count().filter(_S.status == Status.LIVE),
    func.coalesce(func.sum(_S.trades), 0),
).select_from(Strategy.__table__)
_A_BACKTEST = select(Backtest.__table__.c.id).limit(1)


def has_backtests() -> bool:
    """Whether any strategy has ever been tried here."""
    return db.session.execute(_A_BACKTEST).first() is not None
