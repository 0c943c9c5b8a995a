"""The hosted page of an invoice: what it is for, paying it by card, and the paper."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe.billing.collecting import PAYABLE, collect
from saas.sandbox.stripe.billing.paying import intent_of
from saas.sandbox.stripe.cards import refusal
from saas.sandbox.stripe.errors import Fault, missing
from saas.sandbox.stripe.pages.cards import HINTS, CardForm, add_card
from saas.sandbox.stripe.pages.control import moment
from saas.sandbox.stripe.pages.hosted import changing, hosted
from saas.sandbox.stripe.pages.papers import paper_of
from saas.sandbox.stripe.pages.site import as_money, store
from saas.sandbox.stripe.store import Object, Store

bp = hosted("invoices", "")
STATUSES = {"open": "Open", "paid": "Paid", "void": "Void", "uncollectible": "Uncollectible"}


@bp.get("/i/<id>")
def show(id: str) -> ResponseReturnValue:
    """The invoice; with a form for a card as long as something is due."""
    with store().lock:
        return _page(_invoice(id), CardForm(None, at=store().now()))


@bp.post("/i/<id>")
def pay(id: str) -> ResponseReturnValue:
    """Pay by the card that was typed; one that asks its holder leads to the page of the bank and back."""
    with changing() as found:
        invoice = _invoice(id)
        if not _is_due(invoice):
            return redirect(url_for(".show", id=id), 303)
        form = CardForm(request.form, at=found.now(invoice["customer"]))
        if not form.validate():
            return _page(invoice, form, status=422)
        method = add_card(found, form.typed())
        try:
            return _charge(found, invoice, method["id"])
        except Fault as fault:
            if fault.status != 402:
                raise
            return _page(_invoice(id), form, declined=str(fault), status=402)


@bp.get("/i/<id>/pdf")
def pdf(id: str) -> ResponseReturnValue:
    """The invoice as a plain paper."""
    with store().lock:
        invoice = _invoice(id)
        rows = [
            [line["description"], as_money(line["amount"], invoice["currency"])] for line in invoice["lines"]["data"]
        ]
        rows += [["Total", as_money(invoice["total"], invoice["currency"])]]
        facts = [f"Issued {moment(invoice['effective_at']):%d %B %Y}", STATUSES[invoice["status"]]]
        return _paper(f"Invoice {invoice['number']}", invoice, facts, rows)


@bp.get("/credit_notes/<id>/pdf")
def credit_note_pdf(id: str) -> ResponseReturnValue:
    """A credit note as a plain paper."""
    with store().lock:
        note = store().get("credit_note", id)
        invoice = store().get("invoice", note["invoice"])
        rows = [[line["description"], as_money(line["amount"], note["currency"])] for line in note["lines"]["data"]]
        rows += [["Credited", as_money(note["total"], note["currency"])]]
        return _paper(f"Credit note {note['number']}", invoice, [f"For invoice {invoice['number']}"], rows)


def _invoice(id: str) -> Object:
    """A final invoice; raises Fault 404, for a draft too."""
    invoice = store().get("invoice", id)
    if invoice["status"] == "draft":
        raise missing("invoice", id)
    return invoice


def _is_due(invoice: Object) -> bool:
    return invoice["status"] in PAYABLE and invoice["amount_remaining"] > 0


def _charge(found: Store, invoice: Object, method: str) -> ResponseReturnValue:
    """Charge the card; raises Fault 402 when it is declined, which the books remember."""
    here = url_for(".show", id=invoice["id"])
    error = collect(found, invoice, payment_method=method, off_session=False, by_hand=True)
    intent = intent_of(found, invoice)
    if error is None or intent is None:
        return redirect(here, 303)
    if intent["status"] != "requires_action":
        raise refusal(error.get("decline_code") or error["code"])
    intent["_return_url"] = found.address + here
    return redirect(url_for("authenticate.show", id=intent["id"]), 303)


def _page(invoice: Object, form: CardForm, *, declined: str | None = None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "stripe/hosted/invoice.html",
        invoice=invoice,
        form=form if _is_due(invoice) else None,
        declined=declined,
        statuses=STATUSES,
        hints=HINTS,
    )
    return page, status


def _paper(title: str, invoice: Object, facts: list[str], rows: list[list[Any]]) -> Response:
    who = [invoice["customer_name"] or "", invoice["customer_email"] or ""]
    response = Response(paper_of(title, invoice["account_name"], who, facts, rows), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{title.lower().replace(" ", "-")}.pdf"'
    return response
