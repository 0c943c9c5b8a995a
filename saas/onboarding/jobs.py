"""Jobs of the public site and of getting started."""

from saas.core.jobs import job
from saas.onboarding.guidance import remind_of_first_steps
from saas.onboarding.operations import FIND_JOB, answer_for_organisations


@job(FIND_JOB)
def send_organisations(*, sealed: str) -> None:
    """Mail somebody the organisations that know the address."""
    answer_for_organisations(sealed)


@job("onboarding.first_steps", cron="10 8 * * *", each_tenant=True)
def first_steps() -> None:
    """Mail the owners of a young organisation what is left to set up."""
    remind_of_first_steps()
