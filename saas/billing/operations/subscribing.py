"""Subscribing: an account at Stripe, and a checkout or a card that begins the subscription. In the tenant's scope."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from saas.billing import gateway
from saas.billing.facts import id_of
from saas.billing.models import BillingAccount, BillingRequest, Subscription
from saas.billing.module import CHECKOUT_BEGUN
from saas.billing.money import major_units
from saas.billing.offers import Offer, require_offer
from saas.billing.operations.requests import ask, ask_for_look, is_seen, write_request
from saas.billing.prices import CYCLES, price_id_of
from saas.billing.queries.subscriptions import (
    get_account,
    get_request,
    get_subscription,
    had_subscription,
    newest_request,
)
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Terms
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.plans.module import CHANGE
from saas.tenancy.directory import directory
from saas.tenancy.plans import check_plan, trial_of
from saas.tenancy.queries import own_tenant
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import lock_standing

OPEN_FOR = timedelta(hours=2)
SOONEST = timedelta(hours=48)
"""The nearest end of a trial that a checkout of Stripe takes."""
DAY = 86_400
UNDERWAY = timedelta(minutes=10)
"""How long a subscription that was asked for may take to become known here."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan and how often it is paid: each “month” or each “year”; under an ``offer`` where one was made."""

    plan: str
    cycle: str
    offer: Offer | None = None

    @property
    def terms(self) -> Terms:
        """What is sold under this choice: what was offered, else what is sold today."""
        return self.offer.terms if self.offer else catalogue().terms(self.plan)

    @property
    def amount(self) -> Decimal:
        """What each cycle costs, in units of the currency."""
        if self.offer:
            return major_units(self.offer.amount, self.offer.currency)
        return (self.terms.month if self.cycle == "month" else self.terms.year) or Decimal(0)

    @property
    def currency(self) -> str:
        """The currency that it is paid in."""
        return self.offer.currency if self.offer else self.terms.currency

    def check(self) -> None:
        """Raise Invalid where it rests on an offer that cannot be taken any more."""
        if self.offer:
            require_offer(self.offer.price)


def read_choice(plan: str, cycle: str, *, offer: str = "") -> Choice:
    """A choice that can be paid for online: a plan and cycle, or an offer by the id of its price; raises Invalid."""
    if offer:
        made = require_offer(offer)
        return Choice(check_plan(made.plan), made.cycle, made)
    sold = catalogue().plans[check_plan(plan)]
    if cycle not in CYCLES:
        raise Invalid("Choose to pay each month or each year.", field="cycle")
    price = sold.month if cycle == "month" else sold.year
    if sold.custom or sold.hidden or not price:
        raise Invalid(f"“{sold.label}” cannot be bought {'by the ' + cycle}.", field="plan")
    return Choice(plan, cycle)


def begin_checkout(choice: Choice, *, actor: Actor) -> BillingRequest:
    """Write down that the organisation goes to pay for a plan. Raises Conflict where it has a subscription; NotAllowed."""
    actor.require(CHANGE)
    _lock(choice)
    facts = {"plan": choice.plan, "cycle": choice.cycle, "price": price_of(choice), "trial_ends": _trial_ends(choice)}
    request = write_request("checkout", facts, actor=actor, expires_at=now() + OPEN_FOR)
    record(CHECKOUT_BEGUN, actor=actor, target=_target(choice), cycle=choice.cycle)
    return request


def _lock(choice: Choice) -> None:
    """Let nobody else subscribe meanwhile. Raises Conflict where there is a subscription, or one was asked for a moment ago of
    which we cannot know yet; Invalid where the choice is good no more."""
    lock_standing()
    if get_subscription() is not None:
        raise Conflict("There is a subscription already. Change it instead.")
    asked = newest_request("subscribe", since=now() - UNDERWAY)
    if asked is not None and not is_seen(asked):
        raise Conflict("A subscription is on its way already. Look again in a minute.")
    choice.check()


def _target(choice: Choice) -> Target:
    return Target("plan", choice.plan, choice.terms.label)


def price_of(choice: Choice) -> str:
    """The id of the price at Stripe under which a choice is paid; raises NotOffered."""
    if choice.offer:
        return choice.offer.price
    with platform_rights():
        return price_id_of(choice.terms, choice.cycle)


def _trial_ends(choice: Choice) -> int | None:
    """When a subscription that begins now is charged first (UTC seconds): at the end of the trial that runs, or of the one that the
    plan gives to those who never had one. None: at once."""
    tenant, trial = own_tenant(), trial_of(choice.terms)
    if tenant.trial_ends_at is not None:
        later = tenant.trial_ends_at > now() + SOONEST and tenant.status == "trialing"
        return int(tenant.trial_ends_at.timestamp()) if later else None
    if trial is None or had_subscription():
        return None
    return int((now() + trial).timestamp())


def when_charged(choice: Choice) -> datetime | None:
    """When a subscription that begins now is charged first; None: at once."""
    ends = _trial_ends(choice)
    return datetime.fromtimestamp(ends, UTC) if ends else None


def open_checkout(request_id: UUID) -> str:
    """Open the page at Stripe where the plan is paid, and close all others of the organisation: of two at once the later one stays.
    Returns its address; commits in between. Raises Conflict, Refused, Unanswered."""
    request = get_request(request_id, "checkout")
    customer = ensure_customer()
    expire_checkouts(but=request)
    found = ask(request_id, lambda key: gateway.create_checkout(_checkout(request, customer), key=key), look=False)
    newest = newest_request("checkout", since=request.created_at)
    db.session.commit()
    if newest is not None:
        gateway.expire_checkout(found["id"])
        raise Conflict("Somebody else here went to pay at the same moment. Look again in a minute.")
    expire_checkouts(but=request)
    return str(found["url"])


