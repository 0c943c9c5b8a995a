"""Prices: per unit or in tiers, once or recurring, by quantity or metered."""

from decimal import Decimal
from typing import Any

from stripe.params import PriceCreateParams, PriceListParams, PriceUpdateParams

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import Fault, invalid, unknown
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.money import LARGEST, currency
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

NOT_KNOWN = ("currency_options", "custom_unit_amount", "transform_quantity")
LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
DECIMALS = 12


@route("POST", "/v1/prices", PriceCreateParams)
def create_price(call: Call) -> Object:
    """A new price of a product, or with ``product_data`` of a new product."""
    store, values = call.store, dict(call.values)
    product, product_data = values.pop("product", None), values.pop("product_data", None)
    if (product is None) == (product_data is None):
        raise invalid(
            "You must specify either `product` or `product_data` when creating a price.", "product", "parameter_missing"
        )
    _check(store, values)
    if product_data is not None:
        defaults = {"active": True, "images": [], "marketing_features": [], "type": "service", "updated": call.now}
        product = store.add("product", defaults | product_data)["id"]
    return add_price(store, store.get("product", product, "product")["id"], values)


@route("GET", "/v1/prices/{id}")
def show_price(call: Call) -> Object:
    """A price."""
    return call.store.get("price", call.id)


@route(
    "POST",
    "/v1/prices/{id}",
    PriceUpdateParams,
    unknown=all_but(PriceUpdateParams, "active lookup_key metadata nickname tax_behavior transfer_lookup_key"),
)
def update_price(call: Call) -> Object:
    """Change what may change of a price: never its amount."""
    price, values = call.store.get("price", call.id), dict(call.values)
    before = call.store.copy_of(price)
    if "lookup_key" in values:
        _claim(call.store, values["lookup_key"], transfer=values.pop("transfer_lookup_key", False), price=price)
    if price["tax_behavior"] not in (None, "unspecified", values.get("tax_behavior", price["tax_behavior"])):
        raise invalid("`tax_behavior` cannot be changed once it is set.", "tax_behavior")
    change(price, {name: it for name, it in values.items() if name != "transfer_lookup_key"})
    call.store.emit("price.updated", price, before)
    return price


@route("GET", "/v1/prices", PriceListParams)
def list_prices(call: Call) -> Object:
    """All prices, or those that fit."""
    values = call.values
    wanted = {name: values[name] for name in ("active", "currency", "product", "type") if name in values}
    keys, recurring = values.get("lookup_keys"), values.get("recurring", {})
    rows = call.store.find("price", **wanted)
    rows = [row for row in rows if keys is None or row["lookup_key"] in keys]
    return page(call, [row for row in rows if recurring.items() <= (row["recurring"] or {}).items()], "/v1/prices")


def add_price(store: Store, product: str, values: Object) -> Object:
    """A new price of a product from the parameters of one; raises Fault."""
    _check(store, values)
    values = dict(values)
    if key := values.get("lookup_key"):
        _claim(store, key, transfer=values.get("transfer_lookup_key", False))
    values.pop("transfer_lookup_key", None)
    recurring = values.pop("recurring", None)
    made = {
        "active": True,
        "billing_scheme": "per_unit",
        "tax_behavior": "unspecified",
        "product": product,
        "type": "recurring" if recurring else "one_time",
        "recurring": recurring and {"interval_count": 1, "usage_type": "licensed"} | recurring,
    }
    made |= values | {"currency": currency(values["currency"])} | _amounts(values, "unit_amount")
    if "tiers" in values:
        made["tiers"] = [_tier(tier) for tier in values["tiers"]]
    price = store.add("price", made)
    store.emit("price.created", price)
    return price


def _check(store: Store, values: Object) -> None:
    if strange := sorted(values.keys() & set(NOT_KNOWN)):
        raise unknown(f"the parameters {', '.join(strange)} of a price", strange[0])
    currency(values["currency"])
    if values.get("billing_scheme") == "tiered":
        _check_tiers(values)
    elif "tiers" in values or "tiers_mode" in values:
        raise invalid("`tiers` can only be set when `billing_scheme` is `tiered`.", "tiers")
    elif ("unit_amount" in values) == ("unit_amount_decimal" in values):
        raise invalid(
            "You must specify one of `unit_amount` or `unit_amount_decimal`.", "unit_amount", "parameter_missing"
        )
    _check_amount(values, "unit_amount")
    if "recurring" in values:
        _check_recurring(store, values["recurring"])


