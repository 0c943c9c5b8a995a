"""Jobs of the public site."""

from saas.core.jobs import job
from saas.onboarding.operations import FIND_JOB, answer_for_organisations


@job(FIND_JOB)
def send_organisations(*, sealed: str) -> None:
    """Mail somebody the organisations that know the address."""
    answer_for_organisations(sealed)
