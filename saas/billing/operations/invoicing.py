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
from saas.billing.queries.behind import with_use
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.module import AuditEvent
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import directory

STRIPE = Actor("job", "Stripe")
_VOID = ("void", "uncollectible")


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
    return Change(row, happened, bool(was_failing and facts.status == "paid"))


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
    """The lines with what is behind use; what was known of that stays, as events do not stay for ever."""
    known = {(one["price"], one["end"]): one for one in (row.facts or {}).get("lines", ()) if "use" in one}

    def told(line: Line) -> Line:
        if line["kind"] != USE:
            return line
        before = known.get((line["price"], line["end"]))
        kept = {name: before[name] for name in ("use", "charged", "start") if name in before} if before else None
        return with_use(line, row) if kept is None else {**line, **kept}

    return [told(line) for line in joined(lines)]


def _buyer() -> dict[str, Any]:
    """To whom invoices are made out now; to the organisation by its name, before anybody entered more."""
    details, entry = get_details(), directory.by_id(current_tenant_id())
    return replace(details, company=details.company or (entry.name if entry else "")).stored()


def _failed_at(facts: InvoiceFacts) -> datetime:
    """When the first payment failed: with the first try, when it was finalised. A clock that was moved forward does not count."""
    return min(facts.created_at, now())
