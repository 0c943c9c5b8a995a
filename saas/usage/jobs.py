"""What usage does later; each runs in the scope of its organisation."""

import structlog

from saas.core.jobs import job
from saas.tenancy.limits import lock_meter
from saas.usage.archiving import archive_all
from saas.usage.operations.rolling import roll_up
from saas.usage.operations.telling import tell_level, tell_of_all
from saas.usage.operations.warning import WARN_JOB
from saas.usage.queries import ALERTS

log = structlog.get_logger()


@job(WARN_JOB)
def warn(*, meter: str, level: int) -> None:
    """Tell people once a month that a limit or the budget is used up so far."""
    tell_level(meter, level)


@job("usage.roll_up", cron="5 * * * *", each_tenant=True)
def roll_up_usage() -> None:
    """Add up what has come in, and look at all limits."""
    lock_meter(ALERTS)  # before the organisation's row: whoever warns takes them in this order
    log.info("usage_rolled_up", rows=roll_up(), told=tell_of_all())


@job("usage.archive", cron="50 2 * * *", unscoped=True)
def archive() -> None:
    """Move events that are older than they are kept out of the database, into the organisations' files."""
    if moved := archive_all():
        log.info("usage_archived", events=moved)
