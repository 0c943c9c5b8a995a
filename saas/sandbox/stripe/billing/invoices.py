"""Invoices over the API."""

from typing import Any

from stripe.params import (
    InvoiceCreateParams,
    InvoiceCreatePreviewParams,
    InvoiceFinalizeInvoiceParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoiceMarkUncollectibleParams,
    InvoicePaymentListParams,
    InvoicePayParams,
    InvoiceSendInvoiceParams,
    InvoiceUpdateParams,
    InvoiceVoidInvoiceParams,
)

from saas.sandbox.stripe.billing.changes import merged
from saas.sandbox.stripe.billing.collecting import card_for, collect, settle, wake_invoice
from saas.sandbox.stripe.billing.drafting import draft_invoice
from saas.sandbox.stripe.billing.finalising import finalise, give_up, void
from saas.sandbox.stripe.billing.objects import noticing, undone_on_fault
from saas.sandbox.stripe.billing.outcomes import need_card, refused_payment
from saas.sandbox.stripe.billing.paying import cancel_payment
from saas.sandbox.stripe.billing.preview import preview
from saas.sandbox.stripe.billing.standing import clear, subscription_of
from saas.sandbox.stripe.errors import Fault, invalid
from saas.sandbox.stripe.lists import in_range, page
from saas.sandbox.stripe.methods import take
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object

ADDRESS = "/v1/invoices"
ANY_TIME = "auto_advance default_payment_method description footer metadata"
CREATED_WITH = all_but(
    InvoiceCreateParams,
    f"{ANY_TIME} collection_method currency customer days_until_due pending_invoice_items_behavior subscription",
)
UPDATED_WITH = all_but(InvoiceUpdateParams, f"{ANY_TIME} days_until_due due_date")
PREVIEWED_WITH = all_but(
    InvoiceCreatePreviewParams, "customer discounts preview_mode subscription subscription_details"
)


@route("POST", ADDRESS, InvoiceCreateParams, unknown=CREATED_WITH)
def create(call: Call) -> Object:
    """A draft by hand, with what is pending."""
    store, values = call.store, dict(call.values)
    customer = store.get("customer", values.pop("customer", ""), "customer")
    found = values.pop("subscription", None)
    subscription = store.get("subscription", found, "subscription") if found else None
    sweep = values.pop("pending_invoice_items_behavior", "include" if subscription else "exclude") == "include"
    currency = values.pop("currency", None) or (subscription or customer)["currency"] or "usd"
    days = values.pop("days_until_due", None)
    more = values | {"auto_advance": values.get("auto_advance", False)} | ({"_days_until_due": days} if days else {})
    invoice = draft_invoice(
        store, customer["id"], currency=currency, reason="manual", subscription=subscription, sweep=sweep, **more
    )
    if not invoice["auto_advance"]:
        invoice["automatically_finalizes_at"] = None
    store.emit("invoice.created", invoice)
    wake_invoice(store, invoice)
    return invoice


@route("POST", ADDRESS + "/create_preview", InvoiceCreatePreviewParams, unknown=PREVIEWED_WITH)
def create_preview(call: Call) -> Object:
    """What an invoice would be."""
    if call.values.get("preview_mode", "next") != "next":
        raise invalid("the sandbox does not know previews of recurring amounts", "preview_mode", "sandbox_unknown")
    return preview(call.store, call.values)


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """An invoice."""
    return call.store.get("invoice", call.id)


@route("GET", ADDRESS, InvoiceListParams, unknown=("customer_account",))
def list_all(call: Call) -> Object:
    """Invoices that fit."""
    values = call.values
    wanted: dict[str, Any] = {
        name: values[name] for name in ("collection_method", "customer", "status") if name in values
    }
    if "subscription" in values:
        wanted["_subscription"] = values["subscription"]
    rows = [row for row in call.store.find("invoice", **wanted) if in_range(row["due_date"], values.get("due_date"))]
    return page(call, rows, ADDRESS)


@route("POST", ADDRESS + "/{id}", InvoiceUpdateParams, unknown=UPDATED_WITH)
def update(call: Call) -> Object:
    """Change what may change: of a final invoice only whether it is collected, its card, its words."""
    invoice, values = call.store.get("invoice", call.id), dict(call.values)
    if invoice["status"] in ("paid", "void") and values.keys() - {"metadata"}:
        raise invalid(f"This invoice is {invoice['status']} and can no longer be changed.", code="invoice_not_editable")
    with noticing(call.store, invoice, "invoice.updated"):
        if "metadata" in values:
            values["metadata"] = merged(invoice["metadata"], values["metadata"])
        if "days_until_due" in values:
            invoice["_days_until_due"] = values.pop("days_until_due")
        invoice.update(values)
    wake_invoice(call.store, invoice)
    return invoice


