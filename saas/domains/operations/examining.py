"""Examinations: asked for at most every few seconds, made by a job, and what follows from what they say."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Update, delete, update
from sqlalchemy.exc import IntegrityError

from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.jobs import enqueue
from saas.core.module import AuditEvent
from saas.domains.certificates.operations import request_certificate
from saas.domains.doctor import Report
from saas.domains.emails import send_disabled, send_failing, send_verified
from saas.domains.hosts import skeleton
from saas.domains.module import DISABLED, FAILING, MANAGE, RECOVERED, VERIFIED
from saas.domains.operations.holding import NotFree, held, keep_back, require_free, target_of
from saas.domains.queries import disabled_at, get_domain, status_of
from saas.domains.statuses import HostStatus
from saas.members.queries.audience import list_holders
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain, ReleasedDomain
from saas.tenancy.scope import platform_rights

EXAMINE_JOB = "domains.examine"
PAUSE = timedelta(seconds=10)
"""Between two examinations of a domain, whoever asks."""
WARNED_EVERY = timedelta(days=1)


def ask_for_examination(domain: Domain, *, gives_way: bool = False) -> bool:
    """Have a domain examined soon, or when nothing else is to be done; False when that was asked for less than PAUSE ago."""
    moment = now()
    rested = Domain.asked_at.is_(None) | (Domain.asked_at <= moment - PAUSE)
    asked = update(Domain).where(Domain.id == domain.id, rested).values(asked_at=moment).returning(Domain.id)
    if db.session.scalar(asked.execution_options(synchronize_session=False)) is None:
        return False
    domain.asked_at = moment
    name, tenant = f"domain {domain.id}", str(domain.tenant_id)
    once = name if gives_way else None
    enqueue(EXAMINE_JOB, lock=name, once=once, gives_way=gives_way, tenant=tenant, domain=str(domain.id))
    return True


def ask_for_all(domains: Iterable[Domain]) -> int:
    """Have several domains examined for which nobody waits at a page; how many were not a moment ago."""
    in_order = sorted(
        domains, key=lambda domain: domain.id
    )  # whoever asks for the same waits for us, and not we for them
    return sum(ask_for_examination(domain, gives_way=True) for domain in in_order)


def take_report(domain_id: UUID, report: Report, *, actor: Actor) -> HostStatus:
    """Keep what an examination said, and let follow what does; the host's status then. Raises NotFound when it is gone.

    What could not be asked changes nothing: neither is a claim verified by it, nor does a domain fail.
    """
    domain = get_domain(domain_id, to_change=True)
    domain.report, domain.checked_at = report.stored(), now()
    if domain.skeleton != (looks := skeleton(domain.host)):
        _write(domain, skeleton=looks)
    if domain.spared and report.proven:
        _write(domain, spared=False)
    if report.points_here and (report.proven or domain.spared):
        _accept(domain, actor)
    elif report.points_here is False or (report.proven is False and not domain.spared):
        _miss(domain, report, actor)
    return status_of(domain)


def _accept(domain: Domain, actor: Actor) -> None:
    """The records are right."""
    match status_of(domain):
        case HostStatus.PENDING | HostStatus.DISABLED:
            try:
                verify_domain(domain, actor=actor)
            except NotFree as refusal:
                domain.report = {**domain.report, **_refused(refusal.message)}
        case HostStatus.FAILING:
            domain.failing_since = None
            _note(RECOVERED, domain, actor)


def _refused(message: str) -> dict[str, str]:
    return {"cause": "held", "sentence": message, "advice": ""}


def _miss(domain: Domain, report: Report, actor: Actor) -> None:
    """The records are not right, and that is certain."""
    over = disabled_at(domain)
    if status_of(domain) is HostStatus.ACTIVE:
        domain.failing_since = now()
        _note(FAILING, domain, actor, cause=report.cause)
    elif over is not None and over <= now():
        disable_domain(domain, actor=actor, cause=report.cause)
    if status_of(domain) is HostStatus.FAILING:
        _warn(domain, report)


def _warn(domain: Domain, report: Report) -> None:
    """Tell by mail that a domain fails: once each time, and for records that come and go once a day."""
    told = domain.warned_at
    if told is None or (told < (domain.failing_since or told) and told <= now() - WARNED_EVERY):
        domain.warned_at = now()
        send_failing(list_holders(MANAGE), domain=domain, report=report)


def verify_domain(domain: Domain, *, actor: Actor) -> None:
    """Give a host to the organisation, whose records were found to be right: from the commit on it answers.

    Raises NotFree when another organisation was faster, or the host is kept for one. It is taken before that is asked: once
    nobody else can have it, whatever was given up is seen.
    """
    own, host, was_own = domain.tenant_id, domain.host, status_of(domain) is HostStatus.DISABLED
    mine = (ReleasedDomain.host == host) & (ReleasedDomain.tenant_id == own)
    try:
        with platform_rights() as session:
            session.execute(_values(domain.id, verified_at=now(), failing_since=None))
            require_free(host, own=own, was_own=was_own)
            session.execute(delete(ReleasedDomain).where(mine))
    except IntegrityError as error:
        if constraint_of(error) != "uq_domains_verified":
            raise
        raise held() from None
    db.session.refresh(domain, ["verified_at", "failing_since"])
    _note(VERIFIED, domain, actor)
    send_verified(list_holders(MANAGE), domain=domain)
    request_certificate(host)


def disable_domain(domain: Domain, *, actor: Actor, cause: str) -> None:
    """Take a host away whose records were wrong for the days of grace; it is kept for this organisation for some days more."""
    keep_back(domain, token=domain.token)
    _write(domain, verified_at=None, is_primary=False, spared=False)
    _note(DISABLED, domain, actor, cause=cause, since=domain.failing_since)
    send_disabled(list_holders(MANAGE), domain=domain)


def _write(domain: Domain, **values: Any) -> None:
    """Change what the organisation itself cannot."""
    with platform_rights() as session:
        session.execute(_values(domain.id, **values))
    db.session.refresh(domain, list(values))


def _values(domain_id: UUID, **values: Any) -> Update:
    change = update(Domain).where(Domain.id == domain_id).values(values)
    return change.execution_options(synchronize_session=False)


def _note(event: AuditEvent, domain: Domain, actor: Actor, **facts: Any) -> None:
    record(event, actor=actor, target=target_of(domain), **facts)
    directory.forget_with_commit(domain.tenant_id)
