"""Asking for backtests, running them, deleting them."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from time import perf_counter
from uuid import UUID, uuid5

from sqlalchemy import select

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.ids import new_id
from saas.core.jobs import enqueue
from saas.modules.strategies.kinds import PERIODS
from saas.modules.strategies.models import Backtest, BacktestStatus, Exchange, Plan, Strategy
from saas.modules.strategies.module import ASKED, BACKTEST_DELETED, FINISHED, NAME, RUN
from saas.modules.strategies.operations.strategies import check_kind
from saas.modules.strategies.simulator import Found, minutes_of, simulate
from saas.usage.models import UsageEvent
from saas.usage.operations.consuming import Receipt, consume, give_back
from saas.usage.operations.trying import try_to_use
from saas.usage.uses import Use

BACKTEST_JOB = "strategies.backtest"
METER = "backtests_run"
RUNNER = Actor("job", "Runner of backtests")
LEAST_CAPITAL, MOST_CAPITAL = 100, 10_000_000


def ask_for_backtest(
    strategy: Strategy, *, days: int, capital: Decimal, number: UUID | None = None, actor: Actor
) -> Backtest:
    """Ask for a try of the strategy as it is now; it begins with the commit. Counts one backtest. ``number`` is the id that
    it will have: asked for twice, it is tried once. Another try that comes under the same number gets another id.

    Raises Invalid, FeatureLocked for an advanced kind, LimitReached, NotFound when it was deleted meanwhile, and
    Conflict for a number whose backtest was deleted.
    """
    actor.require(RUN)
    check_kind(strategy.kind)
    if days not in PERIODS:
        raise Invalid("Please choose one of these.", field="days")
    if not (capital.is_finite() and LEAST_CAPITAL <= capital <= MOST_CAPITAL):
        raise Invalid(f"Give an amount from {LEAST_CAPITAL} to {MOST_CAPITAL:,}.", field="capital")
    held = select(Strategy.id).where(Strategy.id == strategy.id).with_for_update(key_share=True)
    if db.session.scalar(held) is None:
        raise NotFound("This strategy was deleted.")
    backtest = plan_backtest(strategy, days=days, capital=capital)
    backtest.id = _free_for(backtest, number) if number else backtest.id
    if known := db.session.get(Backtest, backtest.id):
        return known
    backtest.asked_by_id = actor.id if actor.kind == "member" else None
    db.session.add(backtest)
    target = _target(backtest, strategy)
    record(ASKED, actor=actor, target=target, strategy=strategy.id, days=days, capital=str(capital))
    db.session.flush()
    enqueue(BACKTEST_JOB, backtest_id=str(backtest.id))
    resource = resource_of(backtest)
    receipt = consume(METER, actor=actor, module=NAME, resource=resource, key=resource)
    if receipt and receipt.again:
        raise Conflict("This backtest was deleted. Open the strategy again to run another.")
    return backtest


def _free_for(backtest: Backtest, number: UUID) -> UUID:
    """The id of a try that comes with a number: the number itself, unless another try came with it before."""
    known, asked = db.session.get(Backtest, number), (backtest.strategy_id, backtest.days, backtest.capital)
    if known is None or (known.strategy_id, known.days, known.capital) == asked:
        return number
    return uuid5(number, f"{backtest.strategy_id} {backtest.days} {backtest.capital.normalize()}")


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
    asked = select(Backtest.strategy_id).where(Backtest.id == backtest_id)
    strategy_id = db.session.scalar(asked)
    if strategy_id is None or not (held := _held(backtest_id, strategy_id)):
        return
    if held.finished_at is None:
        finish_backtest(held, db.session.get_one(Strategy, strategy_id))


def _held(backtest_id: UUID, strategy_id: UUID) -> Backtest | None:
    """A backtest as it is now, and nobody else changes it until the transaction ends; None when it is gone.

    Its strategy is held first, as everybody does, so that it stays: whoever deletes it finds what this transaction has stored.
    """
    db.session.execute(select(Strategy.id).where(Strategy.id == strategy_id).with_for_update(read=True, key_share=True))
    return db.session.get(Backtest, backtest_id, with_for_update=True, populate_existing=True)


def finish_backtest(backtest: Backtest, strategy: Strategy) -> None:
    """Follow the plan of a backtest and keep what came of it; counts the computing and the storage that it takes.

    Where the plan or the budget of the organisation has no room for these, the backtest fails and says so, and it does not
    count as one. For whoever holds it.
    """
    began = perf_counter()
    found = simulate(backtest.plan, days=backtest.days, capital=backtest.capital)
    backtest.finished_at = now()
    backtest.message = _count(backtest, found, duration_ms=round((perf_counter() - began) * 1000))
    if backtest.message:
        backtest.status = BacktestStatus.FAILED
        _count_no_more(backtest)
    else:
        _keep(backtest, found)
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


def _count(backtest: Backtest, found: Found, *, duration_ms: int) -> str:
    """Count what a try took; the sentence of the refusal where there is no room for all of it."""
    use = partial(Use, module=NAME, resource=resource_of(backtest), outcome="ok", user_id=backtest.asked_by_id)
    minutes = minutes_of(backtest.plan, backtest.days)
    computed = use("compute_minutes", minutes, duration_ms=duration_ms)
    return try_to_use((computed, use("storage_mb", found.storage_mb)), actor=RUNNER)


def _count_no_more(backtest: Backtest) -> None:
    """Give the backtest back that was counted when it was asked for."""
    event_id = db.session.scalar(select(UsageEvent.id).where(UsageEvent.key == resource_of(backtest)))
    if event_id and METER in catalogue().meters:
        receipt = Receipt(event_id, METER, used=Decimal(0), limit=None, cost=Decimal(0))
        give_back(receipt, actor=RUNNER)


def _keep(backtest: Backtest, found: Found) -> None:
    backtest.status, backtest.outcome = BacktestStatus.SUCCEEDED, found.outcome
    backtest.gain, backtest.drawdown, backtest.trades = found.gain, found.drawdown, found.trades
    backtest.compute_minutes = minutes_of(backtest.plan, backtest.days)
    backtest.storage_mb = found.storage_mb


def delete_backtest(backtest: Backtest, strategy: Strategy, *, actor: Actor) -> None:
    """Delete a backtest and give back the storage that it took; what it computed stays counted.

    Raises NotFound when somebody else deleted it meanwhile.
    """
    actor.require(RUN)
    if _held(backtest.id, strategy.id) is None:
        raise NotFound("This backtest was deleted.")
    record(BACKTEST_DELETED, actor=actor, target=_target(backtest, strategy), strategy=strategy.id, days=backtest.days)
    db.session.delete(backtest)
    db.session.flush()
    if backtest.storage_mb:
        consume(
            "storage_mb", -backtest.storage_mb, actor=actor, module=NAME, resource=resource_of(backtest), outcome="ok"
        )


def resource_of(backtest: Backtest) -> str:
    """What its use is about, and the key of the use that was counted when it was asked for."""
    return f"backtest:{backtest.id}"


def _target(backtest: Backtest, strategy: Strategy) -> Target:
    """A backtest of a strategy: backtests are no part of the strategy's own history, of which they would be the most."""
    return Target("backtest", backtest.id, strategy.name)