@route("DELETE", ADDRESS + "/{id}")
def delete(call: Call) -> Object:
    """Delete a draft that was made by hand; what was pending is pending again."""
    invoice = call.store.get("invoice", call.id)
    if invoice["status"] != "draft" or invoice["billing_reason"] != "manual":
        raise invalid(
            "You can only delete draft invoices that were not made by a subscription.", code="invoice_not_editable"
        )
    for entry in call.store.find("invoiceitem", invoice=invoice["id"]):
        entry["invoice"] = None
    call.store.emit("invoice.deleted", invoice)
    call.store.remove(invoice)
    return {"id": call.id, "object": "invoice", "deleted": True}


@route("POST", ADDRESS + "/{id}/finalize", InvoiceFinalizeInvoiceParams)
def finalize(call: Call) -> Object:
    """Make a draft final."""
    invoice = call.store.get("invoice", call.id)
    finalise(call.store, invoice)
    invoice["auto_advance"] = call.values.get("auto_advance", invoice["auto_advance"])
    if invoice["amount_due"] == 0:
        settle(call.store, invoice)
    elif invoice["auto_advance"] and invoice["collection_method"] == "charge_automatically":
        invoice["next_payment_attempt"] = call.store.now(invoice["customer"]) + 1
        wake_invoice(call.store, invoice)
    return invoice


@route("POST", ADDRESS + "/{id}/pay", InvoicePayParams, unknown=("forgive", "mandate", "source"))
def pay(call: Call) -> Object:
    """Pay an invoice now; raises Fault 402 if the card is declined."""
    store, values, invoice = call.store, call.values, call.store.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalise(store, invoice)
    if values.get("paid_out_of_band"):
        _check_payable(invoice)
        cancel_payment(store, invoice)
        settle(store, invoice)
        return invoice
    card = take(store, values["payment_method"])["id"] if "payment_method" in values else None
    if card is None:
        need_card(store, invoice)
    error = collect(
        store,
        invoice,
        payment_method=card or card_for(store, invoice),
        off_session=values.get("off_session", True),
        by_hand=True,
    )
    if error is not None:
        refused_payment("error_if_incomplete", error)
    return invoice


@route("POST", ADDRESS + "/{id}/void", InvoiceVoidInvoiceParams)
def void_invoice(call: Call) -> Object:
    """Void an invoice."""
    return _ended(call, void)


@route("POST", ADDRESS + "/{id}/mark_uncollectible", InvoiceMarkUncollectibleParams)
def mark_uncollectible(call: Call) -> Object:
    """Give an invoice up."""
    return _ended(call, give_up)


@route("POST", ADDRESS + "/{id}/send", InvoiceSendInvoiceParams)
def send(call: Call) -> Object:
    """Send an invoice to the customer; a draft becomes final first."""
    invoice = call.store.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalise(call.store, invoice)
        if invoice["amount_due"] == 0:
            settle(call.store, invoice)
            return invoice
    if invoice["status"] != "open":
        raise invalid(f"You can only send an open invoice. This one is {invoice['status']}.")
    call.store.emit("invoice.sent", invoice)
    return invoice


@route("GET", ADDRESS + "/{id}/lines", InvoiceLineItemListParams)
def list_lines(call: Call) -> Object:
    """The lines of an invoice."""
    return page(call, call.store.get("invoice", call.id)["lines"]["data"], f"{ADDRESS}/{call.id}/lines")


@route("GET", "/v1/invoice_payments", InvoicePaymentListParams)
def list_payments(call: Call) -> Object:
    """How invoices were paid."""
    wanted = {name: call.values[name] for name in ("invoice", "status") if name in call.values}
    rows, by = call.store.find("invoice_payment", **wanted), call.values.get("payment", {}).get("payment_intent")
    return page(call, [row for row in rows if by in (None, row["payment"]["payment_intent"])], "/v1/invoice_payments")


@route("GET", "/v1/invoice_payments/{id}")
def show_payment(call: Call) -> Object:
    """How an invoice was paid."""
    return call.store.get("invoice_payment", call.id)


def _ended(call: Call, way: Any) -> Object:
    invoice = call.store.get("invoice", call.id)
    with undone_on_fault(call.store, invoice["customer"]):
        way(call.store, invoice)
        subscription = subscription_of(call.store, invoice)
        if subscription is not None:
            clear(call.store, subscription)
    return invoice


def _check_payable(invoice: Object) -> None:
    if invoice["status"] not in ("open", "uncollectible"):
        raise Fault(400, "invalid_request_error", None, f"Invoice is already {invoice['status']}")
