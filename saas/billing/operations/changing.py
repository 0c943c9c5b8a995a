"""Changing the subscription: up at once for a price that was quoted before, down at the end of the period, cancelling, going on.
In the tenant's scope; what Stripe does becomes ours by the look that follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from saas.billing import gateway
from saas.billing.facts import id_of, read_line
from saas.billing.lines import Line
from saas.billing.models import BillingRequest, Subscription
from saas.billing.module import CANCEL_ASKED, CHANGE_ASKED, MANAGE, PAYMENT_ASKED, PORTAL_OPENED, RESUME_ASKED
from saas.billing.operations.requests import ask, write_request
from saas.billing.operations.subscribing import Choice, address_of, price_of
from saas.billing.operations.wares import PORTALS, slug_of
from saas.billing.prices import what_prices_sell, with_what_it_sells
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.reasons import REASONS
from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.plans.module import CHANGE
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import lock_standing

HOUR = 3600
"""Seconds for which a price that was looked up holds."""
FLOWS = {"card": "payment_method_update", "cancel": "subscription_cancel"}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a change costs as of a ``moment`` (UTC seconds): ``due`` is charged at once (0: less is owed than before, and the rest
    is set off later), ``lines`` say of what it is made. At the end of the period nothing is charged: ``at_end``."""

    moment: int
    at_end: bool
    due: int
    currency: str
    lines: Sequence[Line]


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


def quote_change(choice: Choice, *, moment: int | None = None, actor: Actor) -> Quote:
    """What it costs to have another plan as of a moment of the last hour, now by Stripe's clock by default; asked of Stripe, so
    commits before. Raises Conflict, Invalid, NotAllowed, Refused, Unanswered."""
    actor.require(CHANGE)
    choice.check()
    subscription, price = require_subscription(), price_of(choice)
    if price in subscription.items:
        raise Conflict("This is what you have already.")
    if choice.currency != subscription.currency:
        raise Conflict(
            f"{choice.terms.label} is sold in {choice.currency}, and this subscription is paid in {subscription.currency}."
            " Write to us, and we change it with you."
        )
    at_end = not is_upgrade(subscription, choice) and subscription.status != "trialing"
    ours, currency = int(now().timestamp()), subscription.currency
    if at_end or subscription.status == "trialing":  # a trial is charged when it ends, and not before
        return Quote(ours if moment is None else _recent(moment, ours), at_end, 0, currency, [])
    params = _previewed(subscription, price)
    with platform_rights():
        sold = what_prices_sell()
    db.session.commit()
    if moment is not None:
        params["subscription_details"]["proration_date"] = _recent(moment, _latest(moment, ours, params))
    preview = gateway.preview_invoice(params)
    lines = [with_what_it_sells(read_line(line), sold) for line in preview["lines"]["data"]]
    as_of = _reckoned_at(preview, ours) if moment is None else moment
    return Quote(as_of, False, preview["amount_due"], currency, lines)


def _latest(moment: int, ours: int, params: dict[str, Any]) -> int:
    """Now by our clock, or by Stripe's where the moment lies ahead of us: a test clock may, and whoever made it up is found out."""
    return ours if moment <= ours else _reckoned_at(gateway.preview_invoice(params), ours)


def _reckoned_at(preview: gateway.Found, otherwise: int) -> int:
    """As of when Stripe has reckoned a change (UTC seconds)."""
    details = (preview["parent"] or {}).get("subscription_details") or {}
    return int(details.get("subscription_proration_date") or otherwise)


def _recent(moment: int, latest: int) -> int:
    if not 0 <= latest - moment <= HOUR:
        raise Conflict("This price was looked up too long ago. Look at it once more.")
    return moment


def _previewed(subscription: Subscription, price: str) -> dict[str, Any]:
    account = get_account()
    assert account is not None
    return {
        "customer": account.customer_id,
        "subscription": subscription.id,
        "subscription_details": {
            "items": _items(subscription, price),
            "proration_behavior": _behaviour(subscription),
        },
    }


def _items(subscription: Subscription, price: str) -> list[dict[str, Any]]:
    """The plan's item with another price; the items of use stay."""
    return [{"id": subscription.item_id, "price": price, "quantity": 1}]


def _behaviour(subscription: Subscription) -> str:
    return "none" if subscription.status == "trialing" else "always_invoice"


def change_subscription(choice: Choice, *, moment: int, due: int, actor: Actor) -> BillingRequest:
    """Do what was quoted: charge the quoted sum now, or plan the change for the end of the period; commits in between.

    Raises Conflict when it would cost something else by now, Declined when the card does: then nothing has changed.
    """
    quote = quote_change(choice, moment=moment, actor=actor)
    if quote.due != due:
        raise Conflict("The price has changed since you looked. Look at it once more.")
    subscription = _locked()
    price = price_of(choice)
    facts = {"plan": choice.plan, "cycle": choice.cycle, "price": price, "moment": moment, "due": due}
    request = write_request("change", {**facts, "subscription": subscription.id}, actor=actor)
    record(
        CHANGE_ASKED, actor=actor, target=Target("plan", choice.plan, choice.terms.label), cycle=choice.cycle, due=due
    )
    before = str(subscription.next.get("price", ""))
    if quote.at_end:
        ask(request.id, lambda key: _replan(subscription, price, key))
    else:
        params = {
            "items": _items(subscription, price),
            "proration_behavior": _behaviour(subscription),
            "payment_behavior": "error_if_incomplete",
            "cancel_at_period_end": False,
            **({} if subscription.status == "trialing" else {"proration_date": moment}),
        }
        ask(request.id, lambda key: _upgrade(subscription, params, before, key))
    return request


