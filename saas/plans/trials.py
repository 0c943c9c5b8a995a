"""Trials: people hear that one ends; then a free plan goes on, or the organisation has some days to choose one before it is
suspended. Nothing is ever deleted by this."""

from datetime import datetime, timedelta

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.module import AuditEvent
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.plans.emails import send_suspended, send_trial_ending, send_trial_over
from saas.plans.module import SUSPENDED, TRIAL_ENDED, TRIAL_EXTENDED
from saas.plans.ways import is_subscribed
from saas.tenancy.config import keep
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.plans import give_plan
from saas.tenancy.queries import get_tenant
from saas.tenancy.recording import record_about
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import Standing, forget_standing, get_standing, lock_standing

WATCH = Actor("job", "Watch over trials")
REMIND_DAYS = (3, 1)
"""How many days before the end of a trial people hear of it."""
LONGEST = 30
TOLD = "trial_told"
"""The key in an organisation's config that says of which reminder its people were told last."""
OVER = "trial_over"
"""The key that says that the trial ended and no plan was chosen since; whoever is suspended after that may still try on."""
_CHOOSE = "The trial ended. Choose a plan to go on."
UNCHOSEN = "The trial ended, and no plan was chosen."
"""Why an organisation was suspended that chose no plan in time."""


def look_at_trial() -> str:
    """Do what is due for the trial of the tenant in scope; says what was done, nothing when nothing was."""
    standing = lock_standing()
    if is_subscribed():
        return ""  # then Stripe says when it ends
    if standing.status == Status.TRIALING and standing.trial_ends_at:
        return end_trial(actor=WATCH) if standing.trial_ends_at <= now() else _remind(standing)
    if standing.status == Status.ACTIVE and standing.config.get(OVER):
        return wait_for_choice(actor=WATCH)
    last = suspends_at(standing)
    return suspend_unpaid(actor=WATCH) if last and last <= now() else ""


def suspends_at(standing: Standing) -> datetime | None:
    """When an organisation whose trial has ended is suspended unless it has chosen a plan; None for others."""
    if standing.status != Status.PAST_DUE or not standing.config.get(OVER):
        return None
    return standing.since + timedelta(days=settings().auto_suspend_days)


def _remind(standing: Standing) -> str:
    assert standing.trial_ends_at is not None
    left = standing.trial_ends_at - now()
    due = min((days for days in REMIND_DAYS if left <= timedelta(days=days)), default=0)
    mark = f"{standing.trial_ends_at.isoformat()} {due}"
    if not due or standing.config.get(TOLD) == mark:
        return ""
    keep({TOLD: mark})
    send_trial_ending(standing.trial_ends_at, free=free_label())
    return "reminded"


def free_label() -> str:
    """What the plan is called that goes on after a trial; nothing where none costs nothing."""
    free = catalogue().free_plan
    return catalogue().plans[free].label if free else ""


def end_trial(*, actor: Actor) -> str:
    """End the trial: go on with the plan that costs nothing, if one is sold, else wait for a choice."""
    free, before, own = catalogue().free_plan, get_standing(), str(current_tenant_id())
    keep({OVER: not free})
    with platform_rights():
        tenant = get_tenant(own)
        if free:
            give_plan(tenant, free, actor=actor)
            change_status(tenant, Status.ACTIVE, reason="The trial ended; the free plan goes on.", actor=actor)
        else:
            change_status(tenant, Status.PAST_DUE, reason=_CHOOSE, actor=actor)
    forget_standing()
    after = get_standing()
    changes = changes_of({"plan": before.plan, "status": before.status}, {"plan": after.plan, "status": after.status})
    record(TRIAL_ENDED, actor=actor, target=Target("plan", after.plan, before.plan), changes=changes)
    send_trial_over(free=free_label(), days=settings().auto_suspend_days)
    return "ended"


def wait_for_choice(*, actor: Actor) -> str:
    """Have an organisation choose that is in service with a plan that it does not pay for, such as one that was brought back."""
    _move(Status.PAST_DUE, reason=_CHOOSE, event=TRIAL_ENDED, actor=actor)
    return "waits for a choice"


def suspend_unpaid(*, actor: Actor) -> str:
    """Suspend the organisation whose trial ended without a plan."""
    _move(Status.SUSPENDED, reason=UNCHOSEN, event=SUSPENDED, actor=actor)
    send_suspended()
    return "suspended"


def _move(status: Status, *, reason: str, event: AuditEvent, actor: Actor) -> None:
    """Move the organisation in scope to another status, which its log tells."""
    before, own = get_standing().status, str(current_tenant_id())
    with platform_rights():
        change_status(get_tenant(own), status, reason=reason, actor=actor)
    forget_standing()
    plan, changes = get_standing().plan, changes_of({"status": before}, {"status": status})
    record(event, actor=actor, target=Target("plan", plan, plan), changes=changes)


def extend_trial(tenant: Tenant, days: int, *, actor: Actor) -> None:
    """Let a tenant try its plan for so many days from now on, in the platform's scope; also one whose trial has ended.

    Raises Invalid beyond LONGEST, Conflict for a tenant that tries nothing.
    """
    if not 1 <= days <= LONGEST:
        raise Invalid(f"Give from 1 to {LONGEST} days.", field="days")
    db.session.refresh(tenant, ["status", "config", "trial_ends_at"], with_for_update=True)
    over = tenant.config.get(OVER) and tenant.status in (Status.PAST_DUE, Status.SUSPENDED)
    if tenant.status != Status.TRIALING and not over:
        raise Conflict(f"“{tenant.name}” is {tenant.status} and tries nothing.")
    tenant.trial_ends_at = now() + timedelta(days=days)
    tenant.config = {**tenant.config, OVER: False}
    change_status(tenant, Status.TRIALING, reason=f"The trial goes on for {days} days.", actor=actor)
    record_about(tenant, TRIAL_EXTENDED, actor=actor, days=days)


def open_again(tenant: Tenant, *, actor: Actor) -> bool:
    """Bring a tenant whose trial ended without a plan back into service, now that it has one; in the platform's scope. False
    for all others: they are where they are for other reasons."""
    db.session.refresh(tenant, ["status", "config"], with_for_update=True)
    if not tenant.config.get(OVER) or tenant.status not in (Status.PAST_DUE, Status.SUSPENDED):
        return False
    tenant.config = {**tenant.config, OVER: False}
    return change_status(tenant, Status.ACTIVE, reason="A plan was chosen after the trial.", actor=actor)
