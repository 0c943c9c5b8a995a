"""Changing the subscription: up at once for a price that was quoted before, down at the end of the period, cancelling, going on.
In the tenant's scope; what Stripe does becomes ours by the look that follows."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from saas.billing import gateway
from saas.billing.models import BillingRequest, Subscription
from saas.billing.module import CANCEL_ASKED, CHANGE_ASKED, MANAGE, PAYMENT_ASKED, PORTAL_OPENED, RESUME_ASKED
from saas.billing.operations.requests import ask, write_request
from saas.billing.operations.subscribing import Choice, address_of
from saas.billing.prices import price_id_of
from saas.billing.queries.subscriptions import get_account, get_request, get_subscription
from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.plans.module import CHANGE
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import lock_standing

REASONS = {
    "too_expensive": "It costs too much",
    "missing_features": "Something is missing",
    "switched_service": "We use something else now",
    "unused": "We do not use it",
    "too_complex": "It is too hard to use",
    "low_quality": "It does not work well enough",
    "customer_service": "We got too little help",
    "other": "Another reason",
}
"""Why people cancel, by Stripe's names."""
FLOWS = {"card": "payment_method_update", "cancel": "subscription_cancel"}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a change costs: ``due`` is charged at once (below zero: set off later), ``lines`` say of what it is made; for changes at
    the end of the period nothing is charged, and ``at_end`` says so."""

    request: BillingRequest
    at_end: bool
    due: int
    currency: str
    lines: list[dict[str, Any]]


def is_upgrade(subscription: Subscription, choice: Choice) -> bool:
    """Whether a change counts at once: to a plan further down in the catalogue, or from months to years of the same. Which is
    more is for the catalogue to say, never a price per day."""
    order = list(catalogue().plans)
    before = order.index(subscription.plan) if subscription.plan in order else -1
    after = order.index(choice.plan)
    if before != after:
        return after > before
    return subscription.cycle == "month" and choice.cycle == "year"


def require_subscription() -> Subscription:
    """The subscription that lives; raises Conflict."""
    found = get_subscription()
    if found is None:
        raise Conflict("There is no subscription. Choose a plan first.")
    return found


def quote_change(choice: Choice, *, actor: Actor) -> Quote:
    """What it costs to have another plan: asked of Stripe as of now, and kept, so that exactly that is charged; commits in between.
    Raises Conflict, NotAllowed, Refused, Unanswered."""
    actor.require(CHANGE)
    subscription = require_subscription()
    with platform_rights():
        price = price_id_of(choice.terms, choice.cycle)
    if price in subscription.items:
        raise Conflict("This is what you have already.")
    at_end = not is_upgrade(subscription, choice) and subscription.status != "trialing"
    facts = {
        "plan": choice.plan,
        "cycle": choice.cycle,
        "price": price,
        "subscription": subscription.id,
        "at_end": at_end,
        "moment": int(now().timestamp()),
    }
    db.session.commit()
    preview = None if at_end else gateway.preview_invoice(_previewed(subscription, facts))
    if preview:
        facts["due"] = preview["amount_due"]
    request = write_request("change", facts, actor=actor)
    db.session.commit()
    lines = (
        [{"text": line["description"], "amount": line["amount"]} for line in preview["lines"]["data"]]
        if preview
        else []
    )
    return Quote(request, at_end, preview["amount_due"] if preview else 0, subscription.currency, lines)


def _previewed(subscription: Subscription, facts: dict[str, Any]) -> dict[str, Any]:
    account = get_account()
    assert account is not None
    return {
        "customer": account.customer_id,
        "subscription": subscription.id,
        "subscription_details": {
            "items": _items(subscription, facts["price"]),
            "proration_behavior": _behaviour(subscription),
            "proration_date": facts["moment"],
        },
    }


def _items(subscription: Subscription, price: str) -> list[dict[str, Any]]:
    """The plan's item with another price; the items of use stay."""
    return [{"id": subscription.item_id, "price": price, "quantity": 1}]


def _behaviour(subscription: Subscription) -> str:
    return "none" if subscription.status == "trialing" else "always_invoice"


def change_subscription(request_id: UUID, *, actor: Actor) -> None:
    """Do what was quoted: charge the quoted sum now, or plan the change for the end of the period; commits in between.

    Raises Conflict when the subscription has changed since, Declined when the card does: then nothing has changed.
    """
    actor.require(CHANGE)
    request, subscription = get_request(request_id, "change"), _locked()
    if request.state != "open" or request.facts["subscription"] != subscription.id:
        raise Conflict("This was done or dropped already. Look at the price once more.")
    if now().timestamp() - request.facts["moment"] > 3600:
        raise Conflict("This price was looked up more than an hour ago. Look at it once more.")
    plan = request.facts["plan"]
    record(
        CHANGE_ASKED,
        actor=actor,
        target=Target("plan", plan, catalogue().plans[plan].label),
        cycle=request.facts["cycle"],
    )
    _release(subscription, request)
    if request.facts["at_end"]:
        ask(request.id, lambda key: _plan_change(subscription, request.facts, key))
    else:
        ask(
            request.id,
            lambda key: gateway.update_subscription(subscription.id, _update(subscription, request), key=key),
        )


