"""Credit notes: before payment they lower what is due, afterwards they give back by refund, to the balance, or elsewhere."""

from typing import Any

from stripe.params import (
    CreditNoteCreateParams,
    CreditNoteLineItemListParams,
    CreditNoteListParams,
    CreditNotePreviewParams,
    CreditNoteUpdateParams,
    CreditNoteVoidCreditNoteParams,
)

from saas.sandbox.stripe.balances import change_balance
from saas.sandbox.stripe.billing.collecting import settle
from saas.sandbox.stripe.billing.objects import imagined, listing_of, make, noticing, undone_on_fault
from saas.sandbox.stripe.billing.paying import cancel_payment, intent_of
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.lists import listing, page
from saas.sandbox.stripe.refunds import refund
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/credit_notes"
KNOWN = "amount credit_amount invoice lines memo metadata out_of_band_amount reason refund_amount"
WAYS = ("credit_amount", "out_of_band_amount", "refund_amount")


@route("POST", ADDRESS, CreditNoteCreateParams, unknown=all_but(CreditNoteCreateParams, KNOWN))
def create(call: Call) -> Object:
    """A credit note for a final invoice."""
    with undone_on_fault(call.store, _customer(call)):
        return _issue(call.store, call.values)


@route("GET", ADDRESS + "/preview", CreditNotePreviewParams, unknown=all_but(CreditNotePreviewParams, KNOWN))
def preview(call: Call) -> Object:
    """What a credit note would be."""
    with imagined(call.store, _customer(call)):
        return call.store.copy_of(_issue(call.store, call.values))


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """A credit note."""
    return call.store.get("credit_note", call.id)


@route("GET", ADDRESS, CreditNoteListParams, unknown=("customer_account",))
def list_all(call: Call) -> Object:
    """Credit notes, of an invoice or a customer."""
    return listing(call, "credit_note", ADDRESS, "customer", "invoice")


@route("GET", ADDRESS + "/{id}/lines", CreditNoteLineItemListParams)
def list_lines(call: Call) -> Object:
    """The lines of a credit note."""
    return page(call, call.store.get("credit_note", call.id)["lines"]["data"], f"{ADDRESS}/{call.id}/lines")


@route("POST", ADDRESS + "/{id}", CreditNoteUpdateParams)
def update(call: Call) -> Object:
    """Change the words of a credit note."""
    note = call.store.get("credit_note", call.id)
    with noticing(call.store, note, "credit_note.updated"):
        change(note, call.values)
    return note


@route("POST", ADDRESS + "/{id}/void", CreditNoteVoidCreditNoteParams)
def void(call: Call) -> Object:
    """Take back a credit note of an invoice that is still open."""
    note = call.store.get("credit_note", call.id)
    invoice = call.store.get("invoice", note["invoice"])
    if note["status"] == "void" or invoice["status"] != "open":
        raise invalid("You can only void a credit note that is issued, on an open invoice.")
    note.update(status="void", voided_at=call.store.now(note["customer"]))
    _lower(call.store, invoice, -note["total"])
    call.store.emit("credit_note.voided", note)
    return note


def _customer(call: Call) -> str:
    return str(call.store.get("invoice", call.values["invoice"], "invoice")["customer"])


def _issue(store: Store, values: dict[str, Any]) -> Object:
    invoice = store.get("invoice", values["invoice"], "invoice")
    if invoice["status"] not in ("open", "paid"):
        raise invalid(f"You cannot create a credit note for an invoice that is {invoice['status']}.", "invoice")
    lines = [_line(invoice, entry, f"lines[{place}]") for place, entry in enumerate(values.get("lines") or [])]
    total = sum(line["amount"] for line in lines) if lines else _amount(invoice, values)
    earlier = [it["total"] for it in store.find("credit_note", invoice=invoice["id"]) if it["status"] == "issued"]
    left = invoice["amount_remaining"] if invoice["status"] == "open" else invoice["total"] - sum(earlier)
    if not 0 < total <= left:
        raise invalid(
            f"The credit note amount must be above 0 and at most what is left of the invoice: {left}.", "amount"
        )
    note = store.add("credit_note", _values(store, invoice, values, lines, total, len(earlier) + 1))
    if invoice["status"] == "open":
        _lower(store, invoice, total)
    else:
        _give_back(store, invoice, note, values, total)
    store.emit("credit_note.created", note)
    return note


