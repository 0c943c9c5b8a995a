"""What plans do later."""

import structlog

from saas.core.jobs import job
from saas.plans.trials import look_at_trial

log = structlog.get_logger()


@job("plans.look_at_trial", cron="23 * * * *", each_tenant=True)
def look() -> None:
    """Remind of a trial that ends, end it, and suspend who chose no plan after it."""
    if done := look_at_trial():
        log.info("trial", done=done)
