"""Chains of changes of a plan, at any moments: what was quoted is what is charged, to the cent, and else nothing is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

from sqlalchemy import delete

from saas.billing.models import BillingAccount, Subscription
from saas.billing.operations.changing import change_subscription, is_upgrade, quote_change
from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import Choice, begin_with_card, read_choice, subscribe_with_card
from saas.billing.queries.subscriptions import get_subscription
from saas.core.actor import SYSTEM
from saas.core.clock import ago
from saas.core.errors import Invalid
from saas.sandbox.stripe import idempotency
from saas.tenancy.scope import platform_work, tenant_scope
from tests.billing.conftest import Stripe
from tests.cast import Organisation

CHOICES = [("trial", "month"), ("trial", "year"), ("pro", "month"), ("pro", "year")]
LONGEST_DAYS = 20


def run_chain(there: Stripe, organisation: Organisation, seed: int) -> int:
    """Subscribe and change at random moments; how many charges were not what was quoted, or not at once."""
    random = Random(seed)
    _forget(there, organisation)
    with at_stripes_time(there):
        customer = _subscribe(organisation, random)
    different = 0
    for _ in range(random.randint(1, 4)):
        there.advance(random.uniform(0, LONGEST_DAYS))
        with at_stripes_time(there):
            look_at(customer)
            different += _change(there, organisation, customer, random)
            look_at(customer)
    for one in there.api.subscriptions.list({"customer": customer}).data:
        there.api.subscriptions.cancel(one.id)
    return different


@contextmanager
def at_stripes_time(there: Stripe) -> Iterator[None]:
    """Have the same time as the stand-in for a block."""
    with ago(-timedelta(seconds=there.store.state["offset"])):
        yield


def _forget(there: Stripe, organisation: Organisation) -> None:
    """Be no customer any more, here and there."""
    with there.store.lock:
        there.store.note(idempotency.TABLE).clear()
    with platform_work() as session:
        for table in (Subscription, BillingAccount):
            session.execute(delete(table).where(table.tenant_id == organisation.id))


def _subscribe(organisation: Organisation, random: Random) -> str:
    with tenant_scope(organisation) as session:
        choice = read_choice(*random.choice([one for one in CHOICES if _is_sold(one)]))
        asked = begin_with_card(choice, "pm_card_visa", trial_days=0, actor=SYSTEM)
        found = subscribe_with_card(asked.id)
        session.commit()
    look_at(found["customer"])
    return str(found["customer"])


def _is_sold(choice: tuple[str, str]) -> bool:
    try:
        return bool(read_choice(*choice))
    except Invalid:
        return False


def _charged(there: Stripe, customer: str) -> int:
    with there.store.lock:
        return sum(one["amount"] for one in there.store.find("charge", customer=customer, paid=True))


def _change(there: Stripe, organisation: Organisation, customer: str, random: Random) -> int:
    """Change to something else that counts at once; 1 when what was charged then is not what was quoted."""
    with tenant_scope(organisation) as session:
        present = get_subscription()
        assert present is not None
        wanted = [Choice(*one) for one in CHOICES if one != (present.plan, present.cycle) and _is_sold(one)]
        choice = random.choice(sorted(wanted, key=lambda one: not is_upgrade(present, one))[:2])
        before = _charged(there, customer)
        quote = quote_change(choice, actor=SYSTEM)
        change_subscription(choice, moment=quote.moment, due=quote.due, actor=SYSTEM)
        session.commit()
    return int(_charged(there, customer) - before != quote.due)
