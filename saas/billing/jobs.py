"""What billing does later."""

import structlog

from saas.billing.operations.dunning import watch
from saas.billing.operations.inbox import LOOK_JOB, look_again
from saas.billing.operations.leaving import let_go_closed
from saas.billing.operations.looking import look_at
from saas.core.jobs import job

log = structlog.get_logger()


@job(LOOK_JOB, retries=12, outside=True)
def look(*, customer: str) -> None:
    """Look at an account that Stripe says has changed."""
    log.info("account_looked_at", customer=customer, ours=look_at(customer))


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
