"""What domains do later."""

from uuid import UUID

import structlog

from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.errors import NotFound
from saas.core.jobs import job
from saas.domains import operations
from saas.domains.asking import asker
from saas.domains.doctor import examine
from saas.domains.queries import claim_of, get_domain, list_domains, list_hurried, list_tenants_in_hurry
from saas.tenancy.directory import directory
from saas.tenancy.scope import inside, platform_work, tenant_scope, tenant_work

log = structlog.get_logger()

DOCTOR = Actor("job", "Examination of domains")


@job(operations.EXAMINE_JOB, retries=1, outside=True)
def examine_domain(*, tenant: str, domain: str) -> None:
    """Ask the world about a domain, with no transaction open, and take its answer."""
    entry, number = directory.by_id(UUID(tenant)), UUID(domain)
    if entry is None:
        return
    try:
        with tenant_scope(entry):
            claim = claim_of(get_domain(number))
        report = examine(claim, asker(), now())
        with tenant_work(entry):
            status = operations.take_report(number, report, actor=DOCTOR)
    except NotFound:
        return  # it was released meanwhile
    log.info("domain_examined", host=claim.host, cause=report.cause, status=status)


@job("domains.recheck", cron="23 4 * * *", each_tenant=True)
def recheck() -> None:
    """Examine every domain anew, and forget claims that nobody follows up."""
    forgotten, asked = operations.forget_stale_claims(actor=DOCTOR), operations.ask_for_all(list_domains())
    if forgotten or asked:
        log.info("domains_rechecked", asked=asked, forgotten=forgotten)


@job("domains.look_again", cron="53 * * * *", unscoped=True)
def look_again() -> None:
    """Examine what somebody waits for: domains that fail, and claims made lately."""
    with platform_work():
        for tenant in list_tenants_in_hurry():
            with inside(tenant):
                operations.ask_for_all(list_hurried())
