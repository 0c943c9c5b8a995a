"""The platform's own jobs about tenants. Some need the owner's login: they open their own connections and scopes."""

from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import delete

from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import DomainError, first_line
from saas.core.jobs import job
from saas.core.runtime import settings
from saas.tenancy.models import JobReceipt, PlatformReceipt, RateLimit, ReleasedDomain
from saas.tenancy.operations import SPARES_JOB
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.queue import act_in_queue
from saas.tenancy.removal import EXPIRY, mark_expired, purge_tenant
from saas.tenancy.scope import platform_work

log = structlog.get_logger()

RECEIPTS_KEPT = timedelta(days=30)
JOBS_KEPT = timedelta(days=30)


@job(SPARES_JOB, cron="*/5 * * * *", unscoped=True)
def keep_spares() -> None:
    """Keep tenant schemas ready for sign-ups."""
    with owner_connection() as connection:
        top_up(connection, settings().spare_schemas)


@job("tenancy.purge_expired", cron="17 * * * *", unscoped=True)
def purge_expired() -> None:
    """Purge organisations that never verified an address, and cancelled ones after their days of grace."""
    with platform_work():
        expired = mark_expired()
    with owner_connection() as connection:
        failed = [tenant_id for tenant_id in expired if not _is_purged(connection, tenant_id)]
    if failed:
        raise RuntimeError(f"{len(failed)} organisations could not be purged and wait for the next hour")


def _is_purged(connection: psycopg.Connection, tenant_id: UUID) -> bool:
    """One that cannot be purged now must not hinder the others."""
    try:
        purge_tenant(connection, tenant_id, actor=EXPIRY)
    except (psycopg.Error, OSError, DomainError) as error:
        log.error("purge_failed", id=str(tenant_id), error=first_line(error))
        return False
    return True


@job("tenancy.tidy", cron="41 3 * * 7", each_tenant=True)
def tidy() -> None:
    """Forget receipts of jobs that the queue has long forgotten."""
    db.session.execute(delete(JobReceipt).where(JobReceipt.at < now() - RECEIPTS_KEPT))


@job("tenancy.tidy_platform", cron="37 3 * * *", unscoped=True)
def tidy_platform() -> None:
    """Forget the platform's old receipts, counters of windows that have passed, quarantines of domains that are over, and jobs
    that failed long ago."""
    with platform_work() as session:
        session.execute(delete(PlatformReceipt).where(PlatformReceipt.at < now() - RECEIPTS_KEPT))
        session.execute(delete(RateLimit).where(RateLimit.ends_at < now()))
        quarantine = timedelta(days=settings().domain_quarantine_days)
        session.execute(delete(ReleasedDomain).where(ReleasedDomain.at <= now() - quarantine))
    with owner_connection() as connection, connection.transaction():
        act_in_queue(connection)
        connection.execute(
            "DELETE FROM procrastinate_jobs j WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS"
            " (SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > %s)",
            [now() - JOBS_KEPT],
        )
