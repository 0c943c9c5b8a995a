"""One look at an account: what Stripe said of a customer at one time. Asks Stripe; no transaction may be open meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.billing import gateway
from saas.billing.facts import (
    InvoiceFacts,
    Object,
    PlanPrice,
    SubscriptionFacts,
    discounted,
    id_of,
    read_card,
    read_invoice,
    read_subscription,
)

NEWEST = 10
"""So many invoices are looked at where a message does not say which one it is about."""
_NAMED = {"invoice": "id", "invoice_payment": "invoice", "credit_note": "invoice", "invoiceitem": "invoice"}
_NEWEST_OF = ("charge", "refund", "payment_intent", "dispute")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw; ``number`` tells looks of one account apart, later ones are higher. ``next`` is what a schedule says
    follows, by subscription. An account that is ``gone`` was deleted at Stripe."""

    number: int
    customer_id: str
    subscriptions: Sequence[SubscriptionFacts] = ()
    invoices: Sequence[InvoiceFacts] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    balance: int = 0
    discounts: Mapping[str, Object] = field(default_factory=dict)
    next: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gone: bool = False


def look(customer: str, number: int, *, invoices: Iterable[str], newest: bool, prices: Mapping[str, PlanPrice]) -> Seen:
    """Ask Stripe for all that matters of a customer; ``newest``: also for its newest invoices. Raises Unanswered."""
    about = gateway.get_customer(customer)
    if about.get("deleted"):
        left = [read for id in sorted({*invoices} - {""}) if (read := _invoice(id))]
        return Seen(number, customer, invoices=left, gone=True)
    found = gateway.list_subscriptions(customer)
    subscriptions = [read_subscription(one, prices) for one in found]
    wanted = {*invoices, *(id_of(one.get("latest_invoice")) for one in found)} - {""}
    if newest:
        wanted |= {one["id"] for one in gateway.list_invoices(customer)[:NEWEST]}
    return Seen(
        number=number,
        customer_id=customer,
        subscriptions=subscriptions,
        invoices=[read for id in sorted(wanted) if (read := _invoice(id))],
        card=read_card((about.get("invoice_settings") or {}).get("default_payment_method")),
        balance=about.get("balance") or 0,
        discounts={one["id"]: one for sub in found for one in sub.get("discounts") or () if isinstance(one, Mapping)},
        next={one.id: _next(one, prices) for one in subscriptions if one.schedule_id},
    )


def _invoice(id: str) -> InvoiceFacts | None:
    """An invoice as it stands; nothing of a draft, which may still become another or nothing."""
    try:
        found = gateway.get_invoice(id)
    except gateway.Refused as error:
        if error.code == "resource_missing":
            return None
        raise
    if found["status"] == "draft":
        return None
    notes = gateway.list_credit_notes(id) if _has_notes(found) else ()
    return read_invoice(found, gateway.list_lines(id), notes)


def _has_notes(invoice: Object) -> bool:
    return bool(invoice["pre_payment_credit_notes_amount"] or invoice["post_payment_credit_notes_amount"])


def _next(subscription: SubscriptionFacts, prices: Mapping[str, PlanPrice]) -> dict[str, Any]:
    """What the subscription's schedule says it becomes; nothing where it stays what it is."""
    schedule = gateway.get_schedule(subscription.schedule_id)
    current = (schedule.get("current_phase") or {}).get("end_date")
    for phase in schedule["phases"]:
        if current and phase["start_date"] >= current:
            items = [item for item in phase["items"] if item["price"]["id"] in prices]
            if items:
                price = items[0]["price"]["id"]
                plan = prices[price]
                base = sum((item["price"]["unit_amount"] or 0) * item.get("quantity", 1) for item in items)
                return {
                    "schedule": schedule["id"],
                    "plan": plan.plan,
                    "cycle": plan.cycle,
                    "price": price,
                    "amount": discounted(base, subscription.discounts),
                    "at": phase["start_date"],
                }
    return {"schedule": schedule["id"]}


def invoices_named(payload: Object) -> set[str]:
    """The invoices that a message is about; one that is only expected is none yet."""
    about = payload["data"]["object"]
    if payload["type"] == "invoice.upcoming":
        return set()
    name = _NAMED.get(about.get("object", ""))
    return {id_of(about.get(name))} - {""} if name else set()


def is_about_money(payload: Object) -> bool:
    """Whether a message is about a payment without saying of which invoice."""
    return str(payload["type"]).partition(".")[0] in _NEWEST_OF
