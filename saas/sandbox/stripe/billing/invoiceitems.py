"""Invoice items over the API."""

from decimal import Decimal
from typing import Any

from stripe.params import InvoiceItemCreateParams, InvoiceItemListParams, InvoiceItemUpdateParams

from saas.sandbox.stripe.billing.changes import merged
from saas.sandbox.stripe.billing.drafting import reckon
from saas.sandbox.stripe.billing.lines import line_of, pricing_of
from saas.sandbox.stripe.billing.pending import add_pending
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.rating import rounded
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.money import currency
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/invoiceitems"
CREATED_WITH = all_but(
    InvoiceItemCreateParams,
    "amount currency customer description discountable invoice metadata period pricing quantity subscription",
)
UPDATED_WITH = all_but(InvoiceItemUpdateParams, "amount description metadata")


@route("POST", ADDRESS, InvoiceItemCreateParams, unknown=CREATED_WITH)
def create(call: Call) -> Object:
    """Something for the next invoice of a customer, or for a draft."""
    store, values = call.store, dict(call.values)
    holder, now = _customer(store, values), store.now(values.get("customer"))
    period = values.pop("period", {"start": now, "end": now})
    amount, code, pricing = _amount(store, values)
    own: dict[str, Any] = {name: values[name] for name in ("description", "metadata", "quantity") if name in values}
    subscription = values.get("subscription")
    if subscription is not None:
        store.get("subscription", subscription, "subscription")
        details = {"subscription": subscription, "subscription_item": None}
        own |= {
            "parent": {"type": "subscription_details", "subscription_details": details},
            "_subscription": subscription,
        }
    made = add_pending(
        store, customer=holder, amount=amount, currency=code, period=Period(period["start"], period["end"]),
        pricing=pricing, discountable=values.get("discountable", amount >= 0), **own,
    )  # fmt: skip
    if "invoice" in values:
        _put_on(store, made, values["invoice"])
    return made


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """An invoice item."""
    return call.store.get("invoiceitem", call.id)


@route("GET", ADDRESS, InvoiceItemListParams, unknown=("customer_account", "created"))
def list_all(call: Call) -> Object:
    """Invoice items that fit."""
    wanted = {name: call.values[name] for name in ("customer", "invoice") if name in call.values}
    rows = call.store.find("invoiceitem", **wanted)
    if "pending" in call.values:
        rows = [row for row in rows if (row["invoice"] is None) == call.values["pending"]]
    return page(call, rows, ADDRESS)


@route("POST", ADDRESS + "/{id}", InvoiceItemUpdateParams, unknown=UPDATED_WITH)
def update(call: Call) -> Object:
    """Change an item that waits."""
    entry, values = _waiting(call), call.values
    if "amount" in values:
        entry.update(amount=values["amount"], net_amount=values["amount"])
    entry["description"] = values.get("description", entry["description"])
    if "metadata" in values:
        entry["metadata"] = merged(entry["metadata"], values["metadata"])
    return entry


@route("DELETE", ADDRESS + "/{id}")
def delete(call: Call) -> Object:
    """Take back an item that waits."""
    entry = _waiting(call)
    call.store.emit("invoiceitem.deleted", entry)
    call.store.remove(entry)
    return {"id": call.id, "object": "invoiceitem", "deleted": True}


def _customer(store: Store, values: dict[str, Any]) -> str:
    if "customer" not in values and "invoice" in values:
        return str(store.get("invoice", values["invoice"], "invoice")["customer"])
    return str(store.get("customer", values.get("customer", ""), "customer")["id"])


def _amount(store: Store, values: dict[str, Any]) -> tuple[int, str, Object | None]:
    if "pricing" not in values:
        if "amount" not in values or "currency" not in values:
            raise invalid("You must pass amount and currency, or pricing[price].", "amount", "parameter_missing")
        return values["amount"], currency(values["currency"]), None
    price = store.get("price", values["pricing"].get("price", ""), "pricing[price]")
    if price["recurring"] is not None:
        raise invalid("Invoice items need a price with `type=one_time`.", "pricing[price]")
    unit = Decimal(str(price["unit_amount_decimal"]))
    return rounded(unit * values.get("quantity", 1)), price["currency"], pricing_of(price, unit)


def _put_on(store: Store, entry: Object, id: str) -> None:
    invoice = store.get("invoice", id, "invoice")
    if invoice["status"] != "draft":
        raise invalid("You can only add items to draft invoices.", "invoice", "invoice_not_editable")
    entry["invoice"] = id
    invoice["lines"]["data"].append(line_of(entry) | {"invoice": id})
    reckon(store, invoice)
    store.emit("invoice.updated", invoice)


def _waiting(call: Call) -> Object:
    entry = call.store.get("invoiceitem", call.id)
    if entry["invoice"] is not None and call.store.get("invoice", entry["invoice"])["status"] != "draft":
        raise invalid("This invoice item is on an invoice that is final.", code="invoice_not_editable")
    return entry
