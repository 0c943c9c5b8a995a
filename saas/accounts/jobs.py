"""Jobs about accounts; each runs in the scope of its organisation."""

import structlog

from saas.accounts import operations
from saas.core.jobs import job

log = structlog.get_logger()


@job(operations.RESET_JOB, when_suspended=True)
def send_reset(*, sealed: str) -> None:
    """Send the link for a new password, if there is such an account."""
    operations.send_reset(sealed)


@job("accounts.clean_up", cron="40 3 * * *", each_tenant=True)
def clean_up() -> None:
    """Delete tokens, sessions and devices that have no use any more."""
    log.info("accounts_cleaned_up", **operations.clean_up())