def expire_checkouts(*, but: BillingRequest | None = None) -> None:
    """Close the organisation's open pages at Stripe, all but one; commits before.

    Raises Unanswered, and Conflict where one of them was paid on and we have not heard of that yet: then its account is looked at.
    """
    query = select(BillingRequest).where(
        BillingRequest.kind == "checkout", BillingRequest.stripe_id != "", BillingRequest.expires_at > now()
    )
    others = [one.stripe_id for one in db.session.scalars(query) if but is None or one.id != but.id]
    known = set(db.session.scalars(select(Subscription.id).where(Subscription.tenant_id == current_tenant_id())))
    db.session.commit()
    closed = [gateway.expire_checkout(session) for session in others]
    if any(one["status"] == "complete" and id_of(one["subscription"]) not in known for one in closed):
        ask_for_look()
        db.session.commit()
        raise Conflict("A payment has just been made and is on its way here. Look again in a minute.")


def _checkout(request: BillingRequest, customer: str) -> dict[str, Any]:
    facts, about = request.facts, _about(request)
    return {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(request.id),
        "line_items": [{"price": facts["price"], "quantity": 1}],
        "success_url": address_of(f"/billing/done?request={request.id}"),
        "cancel_url": address_of("/plan"),
        "allow_promotion_codes": True,
        "payment_method_collection": "always",
        "billing_address_collection": "auto",
        "customer_update": {"address": "auto"},
        "expires_at": int(request.created_at.timestamp() + OPEN_FOR.total_seconds()),
        "metadata": about,
        "subscription_data": {
            "metadata": about,
            "billing_mode": {"type": "flexible"},
            **({"trial_end": facts["trial_ends"]} if facts["trial_ends"] else {}),
        },
    }


def _about(request: BillingRequest) -> dict[str, str]:
    return {"tenant": str(current_tenant_id()), "request": str(request.id)}


def address_of(path: str) -> str:
    """A page of the organisation, for whoever comes back from Stripe."""
    entry = directory.by_id(current_tenant_id())
    assert entry is not None
    return settings().public_url(entry.host, path)


def ensure_customer() -> str:
    """The organisation's customer at Stripe, made where there is none; commits in between. Raises Refused, Unanswered."""
    if account := get_account():
        return account.customer_id
    tenant = own_tenant()
    params = {
        "name": tenant.name,
        "email": tenant.billing_email,
        "metadata": {"tenant": str(tenant.id), "key": tenant.key},
        "preferred_locales": [tenant.language],
    }
    if not params["email"]:
        del params["email"]
    before = db.session.scalar(select(func.count()).where(Subscription.tenant_id == tenant.id))
    key = f"{tenant.id}:customer:{before}:{now():%Y%m%d}"  # another one than for an account that was deleted at Stripe
    db.session.commit()
    found = gateway.create_customer(params, key=key)
    with platform_rights() as session:
        session.merge(BillingAccount(tenant_id=tenant.id, customer_id=found["id"]))
    db.session.commit()
    return str(found["id"])


def begin_with_card(choice: Choice, method: str, *, trial_days: int | None, actor: Actor) -> BillingRequest:
    """Write down that a program subscribes with a payment method. Raises Invalid, Conflict, NotAllowed."""
    actor.require(CHANGE)
    _lock(choice)
    ends = _trial_ends(choice) if trial_days is None else check_trial(trial_days)
    facts = {
        "plan": choice.plan,
        "cycle": choice.cycle,
        "price": price_of(choice),
        "trial_ends": ends,
        "method": method,
    }
    request = write_request("subscribe", facts, actor=actor)
    record(CHECKOUT_BEGUN, actor=actor, target=_target(choice), cycle=choice.cycle)
    return request


def check_trial(days: int) -> int | None:
    """When a trial of so many days ends (UTC seconds), None for no days; raises Invalid beyond the longest one, and
    where there was a subscription before: nobody tries for ever."""
    if not 0 <= days <= settings().max_trial_days:
        raise Invalid(f"A trial has at most {settings().max_trial_days} days.", field="trial_days")
    if days and had_subscription():
        raise Invalid("There was a subscription before: it is not tried once more.", field="trial_days")
    return int(now().timestamp()) + days * DAY if days else None


def subscribe_with_card(request_id: UUID) -> gateway.Found:
    """Have Stripe begin the subscription; commits in between. Raises Declined, Refused, Unanswered."""
    request = get_request(request_id, "subscribe")
    customer, facts = ensure_customer(), request.facts
    expire_checkouts()
    params = {
        "customer": customer,
        "items": [{"price": facts["price"], "quantity": 1}],
        "payment_behavior": "error_if_incomplete",
        "billing_mode": {"type": "flexible"},
        "metadata": _about(request),
        **({"trial_end": facts["trial_ends"]} if facts["trial_ends"] else {}),
    }

    def act(key: str) -> gateway.Found:
        method = gateway.attach_method(facts["method"], customer)["id"]
        return gateway.create_subscription({**params, "default_payment_method": method}, key=key)

    return ask(request_id, act)
