"""The inbox: messages of Stripe are written down as they come, and each leads to a look at the account that it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from saas.billing.facts import id_of
from saas.billing.models import BillingAccount, StripeEvent
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue

LOOK_JOB = "billing.look"
NUMBER = text("SELECT nextval('platform.looks')")
"""The number of the next look at an account."""
LATE = timedelta(minutes=2)
TRIES = 8
"""So often a message is looked at in vain before it is parked."""
_CUSTOMERS_OWN = ("customer", "customer.created")


def receive(event: Mapping[str, Any]) -> bool:
    """Write a message down and have its account looked at, in the platform's scope; False for one that is there already.

    A message that names no customer is kept as ignored, and so is one about somebody who is no customer of ours by the time
    it is looked at.
    """
    about = event["data"]["object"]
    customer = about["id"] if about.get("object") == "customer" else id_of(about.get("customer"))
    values = {
        "id": event["id"],
        "type": event["type"],
        "customer_id": customer,
        "object_id": about.get("id") or "",
        "state": "received" if customer else "ignored",
        "payload": event,
        "created_at": datetime.fromtimestamp(event["created"], UTC),
    }
    new = insert(StripeEvent).values(values).on_conflict_do_nothing().returning(StripeEvent.id)
    if db.session.scalar(new) is None:
        return False
    if customer:
        ask_to_look(customer)
    return True


def ask_to_look(customer: str) -> None:
    """Have a customer looked at with the commit; of many who ask at the same time one is heard, and looks never overlap."""
    enqueue(LOOK_JOB, lock=f"{LOOK_JOB} {customer}", once=f"{LOOK_JOB} {customer}", customer=customer)


def note_failure(events: list[str], error: str) -> None:
    """Count a look in vain; messages that were looked at too often are parked with the error, for people to see."""
    tried = update(StripeEvent).where(StripeEvent.id.in_(events), StripeEvent.state == "received")
    db.session.execute(tried.values(tries=StripeEvent.tries + 1, error=error[:500]))
    parked = update(StripeEvent).where(StripeEvent.id.in_(events), StripeEvent.tries >= TRIES)
    db.session.execute(parked.where(StripeEvent.state == "received").values(state="failed"))


def look_again() -> int:
    """Have every account looked at whose messages have waited for a while, as when a job was lost; returns for how many."""
    late = StripeEvent.received_at < now() - LATE
    query = select(StripeEvent.customer_id).where(StripeEvent.state == "received", late).distinct()
    customers = db.session.scalars(query).all()
    for customer in customers:
        ask_to_look(customer)
    return len(customers)


def replay(event_id: str) -> bool:
    """Have a message looked at once more, whatever became of it; False when there is none, or it names no customer."""
    event = db.session.get(StripeEvent, event_id, with_for_update=True)
    if event is None or not event.customer_id:
        return False
    event.state, event.tries, event.error = "received", 0, ""
    ask_to_look(event.customer_id)
    return True


def waiting_for(customer: str) -> list[StripeEvent]:
    """The messages about a customer that nobody has looked at."""
    query = select(StripeEvent).where(StripeEvent.customer_id == customer, StripeEvent.state == "received")
    return list(db.session.scalars(query.order_by(StripeEvent.created_at, StripeEvent.id)))


def note_done(events: list[StripeEvent], account: BillingAccount | None) -> None:
    """Mark messages as looked at, together with what the look has written; without an account they are not about us."""
    for event in events:
        event.state, event.done_at, event.error = "done" if account else "ignored", now(), ""
        event.tenant_id = account.tenant_id if account else None
