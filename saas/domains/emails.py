"""Mail about domains, to those who manage them."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from saas.accounts.queries import get_letterhead
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.domains.doctor import Report
from saas.domains.hosts import display
from saas.domains.queries import disabled_at
from saas.members.queries.audience import Reader
from saas.tenancy.locales import day_in
from saas.tenancy.models import Domain


def send_verified(readers: Iterable[Reader], *, domain: Domain) -> None:
    """That the records are right, and what can be done now."""
    _send("domain_verified", readers, domain)


def send_failing(readers: Iterable[Reader], *, domain: Domain, report: Report) -> None:
    """That the records are no longer right, what to do, and from which day on the domain would not answer."""
    over, head = disabled_at(domain), get_letterhead()
    assert over is not None
    day = day_in(head.language, over.astimezone(ZoneInfo(head.time_zone)), "long")
    _send("domain_failing", readers, domain, until=day, sentence=report.sentence, advice=report.advice)


def send_disabled(readers: Iterable[Reader], *, domain: Domain) -> None:
    """That the domain no longer answers, and how long nobody else can have it."""
    _send("domain_disabled", readers, domain, days=settings().domain_quarantine_days)


def _send(template: str, readers: Iterable[Reader], domain: Domain, **facts: Any) -> None:
    head = get_letterhead()
    about: dict[str, Any] = {
        "organisation": head,
        "support_address": head.support_address or settings().support_address,
        "link": settings().public_url(head.host, f"/settings/domains/{domain.id}"),
        "address": settings().public_url(head.host, "/"),
        "host": display(domain.host),
        "primary": domain.is_primary,
    }
    for reader in readers:
        runtime().postbox.enqueue(render_mail(template, to=reader.email, **about, **facts))
