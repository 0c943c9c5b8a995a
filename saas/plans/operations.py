"""Moving to another plan, asking for one, and choosing the parts of the product."""

from collections.abc import Collection

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.errors import Conflict, Invalid
from saas.core.marks import mark_of
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.plans.emails import Prospect, send_prospect, send_wanted
from saas.plans.module import CHANGE, CHANGED, CONTACTED, MODULES, MODULES_CHANGED, WANTED
from saas.plans.trials import OVER
from saas.plans.ways import Way, way_to
from saas.tenancy.config import keep
from saas.tenancy.entitlements import MODULES_OFF, entitlements
from saas.tenancy.models import Status
from saas.tenancy.operations import change_status
from saas.tenancy.plans import check_plan, give_plan
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import forget_standing, lock_standing

LONGEST_WISH = 2000
"""Characters of what somebody writes who asks for a plan."""
_REFUSALS = {
    Way.HERE: "This is your plan already.",
    Way.BUY: "This plan is paid for. Subscribe to it.",
    Way.CHANGE: "There is a subscription. Change that to this plan.",
    Way.LEAVE: "There is a subscription. Cancel it to go on with this plan.",
    Way.ASK: "This plan is paid for. Ask us for it, and we move you.",
    Way.TALK: "What this plan costs is agreed on. Please write to us.",
    Way.NONE: "This plan cannot be chosen.",
}


def change_plan(plan: str, *, actor: Actor) -> None:
    """Move the organisation to a plan as it is sold today: a free one, or any with a price while it is on trial.

    Nothing is deleted: what does not fit stays, and nothing is added until it does. Raises Invalid, Conflict, NotAllowed.
    """
    actor.require(CHANGE)
    lock_standing()
    if (way := way_to(check_plan(plan))) is not Way.SWITCH:
        raise Conflict(_REFUSALS[way])
    before, own = entitlements().terms, str(current_tenant_id())
    keep({OVER: False})
    with platform_rights():
        tenant = get_tenant(own)
        give_plan(tenant, plan, actor=actor)
        if catalogue().plans[plan].month == 0 and tenant.status in (Status.TRIALING, Status.PAST_DUE):
            change_status(tenant, Status.ACTIVE, reason="A plan was chosen that costs nothing.", actor=actor)
    forget_standing()
    changes = changes_of(
        {"plan": before.plan, "version": before.version}, {"plan": plan, "version": entitlements().terms.version}
    )
    record(CHANGED, actor=actor, target=_target(plan), changes=changes)


def check_wish(plan: str) -> Way:
    """How a plan is asked for: with a click (ASK), or in words (TALK). Raises Invalid, Conflict for one that is not asked for."""
    if (way := way_to(check_plan(plan))) not in (Way.ASK, Way.TALK):
        raise Conflict("You can move to this plan yourself." if way is Way.SWITCH else _REFUSALS[way])
    return way


def ask_for_plan(plan: str, *, message: str = "", actor: Actor) -> None:
    """Ask the platform for a plan that has a price, or, with a ``message``, for one whose price is agreed on; we answer whoever
    asks. Raises Invalid, Conflict, NotAllowed."""
    actor.require(CHANGE)
    message = message.strip()
    if check_wish(plan) is Way.TALK and not message:
        raise Invalid("Tell us in a few words what you need.", field="message")
    if len(message) > LONGEST_WISH:
        raise Invalid(f"Use at most {LONGEST_WISH} characters.", field="message")
    send_wanted(catalogue().terms(plan), present=entitlements().terms, message=message, actor=actor)
    record(WANTED, actor=actor, target=_target(plan))


def contact_us(plan: str, prospect: Prospect, *, actor: Actor) -> None:
    """Ask the platform for a plan without having an organisation. The operators' log tells that somebody did, not who."""
    send_prospect(catalogue().terms(plan), prospect)
    record(CONTACTED, actor=actor, target=_target(plan))


def _target(plan: str) -> Target:
    return Target("plan", plan, catalogue().plans[plan].label)


def modules_version() -> str:
    """What differs as soon as somebody chooses other parts of the product."""
    return mark_of(sorted(entitlements().modules_off))


def set_modules(used: Collection[str], *, version: str, actor: Actor) -> bool:
    """Choose which of the plan's product modules everybody works with; False when it is so already.

    What was made with one that is switched off stays. ``version`` is that of the choice which was looked at: Conflict when
    it was changed since, and while work of one that is switched off is under way. Raises Invalid, NotAllowed.
    """
    actor.require(MODULES)
    granted, off = entitlements(), entitlements().modules_off
    held = {name for name in runtime().registry.products if granted.has_module(name)}
    if set(used) - held:
        raise Invalid("Choose among the parts that your plan has.", field="modules")
    if version != modules_version():
        raise Conflict("Somebody changed this while you looked at it. This is how it is now.")
    after = (off - held) | (held - set(used))
    labels = {name: runtime().registry.products[name].label for name in sorted(held)}
    changes = changes_of(
        *({label: "off" if name in one else "on" for name, label in labels.items()} for one in (off, after))
    )
    if not changes:
        return False
    _require_rest(after - off)
    keep({MODULES_OFF: sorted(after)})
    record(MODULES_CHANGED, actor=actor, target=Target("modules", "used", "parts of the product"), changes=changes)
    return True


def _require_rest(switched_off: Collection[str]) -> None:
    """Raise Conflict while something is at work that nobody could see or end any more."""
    products, underway = runtime().registry.products, runtime().registry.underway
    at_work = {products[name].label: underway[name]() for name in sorted(switched_off) if name in underway}
    said = [
        f"{label}: {count} {'is under way. End it' if count == 1 else 'are under way. End them'} first."
        for label, count in at_work.items()
        if count
    ]
    if said:
        raise Conflict(" ".join(said))
