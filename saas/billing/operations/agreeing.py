"""Agreeing on a price with one organisation: it is made at Stripe, and offered. Outside every scope."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from saas.billing import gateway
from saas.billing.emails import send_offer
from saas.billing.models import StripePrice
from saas.billing.module import OFFER_MADE, OFFER_WITHDRAWN
from saas.billing.money import minor_units
from saas.billing.offers import OFFER, Offer, get_offer
from saas.billing.operations.requests import ask, write_request
from saas.billing.operations.subscribing import expire_checkouts
from saas.billing.operations.wares import PRICES, PRODUCTS, slug_of
from saas.billing.prices import CYCLES, OFFERED, PLAN
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Terms
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.tenancy.config import keep
from saas.tenancy.models import Status, Tenant
from saas.tenancy.plans import check_plan, keep_terms
from saas.tenancy.recording import record_about
from saas.tenancy.scope import inside, platform_work, tenant_scope

MOST = 99_999_999
"""The highest price that Stripe takes, in minor units."""
LONGEST, LONGEST_NOTE = 365, 500
"""Days for which an offer may be good, and characters of its note."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be offered: terms, how often they are paid, and the price of each time in minor units."""

    terms: Terms
    cycle: str
    amount: int
    days: int
    note: str = ""


def read_draft(plan: str, cycle: str, amount: Decimal, *, days: int, note: str = "") -> Draft:
    """A draft of a plan as it is sold today; ``amount`` in units of the currency. Raises Invalid."""
    terms = catalogue().terms(check_plan(plan))
    if cycle not in CYCLES:
        raise Invalid("An offer is paid each month or each year.", field="cycle")
    if not 1 <= days <= LONGEST:
        raise Invalid(f"An offer is good for 1 to {LONGEST} days.", field="days")
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid(f"A note has at most {LONGEST_NOTE} characters.", field="note")
    return Draft(terms, cycle, _units(amount, terms.currency), days, note.strip())


def _units(amount: Decimal, currency: str) -> int:
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise Invalid("Give a price above zero that Stripe takes.", field="amount")
    try:
        units = minor_units(amount, currency)
    except ValueError:
        raise Invalid(f"There is no such coin in {currency}.", field="amount") from None
    if units > MOST:
        raise Invalid("Give a price above zero that Stripe takes.", field="amount")
    return units


def make_offer(tenant: Tenant, draft: Draft, *, actor: Actor) -> Offer:
    """Offer an organisation a plan for a price of its own, in place of what it was offered before, and write to those who may
    take it. Raises Conflict for one that is closed, Refused, Unanswered."""
    if tenant.status in (Status.CANCELLED, Status.DELETING):
        raise Conflict(f"“{tenant.name}” is {tenant.status}.")
    terms, until = draft.terms, now() + timedelta(days=draft.days)
    with tenant_scope(tenant):
        facts: dict[str, Any] = {
            "plan": terms.plan,
            "version": terms.version,
            "cycle": draft.cycle,
            "amount": draft.amount,
        }
        request = write_request("offer", facts, actor=actor)
        price = ask(request.id, lambda key: _make_price(tenant, draft, key), look=False)["id"]
    offer = Offer(
        terms.plan, terms.version, draft.cycle, draft.amount, terms.currency, price, until=until, note=draft.note
    )
    with platform_work() as session:
        keep_terms(terms)
        row = {"name": terms.plan, "version": terms.version, "cycle": draft.cycle, "currency": terms.currency}
        session.add(StripePrice(id=price, kind=OFFERED, **row))
        offered = session.get_one(Tenant, tenant.id)
        with inside(offered):
            keep({OFFER: offer.stored()})
            send_offer(offer)
        facts |= {"currency": terms.currency, "until": until.isoformat()}
        record_about(offered, OFFER_MADE, actor=actor, **facts)
    return offer


def _make_price(tenant: Tenant, draft: Draft, key: str) -> gateway.Found:
    terms = draft.terms
    about = {"kind": PLAN, "plan": terms.plan, "version": terms.version, "cycle": draft.cycle}
    params = {
        "product": _product_of(terms),
        "currency": terms.currency.lower(),
        "unit_amount": draft.amount,
        "recurring": {"interval": draft.cycle},
        "tax_behavior": "exclusive",
        "metadata": {**about, "tenant": str(tenant.id)},
    }
    return gateway.create_one(PRICES, params, key=key)


def _product_of(terms: Terms) -> str:
    """The plan's product at Stripe, made where nobody could buy the plan so far."""
    sold, id = catalogue(), f"{slug_of(catalogue())}-{terms.plan}"
    if not gateway.list_all(PRODUCTS, ids=[id]):
        metadata = {"saas": slug_of(sold), "kind": PLAN, "plan": terms.plan}
        params = {"id": id, "name": f"{sold.product} {terms.label}", "metadata": metadata}
        gateway.create_one(PRODUCTS, params, key=f"offer:{id}:{terms.label}")
    return id


def withdraw_offer(tenant: Tenant, *, actor: Actor) -> Offer:
    """Take back what an organisation was offered, unless it has taken it; its price cannot be bought any more.

    Raises Conflict where there is no offer, Refused, Unanswered.
    """
    with tenant_scope(tenant):
        offer = get_offer()
        if offer is None:
            raise Conflict(f"“{tenant.name}” was offered nothing.")
        expire_checkouts()
        db.session.commit()
        gateway.update_one(PRICES, offer.price, {"active": False})
    with platform_work() as session:
        offered = session.get_one(Tenant, tenant.id)
        with inside(offered):
            keep({OFFER: {}})
        record_about(offered, OFFER_WITHDRAWN, actor=actor, plan=offer.plan)
    return offer