def _replan(subscription: Subscription, price: str, key: str) -> gateway.Found:
    """Have another change wait for the end of the period."""
    _release(subscription, key)
    return _plan_change(subscription, price, key)


def _upgrade(subscription: Subscription, params: dict[str, Any], before: str, key: str) -> gateway.Found:
    """Change now; what waited for the end of the period makes room for it, and waits again where the change is refused."""
    _release(subscription, key)
    try:
        return gateway.update_subscription(subscription.id, params, key=key)
    except (gateway.Declined, gateway.Refused):
        if before:
            _plan_change(subscription, before, f"{key}:again")
        raise


def _locked() -> Subscription:
    lock_standing()
    return require_subscription()


def _release(subscription: Subscription, key: str) -> None:
    """Forget a change that waited for the end of the period: a new one takes its place."""
    if schedule := subscription.next.get("schedule"):
        gateway.release_schedule(schedule, key=f"{key}:release")


def _plan_change(subscription: Subscription, price: str, key: str) -> gateway.Found:
    schedule = gateway.create_schedule({"from_subscription": subscription.id}, key=key)
    now_ = schedule["phases"][0]
    kept = [
        {"price": item["price"], **({"quantity": item["quantity"]} if item.get("quantity") else {})}
        for item in now_["items"]
    ]
    wanted = [{**item, "price": price} if item["price"] == subscription.price else item for item in kept]
    off = [{"discount": id_of(one["discount"])} for one in now_.get("discounts") or () if one.get("discount")]
    reduced = {"discounts": off} if off else {}
    phases = [
        {"items": kept, "start_date": now_["start_date"], "end_date": now_["end_date"], **reduced},
        {"items": wanted, "start_date": now_["end_date"], "proration_behavior": "none", **reduced},
    ]
    return gateway.update_schedule(schedule["id"], {"end_behavior": "release", "phases": phases}, key=f"{key}:phases")


def _released(subscription: Subscription, key: str, act: Callable[..., gateway.Found]) -> gateway.Found:
    """Act on a subscription for which nothing waits any more."""
    _release(subscription, key)
    return act(key=key)


def cancel(*, reason: str, comment: str, at_once: bool, actor: Actor) -> BillingRequest:
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
    if at_once:
        params = {"cancellation_details": about, "prorate": False, "invoice_now": True}
        ask(
            request.id,
            lambda key: _released(subscription, key, partial(gateway.cancel_subscription, subscription.id, params)),
        )
    else:
        params = {"cancellation_details": about, "cancel_at_period_end": True}
        ask(
            request.id,
            lambda key: _released(subscription, key, partial(gateway.update_subscription, subscription.id, params)),
        )
    return request


def resume(*, actor: Actor) -> BillingRequest:
    """Take back a cancellation, or a change that waits for the end of the period; commits in between. Raises Conflict where
    there is neither, NotAllowed, Refused, Unanswered."""
    actor.require(CHANGE)
    subscription = _locked()
    if not subscription.cancel_at and not subscription.next:
        raise Conflict("Nothing is cancelled.")
    request = write_request("resume", {"subscription": subscription.id}, actor=actor)
    record(RESUME_ASKED, actor=actor, target=_target(subscription))
    on = partial(gateway.update_subscription, subscription.id, {"cancel_at_period_end": False})
    ask(request.id, lambda key: _released(subscription, key, on))
    return request


def _target(subscription: Subscription) -> Target:
    plan = catalogue().plans.get(subscription.plan)
    return Target("plan", subscription.plan, plan.label if plan else subscription.plan)


def pay(invoice_id: str, *, label: str, actor: Actor) -> BillingRequest:
    """Have an invoice charged again to the card that is on file; commits in between. Raises Declined, Refused, Unanswered."""
    actor.require(MANAGE)
    request = write_request("pay", {"invoice": invoice_id}, actor=actor)
    record(PAYMENT_ASKED, actor=actor, target=Target("invoice", invoice_id, label))
    ask(request.id, lambda key: gateway.pay_invoice(invoice_id, {}, key=key))
    return request


def open_portal(flow: str, *, actor: Actor) -> str:
    """The address of Stripe's page where people help themselves, at what they want to do (“card”, “cancel”; else the start);
    commits in between. Raises Conflict without an account, NotAllowed, Refused, Unanswered."""
    actor.require(MANAGE)
    account, subscription = get_account(), get_subscription()
    if account is None:
        raise Conflict("There is nothing to pay yet. Choose a plan first.")
    back = {"return_url": address_of("/billing")}
    params: dict[str, Any] = {"customer": account.customer_id, **back}
    if flow in FLOWS:
        params["flow_data"] = {"type": FLOWS[flow], "after_completion": {"type": "redirect", "redirect": back}}
    if flow == "cancel":
        if subscription is None:
            raise Conflict("There is no subscription.")
        params["flow_data"]["subscription_cancel"] = {"subscription": subscription.id}
    record(PORTAL_OPENED, actor=actor)
    db.session.commit()
    return str(gateway.create_portal({**params, **_configuration()})["url"])


def _configuration() -> dict[str, str]:
    """Our own way of that page: Stripe's might let people change plans past us."""
    slug = slug_of(catalogue())
    found = gateway.list_all(PORTALS, active=True)
    return next(({"configuration": one["id"]} for one in found if one["metadata"].get("saas") == slug), {})
