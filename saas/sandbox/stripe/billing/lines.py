"""Invoice lines: for a period of a subscription item, for a trial, from an invoice item."""

from decimal import Decimal
from typing import Any

from saas.sandbox.stripe.billing.items import period_of
from saas.sandbox.stripe.billing.objects import make
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.rating import Portion, portions, rounded
from saas.sandbox.stripe.billing.words import charge_text, trial_text
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.usage import used


def pricing_of(price: Object, unit: Decimal) -> dict[str, Any]:
    """How a line or an invoice item names its price and unit amount (minor units)."""
    details = {"price": price["id"], "product": price["product"]}
    return {"type": "price_details", "price_details": details, "unit_amount_decimal": f"{unit.normalize():f}"}


def advance_lines(store: Store, item: Object) -> list[Object]:
    """What a licensed item costs for the period it is in."""
    return [_line(store, item, portion, period_of(item)) for portion in portions(item["price"], item["quantity"])]


def usage_lines(store: Store, item: Object, customer: str, period: Period) -> list[Object]:
    """What was used of a metered item in a period; nothing if that costs nothing and no unit was used."""
    meter = store.get("billing.meter", item["price"]["recurring"]["meter"])
    quantity = max(0, rounded(used(store, meter, customer, period.start, period.end)))
    found = [_line(store, item, portion, period) for portion in portions(item["price"], quantity)]
    return [line for line in found if line["quantity"] or line["amount"]]


def trial_line(store: Store, item: Object) -> Object:
    """The line of a trial."""
    line = _line(store, item, Portion(item["quantity"], Decimal(0)), period_of(item))
    return line | {"description": trial_text(store, item["price"])}


def line_of(entry: Object) -> Object:
    """A pending invoice item as a line."""
    subscription = (entry["parent"] or {}).get("subscription_details") or {
        "subscription": None,
        "subscription_item": None,
    }
    credited = ((entry["proration_details"] or {}).get("credited_items") or {}).get("invoice_line_item_details")
    details = {
        "invoice_item": entry["id"],
        "proration": entry["proration"],
        "proration_details": {"credited_items": credited},
        "subscription": subscription["subscription"],
    }
    if subscription["subscription_item"]:
        details["subscription_item"] = subscription["subscription_item"]
    kind = "subscription_item_details" if subscription["subscription_item"] else "invoice_item_details"
    same = ("amount", "currency", "description", "discountable", "metadata", "period", "pricing", "quantity")
    values = {name: entry[name] for name in same}
    return make(
        "line_item",
        **values,
        discounts=entry["discounts"] or [],
        discount_amounts=[],
        parent={"type": kind, kind: details},
        quantity_decimal=str(entry["quantity"]),
        subscription=subscription["subscription"],
        subtotal=entry["amount"],
        taxes=[],
    )


def _line(store: Store, item: Object, portion: Portion, period: Period) -> Object:
    amount, price = rounded(portion.worth), item["price"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": item["subscription"],
        "subscription_item": item["id"],
    }
    return make(
        "line_item",
        amount=amount,
        currency=price["currency"],
        description=charge_text(store, price, portion),
        discountable=True,
        discount_amounts=[],
        metadata=dict(item["metadata"]),
        parent={"type": "subscription_item_details", "subscription_item_details": details},
        period={"start": period.start, "end": period.end},
        pricing=pricing_of(price, portion.unit),
        quantity=portion.quantity,
        quantity_decimal=str(portion.quantity),
        subscription=item["subscription"],
        subtotal=amount,
        taxes=[],
    )
