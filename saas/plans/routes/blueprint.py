"""The blueprint of an organisation's own plan, and what every template may ask of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint

from saas.core.runtime import settings
from saas.plans.trials import free_label, suspends_at
from saas.plans.ways import is_subscribed
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import Status
from saas.tenancy.standing import get_standing

bp = Blueprint("plans", __name__, subdomain="tenant")


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """What comes after a trial without a subscription: the plan called ``free`` goes on, or, where none is, the organisation is
    suspended at ``stops_at`` unless it has chosen a plan."""

    free: str
    stops_at: datetime


@bp.app_template_global("trial_end")
def trial_end() -> TrialEnd | None:
    """What comes after the trial of the organisation; None while it tries nothing, or pays already."""
    standing = get_standing()
    if standing.status != Status.TRIALING or standing.trial_ends_at is None or is_subscribed():
        return None
    return TrialEnd(free_label(), standing.trial_ends_at + timedelta(days=settings().auto_suspend_days))


@bp.app_template_global("choose_by")
def choose_by() -> datetime | None:
    """When an organisation is suspended that has to choose a plan; None for others."""
    return suspends_at(get_standing())


@bp.app_template_global("is_tried")
def is_tried() -> bool:
    """Whether the plan is still tried, so that use costs nothing."""
    return get_standing().status == Status.TRIALING


@bp.app_template_global("plan_label")
def plan_label() -> str:
    """What the organisation's plan is called."""
    return entitlements().terms.label
