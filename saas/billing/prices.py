"""Prices at Stripe that sell something of ours."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from saas.billing.facts import PlanPrice
from saas.billing.models import StripePrice, Subscription
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Terms
from saas.core.database import db
from saas.core.errors import Busy
from saas.core.runtime import settings

PLAN, USE, OFFERED = "plan", "use", "offer"
"""What prices sell: a plan to everybody, the use of a meter, a plan to one organisation."""
CYCLES = ("month", "year")
Sold = Mapping[str, tuple[str, str]]
"""What prices sell, by their ids: PLAN or USE, and the plan's or the meter's name."""


class NotOffered(Busy):
    """Stripe does not know the price yet: `saas billing sync` tells it."""

    def __init__(self, plan: str) -> None:
        super().__init__(f"“{plan}” cannot be bought at the moment. We are looking into it; please try again later.")


def plan_prices() -> Mapping[str, PlanPrice]:
    """Every price that sells or sold a plan, by its id; in the platform's scope."""
    rows = db.session.scalars(select(StripePrice).where(StripePrice.kind.in_((PLAN, OFFERED))))
    known = {row.id: PlanPrice(row.name, row.version, row.cycle) for row in rows}
    return {**known, **_given()}


def use_prices(currency: str) -> Mapping[str, str]:
    """The prices under which use is charged in a currency, of several the newest: their ids by meter; in the platform's scope."""
    rows = select(StripePrice).where(StripePrice.kind == USE, StripePrice.currency == currency)
    return {row.name: row.id for row in db.session.scalars(rows.order_by(StripePrice.created_at))}


def what_prices_sell() -> Sold:
    """What each price sells; in the platform's scope."""
    rows = db.session.scalars(select(StripePrice))
    given = {id: (PLAN, price.plan) for id, price in _given().items()}
    return {**given, **{row.id: (row.kind, row.name) for row in rows}}


def with_what_it_sells(line: Mapping[str, Any], sold: Sold) -> dict[str, Any]:
    """A line of an invoice with its plan or meter, which is known thereby when prices change."""
    kind, name = sold.get(line["price"], ("", ""))
    return {**line, "kind": kind, "sells": name}


def price_id_of(terms: Terms, cycle: str) -> str:
    """The id of the price of terms; raises NotOffered. In the platform's scope."""
    if given := settings().stripe_prices.get(f"{terms.plan}_{cycle}"):
        return given
    wanted = select(StripePrice.id).where(
        StripePrice.kind == PLAN,
        StripePrice.name == terms.plan,
        StripePrice.version == terms.version,
        StripePrice.cycle == cycle,
        StripePrice.currency == terms.currency,
    )
    found = db.session.scalar(wanted.order_by(StripePrice.created_at.desc()).limit(1))
    if found is None:
        raise NotOffered(terms.label)
    return found


def _given() -> dict[str, PlanPrice]:
    """Prices whose ids the settings name: they sell the plan as it is today."""
    plans, found = catalogue().plans, {}
    for name, id in settings().stripe_prices.items():
        plan, _, cycle = name.rpartition("_")
        if plan in plans and cycle in CYCLES:
            found[id] = PlanPrice(plan, catalogue().terms(plan).version, cycle)
    return found


def other_cycle(subscription: Subscription) -> str:
    """How else a subscription's plan can be paid for today: “month”, “year”, or nothing."""
    plan = catalogue().plans.get(subscription.plan)
    if plan is None or plan.custom or subscription.currency != catalogue().currency:
        return ""
    other = "year" if subscription.cycle == "month" else "month"
    return other if (plan.year if other == "year" else plan.month) else ""
