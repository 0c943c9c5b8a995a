"""The past of the demo's payments: made by the operations that would have made it, at a stand-in whose clock begins months ago."""

import calendar
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from json import dumps, loads
from typing import Any

from saas.billing.operations.inbox import receive
from saas.billing.operations.looking import look_at
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import send_use
from saas.billing.operations.subscribing import Choice, begin_with_card, read_choice, subscribe_with_card
from saas.billing.queries.subscriptions import get_subscription
from saas.billing.seller import get_seller
from saas.catalogue.current import catalogue
from saas.core.actor import SYSTEM
from saas.core.clock import ago, now
from saas.core.errors import Conflict, NotFound
from saas.sandbox.demo.payments import Payments
from saas.sandbox.demo.people import ACME, HOOLI, WONKA, plan_of
from saas.sandbox.demo.selling import is_sold, sell
from saas.sandbox.stripe import clock
from saas.sandbox.stripe.present import present
from saas.sandbox.stripe.server import serving
from saas.sandbox.stripe.store import Store
from saas.tenancy.models import Tenant
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work

GOOD, FAILS = "pm_card_visa", "pm_card_chargeCustomerFail"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTLED = 2 * HOUR
"""Invoices of a renewal are final an hour after it, and surely seen after two."""
NOTE = "demo"


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to an organisation at a moment; the messages about it come at once."""

    at: datetime
    slug: str
    act: Callable[[Tenant], object] = lambda tenant: None


def is_paid(payments: Payments) -> bool:
    """Whether the whole past is there, and all that is sold today."""
    if not payments.books.exists():
        return False
    store = Store(payments.books)
    return bool(store.note(NOTE).get("done")) and is_sold(store)


def pay(payments: Payments) -> None:
    """Sell the catalogue at the stand-in, and live through what is missing of the past; the stand-in must not run elsewhere.
    Books whose past is whole, from a demo of another catalogue, keep it.

    Raises Refused where the books do not fit to the database.
    """
    store = Store(payments.books, seller=get_seller().name)
    steps = [] if store.note(NOTE).get("done") else sorted(_past(now()), key=lambda step: step.at)
    with serving(store, payments.port):
        if not payments.books.exists():
            store.state["offset"] = int((steps[0].at - DAY - now()).total_seconds())
        store.path = None  # written after each step instead of after each call
        sell(store)
        for number, step in enumerate(steps):
            if number >= store.note(NOTE).get("steps", 0):
                _live(store, step)
                store.note(NOTE)["steps"] = number + 1
                _write(store, payments)
        _bring(store)
    store.note(NOTE)["done"] = True
    _write(store, payments)


def _write(store: Store, payments: Payments) -> None:
    with store.lock:
        store.path = payments.books
        store.save()
        store.path = None


def _past(today: datetime) -> Iterator[Step]:
    """One pays by the month and has used much, one by the year, and one's card failed three days ago."""
    began = shift(today - 3 * HOUR, -3)
    yield Step(began, ACME.slug, partial(_subscribe, choice=_choice(plan_of(ACME), "month"), card=GOOD))
    newest = shift(began, 3)
    yield Step(newest - HOUR, ACME.slug, _report)
    yield from (Step(shift(began, months) + SETTLED, ACME.slug) for months in (1, 2, 3))
    yield Step(today - 26 * DAY, WONKA.slug, partial(_subscribe, choice=_choice(plan_of(WONKA), "year"), card=GOOD))
    failed = today - 3 * DAY
    trying = partial(_subscribe, choice=_choice(plan_of(HOOLI), "month"), card=FAILS, trial=14)
    yield Step(failed - 14 * DAY - HOUR, HOOLI.slug, trying)
    yield Step(failed + HOUR, HOOLI.slug)
    yield from (Step(today, one.slug) for one in (ACME, WONKA, HOOLI))


def shift(moment: datetime, months: int) -> datetime:
    """The same time some months later (or before); the last day where the month is shorter."""
    years, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return moment.replace(year=years, month=month + 1, day=min(moment.day, last))


def _choice(plan: str, cycle: str) -> Choice:
    """A plan that can be bought: the given one if it can be; by the month where it is not sold by the year."""
    sold = catalogue().plans
    names = [name for name in (plan, *sold) if sold[name].month and not (sold[name].custom or sold[name].hidden)]
    return read_choice(names[0], cycle if cycle == "month" or sold[names[0]].year else "month")


def _live(store: Store, step: Step) -> None:
    """Move the stand-in's clock to the step, and do it; nothing where the organisation is not there."""
    with store.lock:
        clock.advance(store, max(0, int(step.at.timestamp()) - store.now()))
    try:
        with platform_scope():
            tenant = get_tenant(step.slug)
    except NotFound:
        return
    with ago(max(now() - step.at, timedelta())):
        step.act(tenant)
        _bring(store)


def _subscribe(tenant: Tenant, *, choice: Choice, card: str, trial: int = 0) -> None:
    with tenant_scope(tenant) as session, suppress(Conflict):
        if get_subscription() is None:
            asked = begin_with_card(choice, card, trial_days=trial, actor=SYSTEM)
            subscribe_with_card(asked.id)
            session.commit()


def _report(tenant: Tenant) -> None:
    """Tell Stripe of all use so far, as happens each hour."""
    with tenant_work(tenant):
        report_use()
    send_use(tenant.id)


def _bring(store: Store) -> None:
    """Bring the messages that wait, in their order, and look at whom they are about."""
    with store.lock:
        outbox = store.note("outbox")
        events = [loads(dumps(present(store, store.get("event", id), ()), default=str)) for id in outbox]
        outbox.clear()
    for event in events:
        with platform_work():
            receive(event)
    for customer in dict.fromkeys(_customer_of(event) for event in events):
        if customer:
            look_at(customer)


def _customer_of(event: Mapping[str, Any]) -> str:
    about = event["data"]["object"]
    found = about["id"] if about.get("object") == "customer" else about.get("customer")
    return str(found or "")
