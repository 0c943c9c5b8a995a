"""The platform's own jobs about tenants. They need the owner's login, so they open their own connections and scopes."""

from saas.core.jobs import job
from saas.core.runtime import settings
from saas.tenancy.operations import SPARES_JOB
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.removal import mark_expired, purge_tenant
from saas.tenancy.scope import platform_work


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
        for tenant_id in expired:
            purge_tenant(connection, tenant_id)