def _update(subscription: Subscription, request: BillingRequest) -> dict[str, Any]:
    return {
        "items": _items(subscription, request.facts["price"]),
        "proration_behavior": _behaviour(subscription),
        "proration_date": request.facts["moment"],
        "payment_behavior": "error_if_incomplete",
        "cancel_at_period_end": False,
    }


def _locked() -> Subscription:
    lock_standing()
    return require_subscription()


def _release(subscription: Subscription, request: BillingRequest) -> None:
    """Forget a change that waited for the end of the period: a new one takes its place."""
    if schedule := subscription.next.get("schedule"):
        db.session.commit()
        gateway.release_schedule(schedule, key=f"{request.id}:release")


def _plan_change(subscription: Subscription, facts: dict[str, Any], key: str) -> gateway.Found:
    schedule = gateway.create_schedule({"from_subscription": subscription.id}, key=key)
    now_ = schedule["phases"][0]
    kept = [
        {"price": item["price"], **({"quantity": item["quantity"]} if item.get("quantity") else {})}
        for item in now_["items"]
    ]
    own = next(price for price, item in subscription.items.items() if item == subscription.item_id)
    wanted = [{**item, "price": facts["price"]} if item["price"] == own else item for item in kept]
    phases = [
        {"items": kept, "start_date": now_["start_date"], "end_date": now_["end_date"]},
        {"items": wanted, "start_date": now_["end_date"], "proration_behavior": "none"},
    ]
    return gateway.update_schedule(schedule["id"], {"end_behavior": "release", "phases": phases}, key=f"{key}:phases")


def cancel(*, reason: str, comment: str, at_once: bool, actor: Actor) -> None:
    """End the subscription at the end of what is paid, or now, which gives nothing back; commits in between. Raises Invalid,
    Conflict, NotAllowed, Refused, Unanswered."""
    actor.require(CHANGE)
    if reason not in REASONS:
        raise Invalid("Tell us why, please.", field="reason")
    subscription = _locked()
    if subscription.cancel_at and not at_once:
        raise Conflict("It is cancelled already.")
    about = {"feedback": reason, **({"comment": comment} if comment else {})}
    facts = {"subscription": subscription.id, "at_once": at_once, "reason": reason}
    request = write_request("cancel", facts, actor=actor)
    record(CANCEL_ASKED, actor=actor, target=_target(subscription), reason=REASONS[reason], at_once=at_once)
    _release(subscription, request)
    if at_once:
        params = {"cancellation_details": about, "prorate": False, "invoice_now": True}
        ask(request.id, lambda key: gateway.cancel_subscription(subscription.id, params, key=key))
    else:
        params = {"cancellation_details": about, "cancel_at_period_end": True}
        ask(request.id, lambda key: gateway.update_subscription(subscription.id, params, key=key))


def resume(*, actor: Actor) -> None:
    """Take back a cancellation, or a change that waits for the end of the period; commits in between. Raises Conflict where
    there is neither, NotAllowed, Refused, Unanswered."""
    actor.require(CHANGE)
    subscription = _locked()
    if not subscription.cancel_at and not subscription.next:
        raise Conflict("Nothing is cancelled.")
    request = write_request("resume", {"subscription": subscription.id}, actor=actor)
    record(RESUME_ASKED, actor=actor, target=_target(subscription))
    _release(subscription, request)
    ask(request.id, lambda key: gateway.update_subscription(subscription.id, {"cancel_at_period_end": False}, key=key))


def _target(subscription: Subscription) -> Target:
    plan = catalogue().plans.get(subscription.plan)
    return Target("plan", subscription.plan, plan.label if plan else subscription.plan)


def pay(invoice_id: str, *, label: str, actor: Actor) -> None:
    """Have an invoice charged again to the card that is on file; commits in between. Raises Declined, Refused, Unanswered."""
    actor.require(MANAGE)
    request = write_request("pay", {"invoice": invoice_id}, actor=actor)
    record(PAYMENT_ASKED, actor=actor, target=Target("invoice", invoice_id, label))
    ask(request.id, lambda key: gateway.pay_invoice(invoice_id, {}, key=key))


def open_portal(flow: str, *, actor: Actor) -> str:
    """The address of Stripe's page where people help themselves, at what they want to do (“card”, “cancel”; else the start);
    commits in between. Raises Conflict without an account, NotAllowed, Refused, Unanswered."""
    actor.require(MANAGE)
    account, subscription = get_account(), get_subscription()
    if account is None:
        raise Conflict("There is nothing to pay yet. Choose a plan first.")
    params: dict[str, Any] = {"customer": account.customer_id, "return_url": address_of("/billing")}
    if flow in FLOWS:
        params["flow_data"] = {"type": FLOWS[flow]}
    if flow == "cancel":
        if subscription is None:
            raise Conflict("There is no subscription.")
        params["flow_data"]["subscription_cancel"] = {"subscription": subscription.id}
    record(PORTAL_OPENED, actor=actor)
    db.session.commit()
    return str(gateway.create_portal(params)["url"])
