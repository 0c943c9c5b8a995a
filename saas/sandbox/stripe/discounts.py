"""Coupons, and the promotion codes by which customers redeem them."""

from stripe.params import (
    CouponCreateParams,
    CouponListParams,
    CouponUpdateParams,
    PromotionCodeCreateParams,
    PromotionCodeListParams,
    PromotionCodeUpdateParams,
)

from saas.sandbox.stripe.clock import due
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.lists import listing, page
from saas.sandbox.stripe.money import currency
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store


@route("POST", "/v1/coupons", CouponCreateParams, unknown=("currency_options",))
def create_coupon(call: Call) -> Object:
    """A new coupon: a part (percent) or an amount off, once, for some months or forever."""
    store = call.store
    values: Object = {"duration": "once"} | call.values
    _check_coupon(call, values)
    if "id" in values and any(it["id"] == values["id"] for it in store.find("coupon")):
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    for product in values.get("applies_to", {}).get("products", []):
        store.get("product", product, "applies_to[products]")
    coupon = store.add("coupon", values | {"times_redeemed": 0, "valid": True})
    if coupon["redeem_by"]:
        store.at(coupon["redeem_by"] + 1, "coupon.expire", coupon=coupon["id"])
    store.emit("coupon.created", coupon)
    return coupon


@route("GET", "/v1/coupons/{id}")
def show_coupon(call: Call) -> Object:
    """A coupon."""
    return call.store.get("coupon", call.id)


@route("GET", "/v1/coupons", CouponListParams)
def list_coupons(call: Call) -> Object:
    """All coupons."""
    return listing(call, "coupon", "/v1/coupons")


@route("POST", "/v1/coupons/{id}", CouponUpdateParams, unknown=("currency_options",))
def update_coupon(call: Call) -> Object:
    """Change a coupon's name or metadata: never what it is worth."""
    coupon = call.store.get("coupon", call.id)
    before = call.store.copy_of(coupon)
    change(coupon, call.values)
    call.store.emit("coupon.updated", coupon, before)
    return coupon


@route("DELETE", "/v1/coupons/{id}")
def delete_coupon(call: Call) -> Object:
    """Delete a coupon; who has redeemed it keeps the discount."""
    coupon = call.store.get("coupon", call.id)
    call.store.remove(coupon)
    call.store.emit("coupon.deleted", coupon)
    return {"id": call.id, "object": "coupon", "deleted": True}


@route("POST", "/v1/promotion_codes", PromotionCodeCreateParams, unknown=("customer_account",))
def create_code(call: Call) -> Object:
    """A new code for a coupon; among active ones it is the only one so written."""
    store, values = call.store, dict(call.values)
    promotion = values["promotion"]
    if "coupon" not in promotion:
        raise invalid("Missing required param: promotion[coupon].", "promotion[coupon]", "parameter_missing")
    if not store.get("coupon", promotion["coupon"], "promotion[coupon]")["valid"]:
        raise invalid("The coupon is no longer valid.", "promotion[coupon]")
    values.setdefault("code", new_id("").upper())
    if any(it["code"].upper() == values["code"].upper() for it in store.find("promotion_code", active=True)):
        raise invalid("An active promotion code with `code: " + values["code"] + "` already exists.", "code")
    if customer := values.get("customer"):
        store.get("customer", customer, "customer")
    if values.get("expires_at", call.now + 1) <= call.now:
        raise invalid("`expires_at` must be in the future.", "expires_at")
    restrictions = {"first_time_transaction": False} | values.pop("restrictions", {})
    if "currency_options" in restrictions or ("minimum_amount" in restrictions) != (
        "minimum_amount_currency" in restrictions
    ):
        raise invalid(
            "Give `minimum_amount` with its `minimum_amount_currency` (and nothing by currency).", "restrictions"
        )
    code = store.add("promotion_code", {"active": True, "times_redeemed": 0} | values | {"restrictions": restrictions})
    if code["expires_at"]:
        store.at(code["expires_at"], "promotion_code.expire", code=code["id"])
    store.emit("promotion_code.created", code)
    return code


@route("GET", "/v1/promotion_codes/{id}")
def show_code(call: Call) -> Object:
    """A promotion code."""
    return call.store.get("promotion_code", call.id)


@route("GET", "/v1/promotion_codes", PromotionCodeListParams, unknown=("customer_account",))
def list_codes(call: Call) -> Object:
    """All promotion codes; a code is found however it is written."""
    values = call.values
    wanted = {name: values[name] for name in ("active", "customer") if name in values}
    rows = call.store.find("promotion_code", **wanted)
    rows = [row for row in rows if "code" not in values or row["code"].upper() == values["code"].upper()]
    rows = [row for row in rows if "coupon" not in values or row["promotion"]["coupon"] == values["coupon"]]
    return page(call, rows, "/v1/promotion_codes")


@route("POST", "/v1/promotion_codes/{id}", PromotionCodeUpdateParams, unknown=("restrictions",))
def update_code(call: Call) -> Object:
    """Turn a code off or on, or change its metadata."""
    code = call.store.get("promotion_code", call.id)
    if call.values.get("active") and not _can_be_active(call.store, code):
        raise invalid("This promotion code cannot be activated: it has ended.", "active")
    before = call.store.copy_of(code)
    change(code, call.values)
    call.store.emit("promotion_code.updated", code, before)
    return code


def redeem(store: Store, coupon: Object, code: Object | None = None) -> None:
    """Count a redemption of a coupon, by a code or without; one that is used up is no longer valid."""
    for obj, field, type in ((coupon, "valid", "coupon.updated"), (code, "active", "promotion_code.updated")):
        if obj is not None:
            before = store.copy_of(obj)
            obj["times_redeemed"] += 1
            obj[field] = obj[field] and obj["times_redeemed"] < (obj["max_redemptions"] or obj["times_redeemed"] + 1)
            store.emit(type, obj, before)


@due("coupon.expire")
def expire_coupon(store: Store, coupon: str) -> None:
    """A coupon's last day is over."""
    for found in store.find("coupon", id=coupon):
        found["valid"] = False


@due("promotion_code.expire")
def expire_code(store: Store, code: str) -> None:
    """A promotion code's last day is over."""
    for found in store.find("promotion_code", id=code):
        before = store.copy_of(found)
        found["active"] = False
        store.emit("promotion_code.updated", found, before)


def _check_coupon(call: Call, values: Object) -> None:
    if ("percent_off" in values) == ("amount_off" in values):
        raise invalid("Must provide exactly one of the following parameters: amount_off, percent_off.", "amount_off")
    if not 0 < values.get("percent_off", 1) <= 100:
        raise invalid("`percent_off` must be above 0 and at most 100.", "percent_off")
    if "amount_off" in values:
        if values["amount_off"] <= 0:
            raise invalid("Invalid positive integer", "amount_off", "parameter_invalid_integer")
        if "currency" not in values:
            raise invalid("Must provide currency when amount_off is passed.", "currency", "parameter_missing")
        values["currency"] = currency(values["currency"])
    if (values["duration"] == "repeating") != ("duration_in_months" in values):
        raise invalid("`duration_in_months` is for `duration` = `repeating`, which needs it.", "duration_in_months")
    if values.get("redeem_by", call.now + 1) <= call.now:
        raise invalid("`redeem_by` must be in the future.", "redeem_by")


def _can_be_active(store: Store, code: Object) -> bool:
    coupons = store.find("coupon", id=code["promotion"]["coupon"])
    ended = code["expires_at"] is not None and code["expires_at"] <= store.now()
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    return bool(coupons and coupons[0]["valid"]) and not ended and not used_up
