"""Asking for backtests, running them, deleting them."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter
from uuid import UUID

from sqlalchemy import select

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.core.ids import new_id
from saas.core.jobs import enqueue
from saas.modules.strategies.kinds import PERIODS
from saas.modules.strategies.models import Backtest, BacktestStatus, Exchange, Plan, Strategy
from saas.modules.strategies.module import ASKED, BACKTEST_DELETED, FINISHED, NAME, RUN
from saas.modules.strategies.operations.strategies import check_kind
from saas.modules.strategies.simulator import Found, minutes_of, simulate
from saas.tenancy.limits import LimitReached
from saas.usage.operations.consuming import consume

BACKTEST_JOB = "strategies.backtest"
RUNNER = Actor("job", "Runner of backtests")
LEAST_CAPITAL, MOST_CAPITAL = 100, 10_000_000


def ask_for_backtest(strategy: Strategy, *, days: int, capital: Decimal, actor: Actor) -> Backtest:
    """Ask for a try of the strategy as it is now; it begins with the commit. Counts one backtest.

    Raises Invalid, FeatureLocked for an advanced kind, LimitReached, and NotFound when it was deleted meanwhile.
    """
    actor.require(RUN)
    check_kind(strategy.kind)
    if days not in PERIODS:
        raise Invalid("Please choose one of these.", field="days")
    if not (capital.is_finite() and LEAST_CAPITAL <= capital <= MOST_CAPITAL):
        raise Invalid(f"Give an amount from {LEAST_CAPITAL} to {MOST_CAPITAL:,}.", field="capital")
    if db.session.scalar(select(Strategy.id).where(Strategy.id == strategy.id).with_for_update(read=True)) is None:
        raise NotFound("This strategy was deleted.")
    backtest = plan_backtest(strategy, days=days, capital=capital)
    backtest.asked_by_id = actor.id if actor.kind == "member" else None
    db.session.add(backtest)
    target = _target(backtest, strategy)
    record(ASKED, actor=actor, target=target, strategy=strategy.id, days=days, capital=str(capital))
    db.session.flush()
    enqueue(BACKTEST_JOB, backtest_id=str(backtest.id))
    consume("backtests_run", actor=actor, module=NAME, resource=_resource(backtest))
    return backtest


def plan_backtest(strategy: Strategy, *, days: int, capital: Decimal) -> Backtest:
    """A try of the strategy as it is now, up to yesterday, waiting for its turn."""
    exchange = db.session.get_one(Exchange, strategy.exchange_id)
    plan: Plan = {
        "kind": strategy.kind,
        "venue": exchange.venue,
        "market": strategy.market,
        "parameters": dict(strategy.parameters),
        "last_day": (now() - timedelta(days=1)).date().isoformat(),
    }
    return Backtest(id=new_id(), strategy_id=strategy.id, plan=plan, days=days, capital=capital, queued_at=now())


def run_backtest(backtest_id: UUID) -> None:
    """Run a backtest that was asked for; nothing is left to do for one that ended or is gone."""
    backtest = db.session.get(Backtest, backtest_id, with_for_update=True)
    if backtest is None or backtest.finished_at:
        return
    finish_backtest(backtest, db.session.get_one(Strategy, backtest.strategy_id))


def finish_backtest(backtest: Backtest, strategy: Strategy) -> None:
    """Follow the plan of a backtest and keep what came of it; counts the computing and the storage that it takes.

    Where the plan of the organisation has no room for these, the backtest fails and says so.
    """
    began = perf_counter()
    found = simulate(backtest.plan, days=backtest.days, capital=backtest.capital)
    backtest.finished_at = now()
    try:
        _count(backtest, found, duration_ms=round((perf_counter() - began) * 1000))
        _keep(backtest, found)
    except LimitReached as refused:
        backtest.status, backtest.message = BacktestStatus.FAILED, refused.message
    record(
        FINISHED,
        actor=RUNNER,
        target=_target(backtest, strategy),
        strategy=strategy.id,
        status=backtest.status,
        message=backtest.message,
        trades=backtest.trades,
    )
    db.session.flush()


def _count(backtest: Backtest, found: Found, *, duration_ms: int) -> None:
    minutes = minutes_of(backtest.plan, backtest.days)
    resource, person = _resource(backtest), backtest.asked_by_id
    consume(
        "compute_minutes",
        minutes,
        actor=RUNNER,
        module=NAME,
        resource=resource,
        outcome="ok",
        duration_ms=duration_ms,
        user_id=person,
    )
    backtest.compute_minutes = minutes
    consume("storage_mb", found.storage_mb, actor=RUNNER, module=NAME, resource=resource, outcome="ok", user_id=person)


def _keep(backtest: Backtest, found: Found) -> None:
    backtest.status, backtest.outcome = BacktestStatus.SUCCEEDED, found.outcome
    backtest.gain, backtest.drawdown, backtest.trades = found.gain, found.drawdown, found.trades
    backtest.storage_mb = found.storage_mb


def delete_backtest(backtest: Backtest, strategy: Strategy, *, actor: Actor) -> None:
    """Delete a backtest and give back the storage that it took; what it computed stays counted."""
    actor.require(RUN)
    record(BACKTEST_DELETED, actor=actor, target=_target(backtest, strategy), strategy=strategy.id, days=backtest.days)
    db.session.delete(backtest)
    db.session.flush()
    if backtest.storage_mb:
        consume(
            "storage_mb", -backtest.storage_mb, actor=actor, module=NAME, resource=_resource(backtest), outcome="ok"
        )


def _resource(backtest: Backtest) -> str:
    return f"backtest:{backtest.id}"


def _target(backtest: Backtest, strategy: Strategy) -> Target:
    """A backtest of a strategy: backtests are no part of the strategy's own history, of which they would be the most."""
    return Target("backtest", backtest.id, strategy.name)
