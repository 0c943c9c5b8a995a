"""Looking: an account is looked at whole, and what was seen is written down in one transaction with all that follows from it.

A message of Stripe is only a hint that something changed. So it does not matter in which order messages come, how often, or
whether one is missing: whatever was looked at last is what Stripe says now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from saas.billing.models import LIVE, BillingAccount, Invoice, StripeEvent, Subscription
from saas.billing.module import (
    SUBSCRIPTION_BEGAN,
    SUBSCRIPTION_CANCELLED,
    SUBSCRIPTION_CHANGED,
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_RESUMED,
)
from saas.billing.money import major_units
from saas.billing.operations.cards import charge_again_with, chosen_card, keep_one_card, kept
from saas.billing.operations.inbox import LOOK_JOB, NUMBER, ask_to_look, note_done, note_failure, waiting_for
from saas.billing.operations.invoicing import STRIPE, write_invoice
from saas.billing.operations.mirroring import write_states, write_subscriptions
from saas.billing.operations.reporting import begin_charging
from saas.billing.operations.settling import Settled, is_stopped, settle
from saas.billing.operations.subscribing import UNDERWAY
from saas.billing.operations.telling import Turn, Waiting, tell, waiting
from saas.billing.prices import plan_prices, what_prices_sell
from saas.billing.seen import Seen, invoices_named, is_about_money, look
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import first_line
from saas.core.jobs import enqueue
from saas.core.module import AuditEvent
from saas.tenancy.models import Tenant
from saas.tenancy.scope import inside, platform_work


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of a subscription before a look: enough to say how it changed."""

    plan: str = ""
    cycle: str = ""
    price: str = ""
    costs: str = ""
    cancelled: bool = False
    waiting: Waiting = ()


def look_at(customer: str, *, newest: bool = False) -> bool:
    """Look at an account of Stripe's and write down what was seen; False where it is none of ours, or gone. Outside every scope.
    ``newest``: also at its newest invoices, though no message is about them.

    Raises Unanswered and whatever else went wrong, after the messages that were to be looked at have counted it.
    """
    with platform_work():
        number = db.session.scalar(NUMBER)
        events = waiting_for(customer)
        account = _account_of(customer)
        prices = plan_prices()
        owing = _owing(account) if account else []
        card = account.card.get("id", "") if account else ""
    if account is None:
        return _write(Seen(number or 0, customer), [event.id for event in events])
    named = {id for event in events for id in invoices_named(event.payload)}
    newest = newest or any(is_about_money(event.payload) for event in events)
    try:
        seen = look(customer, number or 0, invoices={*named, *owing}, newest=newest, prices=prices)
        ours = _write(seen, [event.id for event in events])
        keep_one_card(seen, card)
        return ours
    except Exception as error:
        with platform_work():
            note_failure([event.id for event in events], first_line(error))
        raise


def _account_of(customer: str) -> BillingAccount | None:
    return db.session.scalars(select(BillingAccount).where(BillingAccount.customer_id == customer)).one_or_none()


def _owing(account: BillingAccount) -> Sequence[str]:
    """Invoices that are not settled as far as we know."""
    tenant = db.session.get_one(Tenant, account.tenant_id)
    with inside(tenant) as session:
        return session.scalars(select(Invoice.id).where(Invoice.status == "open")).all()


def _write(seen: Seen, event_ids: Sequence[str]) -> bool:
    with platform_work() as session:
        account = _account_of(seen.customer_id)
        events = session.scalars(
            select(StripeEvent).where(StripeEvent.id.in_(event_ids), StripeEvent.state == "received").with_for_update()
        ).all()
        ordered = sorted(events, key=lambda event: (event.created_at, event.id))
        if account is not None:
            tenant = session.get_one(Tenant, account.tenant_id, with_for_update=True, populate_existing=True)
            session.refresh(account)
            prices = plan_prices()
            write_states(tenant.id, seen, ordered, prices, stopped=is_stopped(tenant))
            if seen.number > account.look:
                _write_account(tenant, account, seen)
        note_done(ordered, account)
        session.flush()
        if waiting_for(seen.customer_id):
            ask_to_look(seen.customer_id)
        return account is not None


def _write_account(tenant: Tenant, account: BillingAccount, seen: Seen) -> None:
    account.look, account.looked_at, account.balance = seen.number, now(), seen.balance
    before = _before(tenant)
    live = write_subscriptions(tenant.id, seen)
    own = next((one.card for one in seen.subscriptions if live and one.id == live.id), {})
    card = chosen_card(own, seen.card, account.card.get("id", ""))
    charge_again_with(account.card.get("id", ""), card.get("id", ""), seen.customer_id)
    account.card, account.currency = kept(card, account.card), live.currency if live else account.currency
    settled = settle(tenant, live)
    sold = what_prices_sell()
    living = {one.id for one in seen.subscriptions if one.status in LIVE}
    with inside(tenant):
        happened = _record(before, live, settled)
        turn = Turn(seen.number, live, happened, before.waiting, waiting(live) if live else ())
        if live:
            begin_charging(live)
        changes = [write_invoice(facts, look=seen.number, living=living, sold=sold) for facts in seen.invoices]
        is_told = tell(turn, [change for change in changes if change], account.card)
    if not is_told:
        enqueue(LOOK_JOB, once=f"{LOOK_JOB} {seen.customer_id} later", after=UNDERWAY, customer=seen.customer_id)
    if seen.gone:
        db.session.delete(account)  # who pays again gets another one


def _before(tenant: Tenant) -> Before:
    query = select(Subscription).where(
        Subscription.tenant_id == tenant.id, Subscription.status.in_(LIVE), ~Subscription.duplicate
    )
    row = db.session.scalars(query).one_or_none()
    return _known(row)


def _known(row: Subscription | None) -> Before:
    if row is None:
        return Before()
    costs = f"{major_units(row.amount, row.currency)} {row.currency}"
    return Before(row.plan, row.cycle, row.price, costs, row.cancel_at is not None, waiting(row))


def _record(before: Before, live: Subscription | None, settled: Settled) -> list[AuditEvent]:
    """Tell the organisation's log how its subscription changed; what of it."""
    after = _known(live)
    repriced = bool(before.price and after.price) and before.price != after.price
    fields = ("plan", "cycle", *(("costs",) if repriced else ()))
    changes = changes_of(*({name: getattr(one, name) for name in fields} for one in (before, after)))
    happened: dict[AuditEvent, bool] = {
        SUBSCRIPTION_BEGAN: settled.began,
        SUBSCRIPTION_CHANGED: not settled.began and bool(live) and bool(changes or repriced),
        SUBSCRIPTION_CANCELLED: bool(live) and after.cancelled and not before.cancelled,
        SUBSCRIPTION_RESUMED: bool(live) and before.cancelled and not after.cancelled and not settled.began,
        SUBSCRIPTION_ENDED: settled.ended,
    }
    target = Target("plan", after.plan or before.plan, after.plan or before.plan)
    told = [event for event, there in happened.items() if there]
    for event in told:
        record(event, actor=STRIPE, target=target, changes=changes)
    return told
