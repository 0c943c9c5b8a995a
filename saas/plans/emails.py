"""Mail about plans."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from saas.catalogue.terms import Terms
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.members.queries.audience import list_holders
from saas.members.queries.seats import count_seated
from saas.plans.module import CHANGE
from saas.tenancy.directory import directory
from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import day_in
from saas.tenancy.queries import own_tenant


def send_wanted(wanted: Terms, *, present: Terms, message: str, actor: Actor) -> None:
    """Tell the platform's support that an organisation asks for a plan, what it wrote, and who to answer."""
    tenant = own_tenant()
    mail = render_mail(
        "plan_wanted",
        to=settings().support_address,
        called=tenant.name,
        host=settings().tenant_host(tenant.slug),
        wanted=wanted.label,
        present=present.label,
        people=count_seated(),
        message=message,
        asked_by=actor.name,
        email=actor.email,
    )
    runtime().postbox.enqueue(mail)


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who has no organisation here, and what they need."""

    name: str
    email: str
    company: str
    message: str


def send_prospect(wanted: Terms, prospect: Prospect) -> None:
    """Tell the platform's support that a prospect asks for a plan."""
    mail = render_mail("plan_prospect", to=settings().support_address, wanted=wanted.label, prospect=prospect)
    runtime().postbox.enqueue(mail)


def send_trial_ending(ends_at: datetime, *, free: str) -> None:
    """Tell those who may choose a plan that the trial ends; ``free`` is the plan that goes on then, if there is one."""
    _send("trial_ending", "/plan", ends_at=ends_at, free=free)


def send_trial_over(*, free: str, days: int) -> None:
    """Tell them that it is over, and what comes: a free plan, or the suspension in so many days."""
    _send("trial_over", "/plan", free=free, days=days)


def send_suspended() -> None:
    """Tell them that the organisation is suspended because no plan was chosen."""
    _send("trial_suspended", "/plan")


def _send(message: str, path: str, *, ends_at: datetime | None = None, **facts: Any) -> None:
    entry = directory.by_id(current_tenant_id())
    assert entry is not None
    here = (ends_at or now()).astimezone(ZoneInfo(entry.time_zone))
    for reader in list_holders(CHANGE):
        mail = render_mail(
            message,
            to=reader.email,
            organisation=entry,
            support_address=entry.support_address or settings().support_address,
            link=settings().public_url(entry.host, path),
            plan=entitlements().terms.label,
            day=day_in(entry.language, here.date(), "long"),
            **facts,
        )
        runtime().postbox.enqueue(mail)
