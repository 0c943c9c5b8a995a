"""Jobs about people; each runs in the scope of its organisation."""

import structlog

from saas.core.jobs import job
from saas.members.operations import joining

log = structlog.get_logger()


@job(joining.ASK_JOB)
def take_request(*, sealed: str) -> None:
    """Answer somebody who wants to join."""
    joining.take_request(sealed)


@job(joining.ANNOUNCE_JOB)
def announce_requests() -> None:
    """Tell those who may invite that people wait."""
    joining.announce_requests()


@job("members.clean_up", cron="50 3 * * *", each_tenant=True)
def clean_up() -> None:
    """Close requests to join that nobody decided about, and forget old ones."""
    log.info("join_requests_cleaned_up", **joining.clean_up())
