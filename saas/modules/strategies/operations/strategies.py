"""Making, changing and deleting strategies; setting them live and pausing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.modules.strategies.kinds import KINDS, MARKETS, describe, faults_of
from saas.modules.strategies.models import NAME_LENGTH, Exchange, Status, Strategy
from saas.modules.strategies.module import ADVANCED, CHANGED, CREATED, DELETE, DELETED, EDIT, NAME
from saas.modules.strategies.queries import count_strategies, stored_mb
from saas.tenancy.limits import hold, require_feature
from saas.tenancy.names import clean_name
from saas.usage.operations.consuming import consume


@dataclass(frozen=True, slots=True)
class Draft:
    """A strategy as somebody wants it; ``parameters`` are numbers as text, by name."""

    name: str
    exchange_id: UUID | None
    market: str
    kind: str
    parameters: Mapping[str, str]


def check_kind(kind: str) -> None:
    """Raise Invalid for a kind that does not exist, and FeatureLocked for an advanced one that the plan does not hold."""
    if kind not in KINDS:
        raise Invalid("There is no such kind of strategy.", field="kind")
    if KINDS[kind].advanced:
        require_feature(ADVANCED)


def create_strategy(draft: Draft, *, actor: Actor) -> Strategy:
    """Make a strategy, as a draft. Raises Invalid, FeatureLocked for an advanced kind, and LimitReached by the plan."""
    actor.require(EDIT)
    hold("strategies", count_strategies)
    check_kind(draft.kind)
    strategy = Strategy(kind=draft.kind, made_by_id=actor.id if actor.kind == "member" else None)
    _apply(draft, strategy)
    db.session.add(strategy)
    db.session.flush()
    record(CREATED, actor=actor, target=target_of(strategy), changes=changes_of({}, fields_of(strategy)))
    return strategy


def change_strategy(strategy: Strategy, draft: Draft, *, version: str | None = None, actor: Actor) -> None:
    """Make a strategy what the draft says; its kind stays. Raises Invalid and FeatureLocked as ``create_strategy`` does.

    ``version`` is that of the strategy which the draft was made from: Conflict when it was changed since.
    """
    actor.require(EDIT)
    check_kind(strategy.kind)
    if version not in (None, strategy.version):
        raise Conflict("Somebody changed this strategy while you edited it. Save again to replace it with yours.")
    before = fields_of(strategy)
    _apply(draft, strategy)
    _record_changes(strategy, before, actor)


def set_status(strategy: Strategy, status: str, *, actor: Actor) -> None:
    """Set a strategy live, pause it, or make it a draft again. Raises Invalid, and FeatureLocked for an advanced one."""
    actor.require(EDIT)
    if status not in set(Status):
        raise Invalid("Please choose one of these.", field="status")
    if status == Status.LIVE:
        check_kind(strategy.kind)
    before = fields_of(strategy)
    strategy.status = status
    _record_changes(strategy, before, actor)


def _record_changes(strategy: Strategy, before: Mapping[str, str | None], actor: Actor) -> None:
    if changes := changes_of(before, fields_of(strategy)):
        strategy.updated_at = now()
        record(CHANGED, actor=actor, target=target_of(strategy), changes=changes)
    db.session.flush()


def delete_strategy(strategy: Strategy, *, actor: Actor) -> None:
    """Delete a strategy with its backtests, and give back the storage that they took.

    Raises NotFound when somebody else deleted it meanwhile.
    """
    actor.require(DELETE)
    if db.session.scalar(select(Strategy.id).where(Strategy.id == strategy.id).with_for_update()) is None:
        raise NotFound("This strategy was deleted.")
    fields, freed = fields_of(strategy), stored_mb(strategy.id)
    record(DELETED, actor=actor, target=target_of(strategy), changes=changes_of(fields, dict.fromkeys(fields)))
    db.session.delete(strategy)
    db.session.flush()
    if freed:
        consume("storage_mb", -freed, actor=actor, module=NAME, resource=f"strategy:{strategy.id}", outcome="ok")


def _apply(draft: Draft, strategy: Strategy) -> None:
    strategy.name = clean_name(draft.name, field="name", longest=NAME_LENGTH)
    held = select(Exchange.id).where(Exchange.id == draft.exchange_id).with_for_update(read=True)
    exchange_id = db.session.scalar(held)
    if exchange_id is None:
        raise Invalid("Choose an exchange of yours.", field="exchange")
    if draft.market not in MARKETS:
        raise Invalid("Please choose one of these.", field="market")
    for name, fault in faults_of(strategy.kind, draft.parameters).items():
        raise Invalid(fault, field=name)
    strategy.exchange_id, strategy.market = exchange_id, draft.market
    strategy.parameters = {one.name: draft.parameters[one.name].strip() for one in KINDS[strategy.kind].parameters}


def fields_of(strategy: Strategy) -> dict[str, str | None]:
    """What a strategy says, field by field, as the audit log tells of it."""
    return {
        "name": strategy.name,
        "exchange": str(strategy.exchange_id),
        "market": strategy.market,
        "kind": KINDS[strategy.kind].label,
        "parameters": describe(strategy.kind, strategy.parameters),
        "status": strategy.status or Status.DRAFT,
    }


def target_of(strategy: Strategy) -> Target:
    """A strategy to which something is done."""
    return Target("strategy", strategy.id, strategy.name)