def _values(
    store: Store, invoice: Object, values: dict[str, Any], lines: list[Object], total: int, number: int
) -> Object:
    id, before = new_id(PREFIXES["credit_note"]), invoice["status"] == "open"
    return {
        "id": id,
        "amount": total,
        "amount_shipping": 0,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "effective_at": store.now(invoice["customer"]),
        "invoice": invoice["id"],
        "lines": listing_of(lines or [_custom(total, "Credit")], f"{ADDRESS}/{id}/lines"),
        "memo": values.get("memo"),
        "metadata": values.get("metadata") or {},
        "number": f"{invoice['number']}-CN-{number:02d}",
        "out_of_band_amount": values.get("out_of_band_amount"),
        "pdf": f"{store.address}/credit_notes/{id}/pdf",
        "post_payment_amount": 0 if before else total,
        "pre_payment_amount": total if before else 0,
        "reason": values.get("reason"),
        "status": "issued",
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
        "total_taxes": [],
        "type": "pre_payment" if before else "post_payment",
    }


def _lower(store: Store, invoice: Object, amount: int) -> None:
    """Lower what is due on an open invoice; when nothing is left it is paid."""
    with noticing(store, invoice, "invoice.updated"):
        invoice["pre_payment_credit_notes_amount"] += amount
        invoice["amount_due"] -= amount
        invoice["amount_remaining"] -= amount
    if invoice["amount_due"] == 0:
        cancel_payment(store, invoice)
        settle(store, invoice)
    elif (intent := intent_of(store, invoice)) is not None:
        intent["amount"] = invoice["amount_due"]
        store.find("invoice_payment", invoice=invoice["id"])[0]["amount_requested"] = invoice["amount_due"]


def _give_back(store: Store, invoice: Object, note: Object, values: dict[str, Any], total: int) -> None:
    if sum(values.get(name, 0) for name in WAYS) != total:
        raise invalid(
            f"The sum of credit amount, refund amount and out of band amount must equal the post-payment amount: {total}.",
            "amount",
        )
    with noticing(store, invoice, "invoice.updated"):
        invoice["post_payment_credit_notes_amount"] += total
    if back := values.get("refund_amount", 0):
        intent = intent_of(store, invoice)
        if intent is None or intent["latest_charge"] is None or intent["status"] != "succeeded":
            raise invalid("There is no charge to refund.", "refund_amount")
        made = refund(store, store.get("charge", intent["latest_charge"]), back)
        note["refunds"] = [
            {"amount_refunded": back, "refund": made["id"], "type": "refund", "payment_record_refund": None}
        ]
    if credit := values.get("credit_amount", 0):
        customer = store.get("customer", invoice["customer"])
        made = change_balance(store, customer, -credit, invoice["currency"], "credit_note", credit_note=note["id"])
        note["customer_balance_transaction"] = made["id"]


def _amount(invoice: Object, values: dict[str, Any]) -> int:
    if "amount" in values:
        return int(values["amount"])
    if invoice["status"] == "paid" and any(name in values for name in WAYS):
        return sum(values.get(name, 0) for name in WAYS)
    raise invalid("You must pass amount, lines, or how it is given back.", "amount", "parameter_missing")


def _line(invoice: Object, entry: dict[str, Any], at: str) -> Object:
    quantity = entry.get("quantity")
    if entry["type"] == "custom_line_item":
        amount = entry.get("amount", entry.get("unit_amount", 0) * (quantity or 1))
        return _custom(amount, entry.get("description", "Credit"), quantity)
    found = [it for it in invoice["lines"]["data"] if it["id"] == entry.get("invoice_line_item")]
    if not found:
        raise invalid("No such line on this invoice.", f"{at}[invoice_line_item]", "resource_missing")
    line = found[0]
    off = sum(it["amount"] for it in line["discount_amounts"])
    amount = entry.get(
        "amount",
        (line["amount"] - off) * (quantity or 1) // (line["quantity"] or 1) if quantity else line["amount"] - off,
    )
    return make(
        "credit_note_line_item",
        amount=amount,
        description=entry.get("description", line["description"]),
        discount_amount=0,
        invoice_line_item=line["id"],
        quantity=quantity or line["quantity"],
        type="invoice_line_item",
    )


def _custom(amount: int, description: str, quantity: int | None = None) -> Object:
    return make(
        "credit_note_line_item",
        amount=amount,
        description=description,
        discount_amount=0,
        quantity=quantity or 1,
        type="custom_line_item",
        unit_amount=amount // (quantity or 1),
    )
