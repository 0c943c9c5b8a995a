"""Reconciling: what we know of accounts is compared with what Stripe says, and mended; messages that never came are fetched.
Outside every scope."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from json import dumps, loads
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.models import BillingAccount, Invoice, Subscription
from saas.billing.operations.comparing import find_faults, is_untold, know
from saas.billing.operations.inbox import receive
from saas.billing.operations.looking import look_at
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import meter_ids
from saas.core.database import db
from saas.core.errors import DomainError, NotFound, first_line
from saas.tenancy.models import Tenant
from saas.tenancy.scope import inside, platform_scope, platform_work, tenant_work

log = structlog.get_logger()

A_SECOND = 5
"""So many accounts and meters are looked at in a second at most: Stripe bounds how often it is asked."""
_SUBSCRIPTION = (
    *("status", "duplicate", "plan", "version", "cycle", "amount", "currency", "period_start", "period_end"),
    *("trial_ends_at", "cancel_at", "ended_at", "next", "items"),
)
_INVOICE = ("status", "total", "paid", "due", "number")


@dataclass(slots=True)
class Outcome:
    """What a reconciliation found: accounts looked at, those that differed, and those that could not be looked at."""

    accounts: int = 0
    differed: int = 0
    failed: int = 0


def reconcile_account(customer: str) -> list[str]:
    """Look at an account, whatever messages say; how it differed from what we knew, in words. Raises Unanswered."""
    before = _snapshot(customer)
    look_at(customer, newest=True)
    after = _snapshot(customer)
    return [
        f"{thing}: {name} was {_said(before.get((thing, name)))}, is {_said(value)}"
        for (thing, name), value in after.items()
        if before.get((thing, name)) != value
    ]


def _snapshot(customer: str) -> Mapping[tuple[str, str], Any]:
    """What is known of an account, by thing and name."""
    with platform_scope() as session:
        account = session.scalars(select(BillingAccount).where(BillingAccount.customer_id == customer)).one_or_none()
        if account is None:
            raise NotFound(f"No organisation has the customer “{customer}”.")
        tenant = session.get_one(Tenant, account.tenant_id)
        known: dict[tuple[str, str], Any] = {
            ("account", "card"): account.card.get("id"),
            ("account", "balance"): account.balance,
            ("organisation", "status"): str(tenant.status),
            ("organisation", "plan"): tenant.plan,
            ("organisation", "version"): tenant.plan_version,
        }
        found = session.scalars(select(Subscription).where(Subscription.tenant_id == tenant.id)).all()
        known |= {(one.id, name): getattr(one, name) for one in found for name in _SUBSCRIPTION}
        with inside(tenant) as own:
            invoices = own.scalars(select(Invoice)).all()
        return known | {(one.id, name): getattr(one, name) for one in invoices for name in _INVOICE}


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "unknown" if value is None else str(value) or "empty"


def reconcile_all(*, pace: float = A_SECOND) -> Outcome:
    """Look at every account whose subscription lives, or that never had one we know of; what differs is mended and logged. Their
    use is compared as well. One that Stripe does not answer for is passed over. Raises Unanswered where it never answers."""
    outcome, turns = Outcome(), Turns(pace)
    with platform_scope():
        accounts = _accounts()
    meters = meter_ids()
    for tenant_id, customer in accounts:
        turns.wait()
        outcome.accounts += 1
        try:
            differs = [*reconcile_account(customer), *_use_of(tenant_id, meters, turns)]
        except Exception as error:
            outcome.failed += 1
            log.warning("account_not_reconciled", customer=customer, error=first_line(error))
            if not isinstance(error, DomainError):
                log.exception("reconciling_broke", customer=customer)
            continue
        if differs:
            outcome.differed += 1
            log.error("account_differed", tenant=str(tenant_id), customer=customer, differences=differs)
    return outcome


def _accounts() -> list[tuple[UUID, str]]:
    """All: also who has ended may have come back without our hearing of it."""
    query = select(BillingAccount.tenant_id, BillingAccount.customer_id)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(BillingAccount.tenant_id))]


def _use_of(tenant_id: UUID, meters: Mapping[str, str], turns: "Turns") -> list[str]:
    with platform_scope() as session:
        tenant = session.get_one(Tenant, tenant_id)
    return reconcile_use(tenant, meters, wait=turns.wait)


def reconcile_use(tenant: Tenant, meters: Mapping[str, str], *, wait: Callable[[], None] = lambda: None) -> list[str]:
    """How use differs from what Stripe was told and has counted, in words. What it was never told it is told now: as of now, since
    it takes nothing that is older than 35 days, and charges nothing of a month that is over."""
    known = know(tenant, thorough=False)
    if known is None:
        return []
    faults = find_faults(known, meters, wait=wait)
    if is_untold(known):
        with tenant_work(tenant):
            report_use()
    return faults


class Turns:
    """Turns, at most so many in a second; whoever comes late has lost those before."""

    def __init__(
        self, a_second: float, *, clock: Callable[[], float] = monotonic, pause: Callable[[float], None] = sleep
    ) -> None:
        self._gap, self._clock, self._pause = 1 / a_second, clock, pause
        self._next = clock()

    def wait(self) -> None:
        """Wait for the next turn."""
        self._pause(max(0.0, self._next - self._clock()))
        self._next = max(self._next, self._clock()) + self._gap


def backfill(since: datetime, *, tell: Callable[[str, str], None] = lambda _id, _type: None) -> tuple[int, int]:
    """Fetch the messages since a moment and write down those that never came, oldest first; how many there are, and how many were
    new. Stripe keeps them for thirty days. Raises Unanswered."""
    events, new = gateway.list_events(int(since.timestamp())), 0
    for event in reversed(events):
        with platform_work():
            if receive(loads(dumps(event, default=str))):
                new += 1
                tell(event["id"], event["type"])
    return len(events), new
