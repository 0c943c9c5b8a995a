"""What streams do later."""

from saas.core.jobs import job
from saas.modules.streams.operations import OVERDUE_JOB, end_overdue


@job(OVERDUE_JOB, cron="13 * * * *", each_tenant=True)
def watch() -> None:
    """End streams that have been on air too long: asked when each is due, and every hour in case that was lost."""
    end_overdue()
