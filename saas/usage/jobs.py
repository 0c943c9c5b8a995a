"""What usage does later."""

from datetime import date

from saas.core.jobs import job
from saas.usage.operations.warning import WARN_JOB


@job(WARN_JOB)
def warn(*, meter: str, period: str, level: int) -> None:
    """Tell people once in a period that a limit or the budget is used up so far."""
    date.fromisoformat(period)
