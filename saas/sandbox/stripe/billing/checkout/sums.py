"""What a checkout session shows: its items, what they cost now, what a coupon takes off."""

from decimal import Decimal
from typing import Any

from saas.sandbox.stripe.billing.items import checked_quantity, usable_price
from saas.sandbox.stripe.billing.objects import make
from saas.sandbox.stripe.billing.rating import rounded, worth
from saas.sandbox.stripe.billing.reductions import reductions
from saas.sandbox.stripe.billing.words import product_name
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store


def new_rows(store: Store, entries: list[dict[str, Any]], *, currency: str | None) -> list[Object]:
    """The items of a session as its ``line_items``; raises Fault for what cannot be subscribed to."""
    if not entries:
        raise invalid("You must provide line_items in subscription mode.", "line_items", "parameter_missing")
    found: list[Object] = []
    for place, entry in enumerate(entries):
        at = f"line_items[{place}]"
        if unfit := entry.keys() - {"adjustable_quantity", "price", "quantity", "metadata"}:
            raise invalid(f"the sandbox does not know {sorted(unfit)} of line items", at, "sandbox_unknown")
        if "price" not in entry:
            raise invalid(f"Missing required param: {at}[price].", f"{at}[price]", "parameter_missing")
        price = usable_price(store, entry["price"], currency, f"{at}[price]")
        currency = price["currency"]
        if price["recurring"]["usage_type"] == "licensed" and "quantity" not in entry:
            raise invalid(f"Quantity is required. Add `quantity` to `{at}`", f"{at}[quantity]", "parameter_missing")
        quantity = checked_quantity(price, entry.get("quantity"), f"{at}[quantity]")
        found.append(_row(store, price, quantity, entry))
    return found


def reckon_session(store: Store, session: Object) -> None:
    """Work out the totals: what is charged today, which in a trial is nothing."""
    rows: list[Object] = session["_rows"]
    data = session["_subscription_data"]
    free = bool(data.get("trial_end") or data.get("trial_period_days"))
    full = [0 if free else _full(row) for row in rows]
    coupon = _coupon(store, session)
    off = reductions(coupon, full) if coupon else [0 for _ in rows]
    for row, amount, less in zip(rows, full, off, strict=True):
        row.update(amount_subtotal=amount, amount_discount=less, amount_tax=0, amount_total=amount - less)
    session.update(
        amount_subtotal=sum(full),
        amount_total=sum(full) - sum(off),
        currency=rows[0]["currency"],
        total_details={"amount_discount": sum(off), "amount_shipping": 0, "amount_tax": 0, "breakdown": None},
    )


def needs_card(session: Object) -> bool:
    """Whether the page must ask for a card: always, unless it is only wanted if something is to be paid and nothing is."""
    return session["payment_method_collection"] != "if_required" or bool(session["amount_total"])


def _row(store: Store, price: Object, quantity: int | None, entry: dict[str, Any]) -> Object:
    adjustable = entry.get("adjustable_quantity")
    return make(
        "item",
        adjustable_quantity=adjustable and {"maximum": None, "minimum": None, **adjustable},
        amount_subtotal=0,
        currency=price["currency"],
        description=product_name(store, price),
        price=price,
        quantity=quantity,
        metadata=entry.get("metadata") or {},
    )


def _full(row: Object) -> int:
    return 0 if row["quantity"] is None else rounded(Decimal(worth(row["price"], row["quantity"])))


def _coupon(store: Store, session: Object) -> Object | None:
    if not session["discounts"]:
        return None
    entry = session["discounts"][0]
    if entry["promotion_code"]:
        return store.get("coupon", store.get("promotion_code", entry["promotion_code"])["promotion"]["coupon"])
    return store.get("coupon", entry["coupon"])
