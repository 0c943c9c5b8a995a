"""Mirroring subscriptions: as they are now, and what they were worth from when on. In the platform's scope."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.billing.facts import Object, PlanPrice, SubscriptionFacts, read_subscription
from saas.billing.models import LIVE, StripeEvent, Subscription, SubscriptionState
from saas.billing.seen import Seen
from saas.core.clock import now
from saas.core.database import db

log = structlog.get_logger()

_RANKS = {"created": "0", "deleted": "2"}
_LOOK = "look"
STOPPED_FOR = "payment_failed"
"""Stripe's word for why a subscription ended that was not paid; also ours, for one of an organisation that we suspended."""


def write_subscriptions(tenant_id: UUID, seen: Seen) -> Subscription | None:
    """Write down what a look saw; returns the one that lives. Of several that live the oldest counts and we are alarmed."""
    rows = [
        _row(tenant_id, facts, seen)
        for facts in sorted(seen.subscriptions, key=lambda one: (one.created_at, one.id))
        if facts.plan
    ]
    living = [row for row in rows if row.status in LIVE]
    gone = update(Subscription).where(Subscription.tenant_id == tenant_id, Subscription.status.in_(LIVE))
    gone = gone.where(Subscription.id.not_in([facts.id for facts in seen.subscriptions]))
    db.session.execute(gone.values(status="canceled", ended_at=now()))
    for row in living[1:]:
        row.duplicate = True
        log.error("subscription_twice", tenant=str(tenant_id), subscription=row.id, beside=living[0].id)
    for row in sorted(rows, key=lambda row: row.status in LIVE and not row.duplicate):
        db.session.merge(row)
        db.session.flush()
    return living[0] if living else None


def _row(tenant_id: UUID, facts: SubscriptionFacts, seen: Seen) -> Subscription:
    assert facts.plan is not None
    return Subscription(
        id=facts.id,
        tenant_id=tenant_id,
        status=facts.status,
        duplicate=False,
        plan=facts.plan.plan,
        version=facts.plan.version,
        cycle=facts.plan.cycle,
        currency=facts.currency,
        amount=facts.amount,
        months=facts.months,
        period_start=facts.period_start,
        period_end=facts.period_end,
        trial_ends_at=facts.trial_ends_at,
        cancel_at=facts.cancel_at,
        ended_at=facts.ended_at,
        next=dict(seen.next.get(facts.id, {})),
        item_id=facts.item_id,
        items=dict(facts.items),
        created_at=facts.created_at,
    )


def note_stopped(tenant_id: UUID) -> None:
    """Write down that a subscription is worth nothing from now on, because its organisation was suspended over money."""
    living = select(Subscription).where(
        Subscription.tenant_id == tenant_id, Subscription.status.in_(LIVE), ~Subscription.duplicate
    )
    for row in db.session.scalars(living):
        worth = {name: getattr(row, name) for name in ("status", "plan", "cycle", "currency", "amount", "months")}
        values = {"subscription_id": row.id, "at": now(), "source": "5 stopped", "tenant_id": tenant_id, **worth}
        stopped = insert(SubscriptionState).values({**values, "paying": False, "reason": STOPPED_FOR})
        db.session.execute(stopped.on_conflict_do_nothing())


def write_states(
    tenant_id: UUID,
    seen: Seen,
    events: Sequence[StripeEvent],
    prices: Mapping[str, PlanPrice],
    *,
    stopped: bool = False,
) -> None:
    """Write down what subscriptions were worth from when on: one row for each message that tells it, whatever the order in which
    they come. Where the messages so far do not tell what the look saw, the look itself does, until they do. While the organisation
    is ``stopped`` over money, what is late is worth nothing."""
    for event in events:
        if event.type.startswith("customer.subscription."):
            _note(
                tenant_id, read_subscription(_expanded(event.payload, seen), prices), event.created_at, _source(event)
            )
    for facts in seen.subscriptions:
        if facts.plan:
            _agree(tenant_id, facts, stopped=stopped and facts.status == "past_due")


def _expanded(payload: Object, seen: Seen) -> Object:
    """The subscription in a message, with its discounts as the look knows them: messages name only their ids."""
    about = payload["data"]["object"]
    known = [seen.discounts.get(one, one) if isinstance(one, str) else one for one in about.get("discounts") or ()]
    return {**about, "discounts": known}


def _source(event: StripeEvent) -> str:
    """Tells messages apart, and puts those of one second into the order in which they must have happened."""
    return f"{_RANKS.get(event.type.rpartition('.')[2], '1')} {event.id}"


def _note(
    tenant_id: UUID, facts: SubscriptionFacts, at: datetime, source: str, worth: Mapping[str, object] | None = None
) -> None:
    if facts.plan is None:
        return
    values = {"subscription_id": facts.id, "at": at, "source": source, "tenant_id": tenant_id}
    values |= _worth(facts) if worth is None else worth
    db.session.execute(insert(SubscriptionState).values(values).on_conflict_do_nothing())


def _worth(facts: SubscriptionFacts) -> dict[str, object]:
    assert facts.plan is not None
    return {
        "status": facts.status,
        "paying": facts.is_paying,
        "plan": facts.plan.plan,
        "cycle": facts.plan.cycle,
        "currency": facts.currency,
        "amount": facts.amount,
        "months": facts.months,
        "reason": facts.reason,
    }


def _agree(tenant_id: UUID, facts: SubscriptionFacts, *, stopped: bool) -> None:
    """Have the last row of a subscription say what it is now."""
    own = SubscriptionState.subscription_id == facts.id
    db.session.execute(delete(SubscriptionState).where(own, SubscriptionState.source.startswith("9 ")))
    newest = (SubscriptionState.at.desc(), SubscriptionState.source.desc())
    rows = db.session.scalars(select(SubscriptionState).where(own).order_by(*newest).limit(2)).all()
    worth = {**_worth(facts), **({"paying": False, "reason": STOPPED_FOR} if stopped else {})}
    if rows and all(getattr(rows[0], name) == value for name, value in worth.items()):
        return
    together = len(rows) == 2 and rows[0].at == rows[1].at
    at = rows[0].at if together else facts.ended_at or (now() if rows else facts.created_at)
    _note(tenant_id, facts, at, f"9 {_LOOK} {datetime.now(UTC).isoformat()}", worth)
