"""What billing does later."""

from uuid import UUID

import structlog

from saas.billing.operations.cards import RETRY_JOB, charge_again
from saas.billing.operations.dunning import watch
from saas.billing.operations.inbox import LOOK_JOB, look_again
from saas.billing.operations.invoicing import EXPLAIN_JOB, explain_use
from saas.billing.operations.leaving import let_go_closed
from saas.billing.operations.looking import look_at
from saas.billing.operations.reconciling import reconcile_all
from saas.billing.operations.reporting import SEND_JOB, report_use
from saas.billing.operations.sending import send_use
from saas.core.jobs import job
from saas.core.runtime import settings

log = structlog.get_logger()


@job(LOOK_JOB, retries=12, outside=True)
def look(*, customer: str) -> None:
    """Look at an account that Stripe says has changed."""
    log.info("account_looked_at", customer=customer, ours=look_at(customer))


@job(RETRY_JOB, outside=True)
def charge_by_new_card(*, customer: str, card: str) -> None:
    """Charge what is owed by the card that somebody uses now."""
    log.info("charged_again", customer=customer, paid=charge_again(customer, card))


@job(EXPLAIN_JOB, when_suspended=True)
def explain(*, invoice: str) -> None:
    """Find what is behind an invoice's lines of use."""
    log.info("use_explained", invoice=invoice, lines=explain_use(invoice))


@job("billing.look_again", cron="*/3 * * * *")
def look_at_late() -> None:
    """Look at accounts whose messages wait although they came minutes ago."""
    if customers := look_again():
        log.warning("messages_waited", customers=customers)


@job("billing.let_go", cron="*/10 * * * *", unscoped=True)
def let_go() -> None:
    """End the subscriptions of organisations that are closed."""
    let_go_closed()


@job("billing.watch", cron="41 * * * *", each_tenant=True, when_suspended=True)
def watch_debts() -> None:
    """Remind of payments that failed, and suspend who does not pay."""
    watch()


@job("billing.report_usage", cron="20 * * * *", each_tenant=True, when_suspended=True)
def report_usage() -> None:
    """Write down what use has cost since the last time, and have it sent."""
    if settings().is_paid_online:
        log.info("use_reported", meters=report_use())


@job(SEND_JOB, retries=12, outside=True, when_suspended=True)
def send_usage(*, tenant: str) -> None:
    """Tell Stripe what use has cost."""
    log.info("use_sent", tenant=tenant, rows=send_use(UUID(tenant)))


@job("billing.reconcile", cron="35 2 * * *", unscoped=True)
def reconcile() -> None:
    """Compare every account with what Stripe says, and mend what differs."""
    if settings().is_paid_online:
        found = reconcile_all()
        log.info("accounts_reconciled", accounts=found.accounts, differed=found.differed, failed=found.failed)
