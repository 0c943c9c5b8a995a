"""Which way leads from the present plan to another one, while nothing can be paid for online."""

from enum import StrEnum

from saas.catalogue.current import catalogue
from saas.core.clock import now
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import Status
from saas.tenancy.standing import get_standing


class Way(StrEnum):
    """HERE: it is the present plan. SWITCH: at once. ASK: we are asked for it. TALK: it is agreed on. NONE: nobody can have it."""

    HERE = "here"
    SWITCH = "switch"
    ASK = "ask"
    TALK = "talk"
    NONE = "none"


def way_to(plan: str) -> Way:
    """How the organisation in scope comes to a plan: free ones at once, and while it tries one, any that has a price."""
    sold, present = catalogue(), entitlements().terms
    if plan not in sold.plans:
        return Way.NONE
    if plan == present.plan and sold.terms(plan).version == present.version:
        return Way.HERE
    if sold.plans[plan].hidden:
        return Way.HERE if plan == present.plan else Way.NONE
    if sold.plans[plan].custom:
        return Way.TALK
    return Way.SWITCH if sold.plans[plan].month == 0 or is_on_trial() else Way.ASK


def is_on_trial() -> bool:
    """Whether the organisation still tries its plan."""
    standing = get_standing()
    ends = standing.trial_ends_at
    return standing.status == Status.TRIALING and ends is not None and ends > now()
