"""What is done about certificates later."""

from saas.core.jobs import job
from saas.core.runtime import settings
from saas.domains.certificates.operations import CERTIFY_JOB, enqueue_order, forget_others, notice_lost
from saas.domains.certificates.ordering import certify as certify_host
from saas.domains.certificates.queries import is_limited, list_due
from saas.tenancy.scope import platform_work

AT_ONCE = 8
"""Orders begun in a round of five minutes at most: Let's Encrypt, for one, takes 300 within three hours."""


@job(CERTIFY_JOB, outside=True)
def certify(*, host: str) -> None:
    """Get a host's certificate."""
    certify_host(host)


@job("domains.renew", cron="*/5 * * * *", unscoped=True)
def renew() -> None:
    """Have certificates ordered and renewed that are due, and take away those of hosts that were given up."""
    if settings().certificates != "acme":
        return
    forget_others()
    notice_lost()
    with platform_work():
        for host in [] if is_limited() else list_due(AT_ONCE):
            enqueue_order(host, gives_way=True)
