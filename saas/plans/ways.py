"""Which way leads from the present plan to another one."""

from enum import StrEnum

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Plan
from saas.core.clock import now
from saas.core.runtime import settings
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import Status
from saas.tenancy.standing import SUBSCRIBED, get_standing


class Way(StrEnum):
    """HERE: it is the present plan. SWITCH: at once. BUY: it is paid for. CHANGE: the subscription becomes another one. LEAVE: the
    subscription is cancelled. ASK: we are asked for it. TALK: it is agreed on. NONE: nobody can have it."""

    HERE = "here"
    SWITCH = "switch"
    BUY = "buy"
    CHANGE = "change"
    LEAVE = "leave"
    ASK = "ask"
    TALK = "talk"
    NONE = "none"


def way_to(plan: str) -> Way:
    """How the organisation in scope comes to a plan: free ones at once, and while it tries one, any that has a price.

    With a subscription everything goes by way of that; without one, what it has and does not pay for yet can be bought.
    """
    sold, present = catalogue(), entitlements().terms
    if plan not in sold.plans:
        return Way.NONE
    wanted, here = sold.plans[plan], plan == present.plan
    if here and sold.terms(plan).version == present.version:
        return Way.BUY if _can_pay(wanted) and not is_subscribed() else Way.HERE
    if wanted.hidden:
        return Way.HERE if here else Way.NONE
    if wanted.custom:
        return Way.TALK
    if is_subscribed():
        return Way.CHANGE if wanted.month else Way.LEAVE
    if wanted.month == 0 or is_on_trial():
        return Way.SWITCH
    return Way.BUY if _can_pay(wanted) else Way.ASK


def cycle_to_buy(plan: str) -> str:
    """By which cycle a plan can be bought online today: “month” where it can, else “year”, or nothing."""
    sold = catalogue().plans.get(plan)
    return "" if sold is None or not _can_pay(sold) else "month" if sold.month else "year"


def _can_pay(plan: Plan) -> bool:
    return settings().is_paid_online and bool(plan.month or plan.year) and not plan.custom and not plan.hidden


def is_subscribed() -> bool:
    """Whether the organisation has a subscription that lives."""
    return bool(get_standing().config.get(SUBSCRIBED))


def is_on_trial() -> bool:
    """Whether the organisation still tries its plan."""
    standing = get_standing()
    ends = standing.trial_ends_at
    return standing.status == Status.TRIALING and ends is not None and ends > now()
