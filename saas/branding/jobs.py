"""What branding does by itself."""

import structlog

from saas.branding.operations import compile_anew, forget_versions, refresh_look, tidy_pictures
from saas.core.jobs import job

log = structlog.get_logger()


@job("branding.tidy", cron="52 4 * * *", each_tenant=True)
def tidy() -> None:
    """Make a brand anew that an older release made; forget very old versions, and pictures that were never published."""
    if made := compile_anew():
        log.info("brand_compiled_anew", version=made)
    elif refresh_look():
        log.info("brand_look_refreshed")
    forget_versions()
    if removed := tidy_pictures():
        log.info("brand_pictures_removed", count=removed)
