"""Lives of subscriptions at Stripe, and bringing us the messages of one in any order, more than once, with a worker that is killed
at any statement or call: what we know in the end must not depend on any of that."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from json import loads
from typing import Any

import stripe
from sqlalchemy import delete, event, select, text

from saas.billing import gateway
from saas.billing.models import (
    BillingAccount,
    BillingRequest,
    Invoice,
    StripeEvent,
    StripePrice,
    Subscription,
    SubscriptionState,
)
from saas.billing.operations.inbox import receive
from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import ensure_customer
from saas.billing.queries.use import CHARGED
from saas.core.audit import AuditEntry
from saas.core.database import db
from saas.core.mail import MAIL_JOB
from saas.core.runtime import runtime
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope
from tests.billing.conftest import Stripe
from tests.cast import Organisation

_MAILS = "SELECT args ->> 'sealed' FROM jobs.procrastinate_jobs WHERE task_name = %s AND args ->> 'place' = %s"
_NO_MAILS = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = %s AND args ->> 'place' = %s"

GOOD, BAD = "pm_card_visa", "pm_card_chargeCustomerFail"


class Killed(BaseException):
    """The worker's process is gone."""


@dataclass
class Life:
    """An organisation whose subscription has been through everything, of which we have heard nothing yet."""

    there: Stripe
    organisation: Organisation
    customer: str
    events: list[dict[str, Any]]
    before: dict[str, Any]

    def forget(self) -> None:
        """Know nothing again."""
        with platform_work() as session:
            session.execute(delete(StripeEvent).where(StripeEvent.customer_id == self.customer))
            for table in (SubscriptionState, Subscription):
                session.execute(delete(table).where(table.tenant_id == self.organisation.id))
            account = session.get_one(BillingAccount, self.organisation.id)
            account.look, account.card, account.balance, account.currency = 0, {}, 0, ""
            tenant = session.get_one(Tenant, self.organisation.id)
            for name, value in self.before.items():
                setattr(tenant, name, value)
        with tenant_scope(self.organisation) as session:
            session.execute(text("DELETE FROM invoices"))
            session.commit()
        with owner_connection() as connection:
            connection.execute("SET search_path = jobs")
            connection.execute(_NO_MAILS, [MAIL_JOB, self.organisation.schema_name])

    def bring(self, rng: random.Random, *, times: int, kills: bool) -> None:
        """Bring every message up to so many times, in any order, and look now and then, mostly not to the end."""
        order = [one for one in self.events for _ in range(rng.randint(1, times))]
        rng.shuffle(order)
        while order:
            many = rng.randint(1, 24)
            some, order = order[:many], order[many:]
            self._take(some)
            self.look(rng.randint(1, 60) if kills and rng.random() < 0.6 else None)
        self._take(self.events)
        while self._waiting():
            self.look(None)

    def _take(self, events: list[dict[str, Any]]) -> None:
        """What the door does with messages that are signed."""
        for message in events:
            with platform_work():
                receive(message)

    def look(self, dies_at: int | None) -> None:
        """One look, by a worker that dies at some step."""
        with suppress(Killed), dying(dies_at):
            look_at(self.customer)

    def _waiting(self) -> bool:
        with platform_scope() as session:
            return (
                session.scalar(
                    select(StripeEvent.id)
                    .where(StripeEvent.customer_id == self.customer, StripeEvent.state == "received")
                    .limit(1)
                )
                is not None
            )

    def known(self) -> dict[str, Any]:
        """All that we know, but for the numbers of looks, and for when it was seen that a trial is over."""
        with platform_scope() as session:
            tenant = session.get_one(Tenant, self.organisation.id)
            states = session.execute(
                select(SubscriptionState)
                .where(SubscriptionState.tenant_id == self.organisation.id)
                .order_by(SubscriptionState.at, SubscriptionState.source)
            ).scalars()
            config = {name: value for name, value in tenant.config.items() if name != CHARGED}
            found = {
                "tenant": (tenant.plan, tenant.plan_version, tenant.status, config, tenant.trial_ends_at),
                "subscriptions": [
                    _row(one)
                    for one in session.scalars(
                        select(Subscription).where(Subscription.tenant_id == self.organisation.id)
                    )
                ],
                "worth": [_row(one, "source") for one in states],
                "events": sorted(
                    tuple(row)
                    for row in session.execute(
                        select(StripeEvent.id, StripeEvent.state).where(StripeEvent.customer_id == self.customer)
                    )
                ),
            }
        with tenant_scope(self.organisation) as session:
            found["invoices"] = [_row(one, "look") for one in session.scalars(select(Invoice).order_by(Invoice.id))]
            found["requests"] = session.scalars(select(BillingRequest.state)).all()
        return found

    def told(self) -> Counter[str]:
        """How often the log tells each thing about money in all, and each mail that was written since all was forgotten."""
        with tenant_scope(self.organisation) as session:
            named = session.scalars(select(AuditEntry.event).where(AuditEntry.event.startswith("billing."))).all()
        with owner_connection() as connection:
            mails = connection.execute(_MAILS, [MAIL_JOB, self.organisation.schema_name]).fetchall()
        return Counter(named) + Counter(_name_of_mail(sealed) for (sealed,) in mails)


