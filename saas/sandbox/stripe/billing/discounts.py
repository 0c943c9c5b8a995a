"""Discounts: made from coupons and promotion codes, what they take off a list of lines, and when they are over."""

from typing import Any

from saas.sandbox.stripe.billing.periods import add_months
from saas.sandbox.stripe.billing.reductions import reductions
from saas.sandbox.stripe.discounts import redeem
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store


def new_discounts(store: Store, wanted: Any, customer: str, **owner: str | None) -> list[str]:
    """The ids of new discounts for what ``discounts`` of a call names; raises Fault for a coupon that cannot be redeemed."""
    entries: list[dict[str, Any]] = wanted or []
    return [_discount(store, entry, customer, owner)["id"] for entry in entries]


def coupon_of(store: Store, entry: dict[str, Any], customer: str | None) -> tuple[Object, Object | None]:
    """The coupon that an entry names, and the promotion code if it is by one; raises Fault if it is used up."""
    if "promotion_code" in entry:
        code = store.get("promotion_code", entry["promotion_code"], "discounts")
        _check_code(store, code, customer)
        coupon = store.get("coupon", code["promotion"]["coupon"])
    else:
        code, coupon = None, store.get("coupon", entry["coupon"], "discounts")
    if not coupon["valid"]:
        raise invalid(f"Coupon {coupon['id']} is used up and cannot be applied.", "discounts", "coupon_expired")
    return coupon, code


def live_discounts(store: Store, ids: list[str], moment: int) -> list[Object]:
    """Those of the discounts that hold at a moment."""
    found = [store.get("discount", id) for id in ids]
    return [it for it in found if it["end"] is None or it["end"] > moment]


def taken_off(discounts: list[Object], lines: list[Object]) -> list[list[dict[str, Any]]]:
    """For each line what each discount takes off it, as its ``discount_amounts``; one discount after the other."""
    left = [line["amount"] if line["discountable"] and line["amount"] > 0 else 0 for line in lines]
    found: list[list[dict[str, Any]]] = [[] for _ in lines]
    for discount in discounts:
        coupon = discount["_coupon"]
        base = [amount if _applies(coupon, line) else 0 for amount, line in zip(left, lines, strict=True)]
        for place, off in enumerate(reductions(coupon, base)):
            left[place] -= off
            if base[place]:
                found[place].append({"amount": off, "discount": discount["id"]})
    return found


def use_up(store: Store, owner: Object, invoice: Object) -> None:
    """Drop from an owner (subscription) what held once and is on the invoice now, or is over, each with its event."""
    used = {it["discount"] for it in invoice["total_discount_amounts"] if it["amount"]}
    kept = []
    for id in owner["discounts"]:
        discount = store.get("discount", id)
        once = discount["_coupon"]["duration"] == "once"
        if (once and id in used) or (discount["end"] is not None and discount["end"] <= invoice["created"]):
            store.emit("customer.discount.deleted", discount)
        else:
            kept.append(id)
    owner["discounts"] = kept


def _discount(store: Store, entry: dict[str, Any], customer: str, owner: dict[str, str | None]) -> Object:
    if "discount" in entry:
        return store.get("discount", entry["discount"], "discounts")
    coupon, code = coupon_of(store, entry, customer)
    redeem(store, coupon, code)
    now = store.now(customer)
    end = add_months(now, coupon["duration_in_months"]) if coupon["duration"] == "repeating" else None
    source = {"coupon": coupon["id"], "type": "coupon"}
    values = {
        "customer": customer,
        "start": now,
        "end": end,
        "source": source,
        "promotion_code": code and code["id"],
        "_coupon": dict(coupon),
    } | owner
    made = store.add("discount", values)
    store.emit("customer.discount.created", made)
    return made


def _check_code(store: Store, code: Object, customer: str | None) -> None:
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    over = code["expires_at"] is not None and code["expires_at"] <= store.now(customer)
    others = code["customer"] is not None and code["customer"] != customer
    if not code["active"] or used_up or over or others:
        raise invalid("This promotion code cannot be redeemed.", "discounts", "promotion_code_invalid")


def _applies(coupon: Object, line: Object) -> bool:
    products = (coupon.get("applies_to") or {}).get("products")
    return not products or (line["pricing"] is not None and line["pricing"]["price_details"]["product"] in products)
