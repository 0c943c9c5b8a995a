"""Mirroring invoices, in the tenant's scope; what people must hear of follows from how a row changes, and so happens once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from saas.billing.details import get_details
from saas.billing.facts import InvoiceFacts
from saas.billing.lines import Line, joined
from saas.billing.models import Invoice
from saas.billing.module import INVOICE_CREDITED, INVOICE_FAILED, INVOICE_ISSUED, INVOICE_PAID, INVOICE_VOIDED
from saas.billing.prices import USE, Sold, with_what_it_sells
from saas.billing.queries.behind import explained
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.core.module import AuditEvent
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import directory

STRIPE = Actor("job", "Stripe")
EXPLAIN_JOB = "billing.explain_use"
_VOID = ("void", "uncollectible")
_TOLD = ("use", "charged", "start")
"""What is told of a line of use beside what Stripe says."""


@dataclass(frozen=True, slots=True)
class Change:
    """How an invoice changed by a look: what happened to it, in the order in which it did."""

    invoice: Invoice
    happened: tuple[AuditEvent, ...]
    recovered: bool = False


def write_invoice(facts: InvoiceFacts, *, look: int, living: Collection[str], sold: Sold) -> Change | None:
    """Write an invoice down as a look saw it; None when a later look has written it, or nothing changed.

    To whom it is made out stays as it was at the first time: a new address is for new invoices. A payment that fails matters for
    subscriptions that somebody has (``living``): one that was never paid is no debt.
    """
    row = db.session.get(Invoice, facts.id, with_for_update=True)
    if row is not None and row.look >= look:
        return None
    row, known, notes = (
        (row or Invoice(id=facts.id)),
        row is not None,
        len((row.facts if row else {}).get("credit_notes", ())),
    )
    before, was_failing = (row.status, row.failed_at) if known else ("", None)
    _write(row, facts, look, sold)
    failing = facts.is_failing and facts.facts["subscription"] in living
    row.failed_at = (was_failing or _failed_at(facts)) if failing else None
    row.told = row.told if failing else None
    db.session.add(row)
    happened = tuple(
        event
        for event, there in (
            (INVOICE_ISSUED, not known),
            (INVOICE_FAILED, failing and not was_failing),
            (INVOICE_PAID, facts.status == "paid" != before),
            (INVOICE_VOIDED, facts.status in _VOID and before not in _VOID),
            (INVOICE_CREDITED, len(facts.facts["credit_notes"]) > notes),
        )
        if there
    )
    for event in happened:
        record(event, actor=STRIPE, target=target_of(row), total=facts.total, currency=facts.currency)
    if any(map(_is_open, row.facts["lines"])):
        enqueue(EXPLAIN_JOB, once=f"{EXPLAIN_JOB} {row.id}", invoice=row.id)
    return Change(row, happened, bool(was_failing and facts.status == "paid"))


def explain_use(invoice_id: str) -> int:
    """Write down what is behind the lines of use of an invoice, as far as nobody did; of how many lines. It may take long, so the
    invoice is locked only when all is known: who looks at it does not wait."""
    row = db.session.get(Invoice, invoice_id)
    found = {_key(line): explained(line, row) for line in row.facts["lines"] if _is_open(line)} if row else {}
    if row and found:
        db.session.refresh(row, with_for_update=True)
        lines = [{**line, **found.get(_key(line), {})} if _is_open(line) else line for line in row.facts["lines"]]
        row.facts = {**row.facts, "lines": lines}
    return len(found)


def target_of(invoice: Invoice) -> Target:
    """An invoice as the log names it."""
    return Target("invoice", invoice.id, invoice.number or invoice.id)


def _write(row: Invoice, facts: InvoiceFacts, look: int, sold: Sold) -> None:
    buyer = (row.facts or {}).get("buyer") or _buyer()
    for name in ("number", "status", "currency", "total", "paid", "due", "created_at", "due_at", "paid_at"):
        setattr(row, name, getattr(facts, name))
    lines = _lines(row, [with_what_it_sells(line, sold) for line in facts.facts["lines"]])
    row.look, row.facts = look, {**facts.facts, "lines": lines, "buyer": buyer}


def _lines(row: Invoice, lines: list[dict[str, Any]]) -> list[Line]:
    """The lines; what was known of what is behind use stays, as events do not stay for ever."""
    told = {_key(one): one for one in (row.facts or {}).get("lines", ()) if "use" in one}

    def kept(line: Line) -> Line:
        before = told.get(_key(line), {}) if line["kind"] == USE else {}
        return {**line, **{name: before[name] for name in _TOLD if name in before}}

    return [kept(line) for line in joined(lines)]


def _key(line: Line) -> tuple[str, int]:
    """By what a line is known again; where it begins is told anew."""
    return line["price"], line["end"]


def _is_open(line: Line) -> bool:
    """Whether nobody has looked yet for what is behind it."""
    return line["kind"] == USE and "use" not in line


def _buyer() -> dict[str, Any]:
    """To whom invoices are made out now; to the organisation by its name, before anybody entered more."""
    details, entry = get_details(), directory.by_id(current_tenant_id())
    return replace(details, company=details.company or (entry.name if entry else "")).stored()


def _failed_at(facts: InvoiceFacts) -> datetime:
    """When the first payment failed: with the first try, when it was finalised. A clock that was moved forward does not count."""
    return min(facts.created_at, now())
