"""What the customer portal lets people do."""

from typing import Any

from stripe.params.billing_portal import ConfigurationCreateParams, ConfigurationListParams, ConfigurationUpdateParams

from saas.sandbox.stripe.edit import merged_metadata
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object

FEATURES = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False},
    "subscription_cancel": {
        "cancellation_reason": {
            "enabled": False,
            "options": ["too_expensive", "missing_features", "switched_service", "unused", "other"],
        },
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"enabled": False, "duration": {"type": "indefinite", "interval_options": []}},
    "subscription_update": {
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
"""What is off until it is asked for."""
QUANTITY = {"enabled": False, "maximum": None, "minimum": 0}


@route("POST", "/v1/billing_portal/configurations", ConfigurationCreateParams)
def create_configuration(call: Call) -> Object:
    """A new configuration; the first one is the default."""
    first = not call.store.find("billing_portal.configuration")
    base = {
        "active": True,
        "is_default": first,
        "business_profile": {},
        "features": FEATURES,
        "login_page": {"enabled": False},
    }
    values = _merged(base, call.values) | {"updated": call.now}
    _check(call, values)
    made = call.store.add("billing_portal.configuration", values)
    call.store.emit("billing_portal.configuration.created", made)
    return made


@route("GET", "/v1/billing_portal/configurations/{id}")
def show_configuration(call: Call) -> Object:
    """A configuration."""
    return call.store.get("billing_portal.configuration", call.id)


@route("POST", "/v1/billing_portal/configurations/{id}", ConfigurationUpdateParams)
def update_configuration(call: Call) -> Object:
    """Change a configuration."""
    found = call.store.get("billing_portal.configuration", call.id)
    before = call.store.copy_of(found)
    changed = _merged(found, call.values) | {"updated": call.now}
    _check(call, changed)
    found.update(changed)
    call.store.emit("billing_portal.configuration.updated", found, before)
    return found


@route("GET", "/v1/billing_portal/configurations", ConfigurationListParams)
def list_configurations(call: Call) -> Object:
    """All configurations."""
    return listing(call, "billing_portal.configuration", "/v1/billing_portal/configurations", "active", "is_default")


def _merged(old: Any, new: Any) -> Any:
    """Nested values over others; metadata as everywhere, empty text unsets (a list: empties)."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {
            name: merged_metadata(old.get(name), it) if name == "metadata" else _merged(old.get(name), it)
            for name, it in new.items()
        }
    if new == "":
        return [] if isinstance(old, list) else None
    return new


def _check(call: Call, made: Object) -> None:
    products = made["features"]["subscription_update"]["products"] or []
    for product in products:
        product["adjustable_quantity"] = QUANTITY | product.get("adjustable_quantity", {})
    _check_products(call, products)
    if made["is_default"] and not made["active"]:
        raise invalid("The default configuration cannot be deactivated.", "active")


def _check_products(call: Call, products: list[Object]) -> None:
    for place, product in enumerate(products):
        at = f"features[subscription_update][products][{place}]"
        call.store.get("product", product["product"], f"{at}[product]")
        for price in product["prices"]:
            if call.store.get("price", price, f"{at}[prices]")["product"] != product["product"]:
                raise invalid(f"The price {price} is not one of the product {product['product']}.", f"{at}[prices]")
