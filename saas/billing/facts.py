"""What we take from Stripe's objects, read once and in one place: the fields of API version 2026-10-28.endive.

Amounts are minor units, moments aware in UTC. Everything is optional there but what Stripe always sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Object = Mapping[str, Any]
"""An object of Stripe as plain data."""
MONTHS = {"month": 1, "year": 12}


def moment(seconds: int | None) -> datetime | None:
    """Stripe's seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def id_of(value: Any) -> str:
    """The id of something that may be expanded or missing."""
    return value["id"] if isinstance(value, Mapping) else value or ""


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """A price that sells a plan: in which version and cycle; an ``offer`` was agreed on with one customer."""

    plan: str
    version: str
    cycle: str


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription. ``amount`` is what each cycle of ``months`` costs after discounts that recur, without use and tax.

    ``plan`` is None where no item sells a plan that we know.
    """

    id: str
    customer_id: str
    status: str
    plan: PlanPrice | None
    currency: str
    amount: int
    months: int
    period_start: datetime | None
    period_end: datetime | None
    trial_ends_at: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    reason: str = ""
    item_id: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    schedule_id: str = ""
    card: Mapping[str, Any] = field(default_factory=dict)
    discounts: Sequence[Any] = ()

    @property
    def is_paying(self) -> bool:
        """Whether it counts as recurring revenue: paid for, or late but not given up; not while it is tried."""
        return self.status in ("active", "past_due") and self.amount > 0


def read_subscription(found: Object, prices: Mapping[str, PlanPrice]) -> SubscriptionFacts:
    """A subscription, with discounts expanded; ``prices`` are those of plans, by id."""
    items = found["items"]["data"]
    plans = [item for item in items if item["price"]["id"] in prices]
    item = plans[0] if plans else None
    base = sum((item["price"]["unit_amount"] or 0) * item.get("quantity", 1) for item in plans)
    plan = prices[item["price"]["id"]] if item else None
    ends = [item["current_period_end"] for item in plans or items]
    return SubscriptionFacts(
        id=found["id"],
        customer_id=id_of(found["customer"]),
        status=found["status"],
        plan=plan,
        currency=found["currency"].upper(),
        amount=discounted(base, found.get("discounts") or ()),
        months=MONTHS[plan.cycle] if plan else 1,
        period_start=moment(item["current_period_start"]) if item else None,
        period_end=moment(max(ends, default=None)),
        trial_ends_at=moment(found.get("trial_end")),
        cancel_at=moment(found.get("cancel_at")) or (moment(max(ends)) if found["cancel_at_period_end"] else None),
        ended_at=moment(found.get("ended_at")),
        created_at=datetime.fromtimestamp(found["created"], UTC),
        reason=(found.get("cancellation_details") or {}).get("reason") or "",
        item_id=item["id"] if item else "",
        items={item["price"]["id"]: item["id"] for item in items},
        schedule_id=id_of(found.get("schedule")),
        card=read_card(found.get("default_payment_method")),
        discounts=found.get("discounts") or (),
    )


def discounted(amount: int, discounts: Sequence[Any]) -> int:
    """An amount after the discounts that come again each cycle; one that is given once does not change what recurs."""
    left = Decimal(amount)
    for discount in discounts:
        coupon = discount["source"]["coupon"] if isinstance(discount, Mapping) else None
        if not isinstance(coupon, Mapping) or coupon["duration"] == "once":
            continue
        if percent := coupon.get("percent_off"):
            left -= left * Decimal(str(percent)) / 100
        else:
            left -= coupon.get("amount_off") or 0
    return max(0, int(left.quantize(Decimal(1), ROUND_HALF_UP)))


def read_card(method: Any) -> dict[str, Any]:
    """What may be shown of a payment method: its kind, brand, last digits and end; nothing of one that is not expanded."""
    if not isinstance(method, Mapping):
        return {}
    about = method.get(method["type"]) or {}
    shown = {name: about.get(name) for name in ("brand", "last4", "exp_month", "exp_year") if about.get(name)}
    return {"id": method["id"], "type": method["type"], "made": method["created"], **shown}


def card_words(card: Mapping[str, Any]) -> str:
    """A payment method as people know it: “Visa ending in 4242”, “Sepa debit ending in 3000”, “Paypal”."""
    kind = (
        str(card["brand"]).replace("_", " ").title() if "brand" in card else card["type"].replace("_", " ").capitalize()
    )
    return f"{kind} ending in {card['last4']}" if "last4" in card else kind


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice; ``facts`` is what the pages and papers show, as JSON."""

    id: str
    customer_id: str
    number: str
    status: str
    currency: str
    total: int
    paid: int
    due: int
    created_at: datetime
    due_at: datetime | None
    paid_at: datetime | None
    attempts: int
    next_try_at: datetime | None
    facts: Mapping[str, Any]

    @property
    def is_failing(self) -> bool:
        """Whether a payment of it was tried in vain and is still wanted."""
        return self.status == "open" and self.attempts > 0 and self.due > 0


