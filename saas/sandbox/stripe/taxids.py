"""A customer's tax ids. As at Stripe's test mode, some values tell how their verification ends."""

import re

from stripe.params import CustomerTaxIdCreateParams, CustomerTaxIdListParams

from saas.sandbox.stripe.clock import due
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store

FORMS = {
    "eu_vat": re.compile(r"^[A-Z]{2}[0-9A-Z+*]{2,13}$"),
    "gb_vat": re.compile(r"^(GB|XI)(\d{9}|\d{12}|GD\d{3}|HA\d{3})$"),
    "ch_vat": re.compile(r"^CHE-?(\d{9}|\d{3}\.\d{3}\.\d{3}) ?(MWST|TVA|IVA)$"),
    "us_ein": re.compile(r"^\d{2}-?\d{7}$"),
}
"""What the values of some types look like; other types are taken as they are."""
VERIFIED = ("eu_vat", "gb_vat", "au_abn")
OUTCOMES = {"111111111": "unverified", "222222222": "pending"}
"""How the verification of a value that ends so comes out; of every other it succeeds."""


@route("POST", "/v1/customers/{id}/tax_ids", CustomerTaxIdCreateParams)
def create_tax_id(call: Call) -> Object:
    """A new tax id of a customer."""
    return add_tax_id(call.store, call.store.get("customer", call.id), call.values["type"], call.values["value"])


@route("GET", "/v1/customers/{id}/tax_ids", CustomerTaxIdListParams)
def list_tax_ids(call: Call) -> Object:
    """The tax ids of a customer."""
    call.store.get("customer", call.id)
    return listing(call, "tax_id", f"/v1/customers/{call.id}/tax_ids", customer=call.id)


@route("GET", "/v1/customers/{id}/tax_ids/{tax_id}")
def show_tax_id(call: Call) -> Object:
    """A tax id."""
    return _own(call)


@route("DELETE", "/v1/customers/{id}/tax_ids/{tax_id}")
def delete_tax_id(call: Call) -> Object:
    """Delete a tax id."""
    tax_id = _own(call)
    call.store.remove(tax_id)
    call.store.emit("customer.tax_id.deleted", tax_id)
    return {"id": tax_id["id"], "object": "tax_id", "deleted": True}


def add_tax_id(store: Store, customer: Object, type: str, value: str) -> Object:
    """A new tax id of a customer, verified a moment later where its type is; raises Fault for a malformed value."""
    if type in FORMS and not FORMS[type].match(value):
        raise invalid(f"Invalid value for {type}.", "value", "tax_id_invalid")
    id = customer["id"]
    values = {
        "customer": id,
        "type": type,
        "value": value,
        "country": _country(type, value),
        "owner": {"type": "customer", "customer": id},
    }
    status = {"status": "pending" if type in VERIFIED else "unavailable"}
    made = store.add("tax_id", values | {"verification": status})
    store.emit("customer.tax_id.created", made)
    if type in VERIFIED:
        store.at(store.now(id), "tax_id.verify", customer=id, tax_id=made["id"])
    return made


@due("tax_id.verify")
def verify(store: Store, customer: str, tax_id: str) -> None:
    """End the verification of a tax id, if it is still there."""
    found = store.lookup(tax_id)
    outcome = next((it for end, it in OUTCOMES.items() if found and found["value"].endswith(end)), "verified")
    if found is None or outcome == "pending":
        return
    before = store.copy_of(found)
    name = "Example Company" if outcome == "verified" else None
    found["verification"] = {"status": outcome, "verified_name": name, "verified_address": None}
    store.emit("customer.tax_id.updated", found, before)


def _country(type: str, value: str) -> str:
    country = value[:2] if type == "eu_vat" else type[:2].upper()
    return {"EL": "GR"}.get(country, country)


def _own(call: Call) -> Object:
    tax_id = call.store.get("tax_id", call.path["tax_id"])
    if tax_id["customer"] != call.id:
        raise invalid(f"No such tax_id: '{tax_id['id']}'", "id", "resource_missing")
    return tax_id