def _name_of_mail(sealed: str) -> str:
    mail = loads(runtime().postbox.keys.unseal_text(sealed, purpose="mail"))
    return f"mail to {mail['to']}: {mail['subject']}"


def _row(one: Any, *without: str) -> dict[str, Any]:
    return {column.name: getattr(one, column.name) for column in one.__table__.columns if column.name not in without}


@contextmanager
def dying(after: int | None) -> Iterator[None]:
    """Die at the so many-th statement or call to Stripe of the block; None: live."""
    left = [after if after is not None else -1]

    def step(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    original = gateway._client
    event.listen(db.guarded, "before_cursor_execute", step)
    gateway._client = lambda *given: (step(), original(*given))[1]
    try:
        yield
    finally:
        gateway._client = original
        event.remove(db.guarded, "before_cursor_execute", step)


class Remembering(stripe.RequestsClient):
    """Asks each question once: the life is over, and the answers stay what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Any] = {}

    def request_with_retries(self, method: str, url: str, headers: Any, post_data: Any = None, **options: Any) -> Any:
        """The answer to a question that was asked before, else what the stand-in says."""
        if method != "get":
            return super().request_with_retries(method, url, headers, post_data, **options)
        if url not in self.known:
            self.known[url] = super().request_with_retries(method, url, headers, post_data, **options)
        return self.known[url]


@contextmanager
def remembering(there: Stripe) -> Iterator[None]:
    """Ask Stripe each question once, for a block."""
    original, asks = gateway._client, Remembering()
    bases: Any = there.running.base_addresses
    client = stripe.StripeClient("sk_test_sandbox", base_addresses=bases, http_client=asks)
    gateway._client = lambda *_: client
    try:
        yield
    finally:
        gateway._client = original


def live(there: Stripe, organisation: Organisation) -> Life:
    """Go through a whole life at Stripe: a trial, its end, an upgrade, renewals, a card that fails, a payment, cancelling."""
    with tenant_scope(organisation) as session:
        customer = ensure_customer()
        session.commit()
    with platform_scope() as session:
        tenant = session.get_one(Tenant, organisation.id)
        before = {name: getattr(tenant, name) for name in ("plan", "plan_version", "status", "config", "trial_ends_at")}
    api, prices = there.api, _prices(there)
    good, bad = (api.payment_methods.attach(card, {"customer": customer}).id for card in (GOOD, BAD))
    plan = {"items": [{"price": prices["trial", "month"]}], "default_payment_method": good}
    made = api.subscriptions.create({**plan, "customer": customer, "trial_period_days": 7})
    there.advance(7.1)
    item = {"id": made["items"].data[0].id, "price": prices["pro", "month"]}
    api.subscriptions.update(made.id, {"items": [item], "proration_behavior": "always_invoice"})
    there.advance(31)
    api.subscriptions.update(made.id, {"default_payment_method": bad})
    there.advance(31)
    open_invoice = api.invoices.list({"customer": customer, "status": "open"}).data[0]
    api.subscriptions.update(made.id, {"default_payment_method": good})
    api.invoices.pay(open_invoice.id, {"payment_method": good})
    api.customers.update(customer, {"invoice_settings": {"default_payment_method": good}})
    api.subscriptions.update(made.id, {"cancel_at_period_end": True})
    return Life(there, organisation, customer, there.events(), before)


def _prices(there: Stripe) -> dict[tuple[str, str], str]:
    with platform_scope() as session:
        rows = session.scalars(select(StripePrice).where(StripePrice.kind == "plan")).all()
        return {(row.name, row.cycle): row.id for row in rows}


def permute(life: Life, seeds: range) -> int:
    """Bring a life's messages in an order of its own for each seed; how many ended otherwise than in the order of time."""
    life.forget()
    before = life.told()
    life.bring(random.Random(0), times=1, kills=False)
    known, told = life.known(), life.told() - before
    assert known["tenant"][0] == "pro"
    assert [one["status"] for one in known["invoices"]].count("paid") >= 3
    mails = {name: count for name, count in told.items() if name.startswith("mail to")}
    paid = [one for one in known["invoices"] if one["status"] == "paid" and one["total"] > 0]
    assert set(mails.values()) == {1}
    assert sum("Receipt" in name for name in mails) == len(paid) * len({name.partition(":")[0] for name in mails})
    different = 0
    with remembering(life.there):
        for seed in seeds:
            life.forget()
            before = life.told()
            life.bring(random.Random(seed), times=3, kills=True)
            different += life.known() != known or life.told() - before != told
    return different