def read_invoice(found: Object, lines: Sequence[Object], credit_notes: Sequence[Object] = ()) -> InvoiceFacts:
    """An invoice with all its lines, and its payments expanded."""
    transitions = found["status_transitions"]
    return InvoiceFacts(
        id=found["id"],
        customer_id=id_of(found["customer"]),
        number=found.get("number") or "",
        status=found["status"],
        currency=found["currency"].upper(),
        total=found["total"],
        paid=found["amount_paid"],
        due=found["amount_remaining"],
        created_at=moment(found.get("effective_at")) or datetime.fromtimestamp(found["created"], UTC),
        due_at=moment(found.get("due_date")),
        paid_at=moment(transitions.get("paid_at")),
        attempts=found["attempt_count"],
        next_try_at=moment(found.get("next_payment_attempt")),
        facts={
            "lines": [read_line(line) for line in lines],
            "subtotal": found["subtotal"],
            "discounts": [one["amount"] for one in found.get("total_discount_amounts") or ()],
            "taxes": [_tax(tax) for tax in found.get("total_taxes") or ()],
            "balance": found["starting_balance"] - (found.get("ending_balance") or 0),
            "payments": [_payment(one) for one in (found.get("payments") or {}).get("data", ())],
            "credit_notes": [_credit_note(note) for note in credit_notes],
            "transitions": {name: at for name, at in transitions.items() if at},
            "why": found.get("billing_reason") or "",
            "page": found.get("hosted_invoice_url") or "",
            "attempts": found["attempt_count"],
            "next_try": found.get("next_payment_attempt"),
            "subscription": _subscription_of(found),
        },
    )


def _subscription_of(found: Object) -> str:
    details = (found.get("parent") or {}).get("subscription_details") or {}
    return id_of(details.get("subscription"))


def read_line(line: Object) -> dict[str, Any]:
    """A line of an invoice or of a preview; ``amount`` in minor units, ``price`` is the id of what it charges."""
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    pricing = line.get("pricing") or {}
    return {
        "text": line.get("description") or "",
        "amount": line["amount"],
        "discount": sum(one["amount"] for one in line.get("discount_amounts") or ()),
        "quantity": line.get("quantity"),
        "unit": str(pricing.get("unit_amount_decimal") or ""),
        "price": id_of((pricing.get("price_details") or {}).get("price")),
        "proration": bool(details.get("proration")),
        "start": line["period"]["start"],
        "end": line["period"]["end"],
        "taxes": [_tax(tax) for tax in line.get("taxes") or ()],
    }


def _tax(tax: Object) -> dict[str, Any]:
    return {"amount": tax["amount"], "base": tax.get("taxable_amount"), "why": tax.get("taxability_reason") or ""}


def _payment(payment: Object) -> dict[str, Any]:
    intent = payment["payment"].get("payment_intent")
    return {
        "id": payment["id"],
        "status": payment["status"],
        "amount": payment.get("amount_paid") or payment["amount_requested"],
        "at": payment["status_transitions"].get("paid_at") or payment["created"],
        "intent": id_of(intent),
        "method": id_of(intent.get("payment_method")) if isinstance(intent, Mapping) else "",
    }


def _credit_note(note: Object) -> dict[str, Any]:
    return {
        "id": note["id"],
        "number": note["number"],
        "total": note["total"],
        "at": note["created"],
        "status": note["status"],
        "why": note.get("reason") or note.get("memo") or "",
        "memo": note.get("memo") or "",
        "discount": note.get("discount_amount") or 0,
        "before_payment": note.get("pre_payment_amount") or 0,
        "lines": [{"text": line.get("description") or "", "amount": line["amount"]} for line in _all_lines(note)],
        "taxes": [_tax(tax) for tax in note.get("total_taxes") or ()],
    }


def _all_lines(note: Object) -> Sequence[Object]:
    """The lines of a credit note, if all came with it: without some of them they would not add up."""
    lines = note.get("lines") or {"data": (), "has_more": False}
    return () if lines["has_more"] else lines["data"]
