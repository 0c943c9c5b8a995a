"""Products."""

from stripe.params import ProductCreateParams, ProductListParams, ProductUpdateParams

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.prices import add_price
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object

PLAIN = (
    "active description images marketing_features metadata name shippable statement_descriptor tax_code unit_label url"
)
DEFAULTS = {"active": True, "images": [], "marketing_features": [], "type": "service"}
NO_CREATE = all_but(ProductCreateParams, f"{PLAIN} default_price_data id type")
NO_UPDATE = all_but(ProductUpdateParams, f"{PLAIN} default_price")


@route("POST", "/v1/products", ProductCreateParams, unknown=NO_CREATE)
def create_product(call: Call) -> Object:
    """A new product, with its default price if there are ``default_price_data``."""
    store, values = call.store, dict(call.values)
    price_data, id = values.pop("default_price_data", None), values.pop("id", None)
    if id and any(it["id"] == id for it in store.find("product")):
        raise invalid(f"Product already exists: {id}", "id", "resource_already_exists")
    product = store.add("product", DEFAULTS | {"name": "", "updated": call.now} | ({"id": id} if id else {}))
    change(product, values)
    store.emit("product.created", product)
    if price_data:
        product["default_price"] = add_price(store, product["id"], price_data)["id"]
    return product


@route("GET", "/v1/products/{id}")
def show_product(call: Call) -> Object:
    """A product."""
    return call.store.get("product", call.id)


@route("POST", "/v1/products/{id}", ProductUpdateParams, unknown=NO_UPDATE)
def update_product(call: Call) -> Object:
    """Change a product."""
    product = call.store.get("product", call.id)
    before = call.store.copy_of(product)
    default = call.values.get("default_price")
    if default and call.store.get("price", default, "default_price")["product"] != call.id:
        raise invalid(f"The price {default} is not one of the product {call.id}.", "default_price")
    change(product, call.values)
    product["images"], product["marketing_features"] = product["images"] or [], product["marketing_features"] or []
    product["updated"] = call.now
    call.store.emit("product.updated", product, before)
    return product


@route("GET", "/v1/products", ProductListParams)
def list_products(call: Call) -> Object:
    """All products, or those with these ids."""
    wanted = {name: call.values[name] for name in ("active", "shippable", "type", "url") if name in call.values}
    ids = call.values.get("ids")
    rows = [row for row in call.store.find("product", **wanted) if ids is None or row["id"] in ids]
    return page(call, rows, "/v1/products")


@route("DELETE", "/v1/products/{id}")
def delete_product(call: Call) -> Object:
    """Delete a product without prices."""
    product = call.store.get("product", call.id)
    if call.store.find("price", product=call.id):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.")
    call.store.remove(product)
    call.store.emit("product.deleted", product)
    return {"id": call.id, "object": "product", "deleted": True}
