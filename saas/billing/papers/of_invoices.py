"""Papers of the invoices that we mirror, and of their credit notes.

What Stripe says is put so that the sums of the paper agree: what settles an invoice besides payments (the balance, credit notes,
money that came in otherwise) stands among the payments, and what no line explains in a line of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from saas.billing.details import Details
from saas.billing.lines import Line, days_of, joined, use_in_words
from saas.billing.models import Invoice
from saas.billing.papers.facts import Kind, LineKind, Paper, PaperLine, Party, Payment, Status
from saas.billing.papers.taxes import rate_of, taxes_of

NOBODY, UNEXPLAINED = "(no name)", "Adjustment"
CARD, BALANCE, OTHERWISE = "Card", "Credit from before", "Settled otherwise"
CARRIED = "Kept as credit for later"
_KINDS = {"plan": LineKind.PLAN, "use": LineKind.USAGE}
_SETTLED = "succeeded", "paid"
LabelOf = Callable[[Line], str]
"""How a line of an invoice is called."""


def invoice_paper(invoice: Invoice, *, seller: Party, label_of: LabelOf, locale: str, simulated: bool) -> Paper:
    """An invoice as a paper, made out to whom it was when it was first written down."""
    facts, status = invoice.facts, Status(invoice.status)
    given = sum(facts["discounts"])
    taxes = taxes_of(facts["taxes"], invoice.total)
    net = invoice.total - sum(tax.amount for tax in taxes)
    rates = [tax.rate for tax in taxes]
    detail_of = partial(use_in_words, currency=invoice.currency, locale=locale)
    lines = [_line(line, rates, label_of, detail_of) for line in joined(facts["lines"])]
    lines += _rest(net + given - sum(line.amount for line in lines), rates)
    payments = _payments(invoice)
    paid = sum(payment.amount for payment in payments)
    return Paper(
        number=invoice.number or invoice.id,
        kind=Kind.INVOICE,
        currency=invoice.currency,
        issued=invoice.created_at.date(),
        status=status,
        seller=seller,
        buyer=_buyer(facts),
        lines=tuple(lines),
        subtotal=net + given,
        discount=given,
        taxes=taxes,
        total=invoice.total,
        paid=paid,
        due=0 if status is Status.VOID else invoice.total - paid,
        payments=payments,
        due_on=invoice.due_at.date() if invoice.due_at else None,
        po_number=facts.get("buyer", {}).get("po_number", ""),
        pay_url=facts.get("page", ""),
        locale=locale,
        simulated=simulated,
    )


def credit_note_paper(
    invoice: Invoice, note: Mapping[str, Any], *, seller: Party, locale: str, simulated: bool
) -> Paper:
    """One of the credit notes in an invoice's facts as a paper."""
    taxes = taxes_of(note.get("taxes", ()), note["total"])
    net = note["total"] - sum(tax.amount for tax in taxes)
    rates, given = [tax.rate for tax in taxes], note.get("discount", 0)
    lines = [
        PaperLine(one["text"] or UNEXPLAINED, one["amount"], tax_rate=_rate(rates)) for one in note.get("lines", ())
    ]
    lines += _rest(net + given - sum(line.amount for line in lines), rates, f"Credit for invoice {invoice.number}")
    return Paper(
        number=note["number"],
        kind=Kind.CREDIT_NOTE,
        currency=invoice.currency,
        issued=_moment(note["at"]).date(),
        status=Status.VOID if note["status"] == "void" else Status.ISSUED,
        seller=seller,
        buyer=_buyer(invoice.facts),
        lines=tuple(lines),
        subtotal=net + given,
        discount=given,
        taxes=taxes,
        total=note["total"],
        due=0 if note["status"] == "void" else note["total"],
        corrects=invoice.number or invoice.id,
        po_number=invoice.facts.get("buyer", {}).get("po_number", ""),
        notes=tuple(filter(None, (note.get("memo", ""),))),
        locale=locale,
        simulated=simulated,
    )


def _buyer(facts: Mapping[str, Any]) -> Party:
    known = Details.read(facts.get("buyer", {})).party
    return replace(known, name=known.name or NOBODY)


def _line(line: Line, rates: Sequence[Decimal], label_of: LabelOf, detail_of: LabelOf) -> PaperLine:
    kind = LineKind.PRORATION if line["proration"] else _KINDS.get(line.get("kind", ""), LineKind.OTHER)
    told = kind is not LineKind.USAGE and line["unit"] and line["quantity"]
    quantity, unit = Decimal(line["quantity"] or 1), Decimal(line["unit"] or 0)
    fits = told and quantity * unit == line["amount"]
    return PaperLine(
        label_of(line),
        line["amount"],
        kind,
        (detail_of(line) or "Beyond what is included") if kind is LineKind.USAGE else "",
        days_of(line),
        quantity if fits else Decimal(1),
        unit_price=unit if fits else None,
        tax_rate=_rate(rates, line["taxes"], line["amount"] - line["discount"]),
    )


def _rate(rates: Sequence[Decimal], taxes: Sequence[Mapping[str, Any]] = (), base: int = 0) -> Decimal | None:
    """The rate of a line: where the paper has several, the one that is nearest to what it is taxed with."""
    if len(rates) < 2:
        return None
    own = rate_of(sum(tax["amount"] for tax in taxes), base)
    return min(rates, key=lambda rate: abs(rate - own))


def _rest(left: int, rates: Sequence[Decimal], label: str = UNEXPLAINED) -> list[PaperLine]:
    """A line for what no other explains."""
    return [PaperLine(label, left, tax_rate=_rate(rates))] if left else []


def _payments(invoice: Invoice) -> tuple[Payment, ...]:
    """What came in, and what settled the invoice besides: together all that is not due any more."""
    facts, issued = invoice.facts, invoice.created_at
    came = [Payment(_moment(one["at"]), one["amount"], CARD) for one in facts["payments"] if one["status"] in _SETTLED]
    if invoice.status == Status.VOID:
        return tuple(came)
    if balance := facts["balance"]:
        came.append(Payment(issued, -balance, BALANCE if balance < 0 else CARRIED))
    for note in facts["credit_notes"]:
        if note.get("before_payment") and note["status"] != "void":
            came.append(Payment(_moment(note["at"]), note["before_payment"], f"Credit note {note['number']}"))
    left = invoice.total - invoice.due - sum(one.amount for one in came)
    return (*came, Payment(invoice.paid_at or issued, left, OTHERWISE)) if left else tuple(came)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
