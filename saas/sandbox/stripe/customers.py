"""Customers: create, change, list, delete."""

from collections.abc import Callable

from stripe.params import CustomerCreateParams, CustomerListParams, CustomerUpdateParams

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid, missing
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.lists import listed, listing
from saas.sandbox.stripe.methods import attach, check_free, take
from saas.sandbox.stripe.present import on_request
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.taxids import add_tax_id

PLAIN = (
    "address balance business_name description email individual_name invoice_prefix metadata name next_invoice_sequence "
    "phone preferred_locales shipping tax_exempt"
)
CREATED_WITH = f"{PLAIN} invoice_settings payment_method tax_id_data test_clock"
UPDATED_WITH = f"{PLAIN} invoice_settings"
DEFAULTS = {"balance": 0, "delinquent": False, "invoice_settings": {}, "preferred_locales": [], "tax_exempt": "none"}
PREFIX_LENGTH = 8

OnDelete = Callable[[Store, Object], None]
ON_DELETE: list[OnDelete] = []
"""What is done before a customer goes, e.g. the subscriptions end."""


@route("POST", "/v1/customers", CustomerCreateParams, unknown=all_but(CustomerCreateParams, CREATED_WITH))
def create_customer(call: Call) -> Object:
    """A new customer; ``payment_method`` is attached, ``tax_id_data`` become tax ids."""
    values, store = dict(call.values), call.store
    method, tax_ids = values.pop("payment_method", None), values.pop("tax_id_data", [])
    settings = values.pop("invoice_settings", {})
    if clock := values.get("test_clock"):
        store.get("test_helpers.test_clock", clock, "test_clock")
    if (default := settings.get("default_payment_method", method)) != method:
        raise missing("payment_method", default, "invoice_settings[default_payment_method]")
    kept = take(store, method) if method else None
    if kept:
        check_free(kept)
    if kept and "default_payment_method" in settings:
        settings = settings | {"default_payment_method": kept["id"]}
    customer = store.add(
        "customer", DEFAULTS | {"invoice_prefix": _prefix(), "test_clock": clock, "next_invoice_sequence": 1}
    )
    change(customer, values | {"invoice_settings": settings})
    store.emit("customer.created", customer)
    if kept:
        attach(store, kept, customer["id"])
    for tax_id in tax_ids:
        add_tax_id(store, customer, **tax_id)
    return customer


@route("GET", "/v1/customers/{id}")
def show_customer(call: Call) -> Object:
    """A customer; of a deleted one only that it was deleted."""
    if call.store.was_removed("customer", call.id):
        return {"id": call.id, "object": "customer", "deleted": True}
    return call.store.get("customer", call.id)


@route("POST", "/v1/customers/{id}", CustomerUpdateParams, unknown=all_but(CustomerUpdateParams, UPDATED_WITH))
def update_customer(call: Call) -> Object:
    """Change a customer."""
    customer, values = call.store.get("customer", call.id), dict(call.values)
    before = call.store.copy_of(customer)
    _settings(call.store, customer, values.pop("invoice_settings", {}))
    change(customer, values)
    if call.store.copy_of(customer) != before:
        call.store.emit("customer.updated", customer, before)
    return customer


@route("GET", "/v1/customers", CustomerListParams)
def list_customers(call: Call) -> Object:
    """All customers, newest first; without ``test_clock`` none of those that have one."""
    clock = call.values.get("test_clock")
    return listing(call, "customer", "/v1/customers", "email", test_clock=clock)


@route("DELETE", "/v1/customers/{id}")
def delete_customer(call: Call) -> Object:
    """Delete a customer for good, and end the subscriptions."""
    customer = call.store.get("customer", call.id)
    remove_customer(call.store, customer)
    return {"id": call.id, "object": "customer", "deleted": True}


def remove_customer(store: Store, customer: Object) -> None:
    """Do what comes before, tell of it and forget the customer."""
    for step in ON_DELETE:
        step(store, customer)
    store.emit("customer.deleted", customer)
    store.remove(customer)


@on_request("customer", "tax_ids")
def _tax_ids(store: Store, customer: Object) -> Object:
    rows = store.find("tax_id", customer=customer["id"])
    return listed([store.copy_of(row) for row in rows], f"/v1/customers/{customer['id']}/tax_ids")


@on_request("customer", "subscriptions")
def _subscriptions(store: Store, customer: Object) -> Object:
    rows = [
        it
        for it in store.find("subscription", customer=customer["id"])
        if it["status"] not in ("canceled", "incomplete_expired")
    ]
    return listed([store.copy_of(row) for row in rows], f"/v1/customers/{customer['id']}/subscriptions")


def _settings(store: Store, customer: Object, values: Object) -> None:
    """Change ``invoice_settings``; the default payment method must be the customer's own."""
    if default := values.get("default_payment_method"):
        method = store.get("payment_method", default, "invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            message = "The customer does not have a payment method with the ID " + default
            raise invalid(message, "invoice_settings[default_payment_method]", "resource_missing")
    change(customer, {"invoice_settings": values})


def _prefix() -> str:
    return new_id("").upper()[:PREFIX_LENGTH]