def _check_tiers(values: Object) -> None:
    tiers = values.get("tiers") or []
    if not tiers or "tiers_mode" not in values:
        raise invalid(
            "`tiers` and `tiers_mode` are needed when `billing_scheme` is `tiered`.", "tiers", "parameter_missing"
        )
    if "unit_amount" in values or "unit_amount_decimal" in values:
        raise invalid("`unit_amount` cannot be set when `billing_scheme` is `tiered`.", "unit_amount")
    bounds = [tier["up_to"] for tier in tiers]
    if bounds[-1] != "inf" or "inf" in bounds[:-1]:
        raise invalid("The last tier, and only it, must have `up_to` = `inf`.", "tiers")
    if sorted(set(bounds[:-1])) != bounds[:-1] or any(bound < 1 for bound in bounds[:-1]):
        raise invalid("The `up_to` of the tiers must grow.", "tiers")
    for tier in tiers:
        if not {"unit_amount", "unit_amount_decimal", "flat_amount", "flat_amount_decimal"} & tier.keys():
            raise invalid("Each tier needs a `unit_amount` or a `flat_amount`.", "tiers")
        _check_amount(tier, "unit_amount")
        _check_amount(tier, "flat_amount")


def _check_amount(values: Object, name: str) -> None:
    exact = f"{name}_decimal"
    if name in values and exact in values:
        raise invalid(f"You may only specify one of these parameters: {name}, {exact}.", exact)
    amount = Decimal(values.get(exact) or values.get(name) or 0)
    if not 0 <= amount <= LARGEST:
        raise invalid(f"Invalid amount: {amount} (must be between 0 and {LARGEST})", name)
    if -int(amount.as_tuple().exponent) > DECIMALS:
        raise invalid(f"Invalid decimal: {amount}; must contain at maximum {DECIMALS} decimal places.", exact)


def _check_recurring(store: Store, recurring: Object) -> None:
    count, longest = recurring.get("interval_count", 1), LONGEST[recurring["interval"]]
    if not 1 <= count <= longest:
        raise invalid(f"Invalid interval_count: {count} (must be between 1 and {longest})", "recurring[interval_count]")
    metered, meter = recurring.get("usage_type") == "metered", recurring.get("meter")
    if metered and not meter:
        raise invalid(
            "A metered price must be backed by a meter: set `recurring[meter]`.",
            "recurring[meter]",
            "parameter_missing",
        )
    if meter and not metered:
        raise invalid("`recurring[meter]` can only be set when `usage_type` is `metered`.", "recurring[meter]")
    if meter and store.get("billing.meter", meter, "recurring[meter]")["status"] != "active":
        raise invalid(f"The meter {meter} is not active.", "recurring[meter]")


def _claim(store: Store, key: str, *, transfer: bool, price: Object | None = None) -> None:
    """Make a lookup key free for a price: take it from another one if it may be transferred."""
    for other in store.find("price", lookup_key=key):
        if other is price:
            continue
        if not transfer:
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise Fault(400, "invalid_request_error", "resource_already_exists", message, "lookup_key")
        before = store.copy_of(other)
        other["lookup_key"] = None
        store.emit("price.updated", other, before)


def _amounts(values: Object, name: str) -> dict[str, Any]:
    """An amount in whole minor units (null if there are none) and the same as exact text."""
    exact = values.get(f"{name}_decimal", values.get(name))
    if exact is None:
        return {name: None, f"{name}_decimal": None}
    amount = Decimal(exact)
    whole = int(amount) if amount == int(amount) else None
    return {name: whole, f"{name}_decimal": format(amount.normalize(), "f")}


def _tier(tier: Object) -> Object:
    up_to = None if tier["up_to"] == "inf" else tier["up_to"]
    return _amounts(tier, "unit_amount") | _amounts(tier, "flat_amount") | {"up_to": up_to}
