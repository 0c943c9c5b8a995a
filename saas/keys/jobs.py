"""Jobs about API keys; each runs in the scope of its organisation."""

import structlog

from saas.core.actor import SYSTEM
from saas.core.jobs import job
from saas.keys import operations

log = structlog.get_logger()


@job("keys.settle", cron="10 4 * * *", each_tenant=True)
def settle() -> None:
    """Record keys that have expired, and forget former secrets whose time is over."""
    log.info("keys_settled", **operations.settle_keys(actor=SYSTEM))
