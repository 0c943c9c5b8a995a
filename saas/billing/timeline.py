"""What happened to an invoice, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from saas.billing.models import Invoice
from saas.billing.module import INVOICE_FAILED, REMINDED, STOPPED
from saas.core.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened; ``amount`` in minor units where money moved."""

    at: datetime
    title: str
    glyph: str
    tone: str = "neutral"
    amount: int | None = None


_STATIONS = {
    "finalized_at": ("Issued", "file-text", "neutral"),
    "voided_at": ("Declared void", "ban", "neutral"),
    "marked_uncollectible_at": ("Given up", "circle-x", "danger"),
}


_NOTED = {
    INVOICE_FAILED.name: ("A payment failed", "alert-triangle", "danger"),
    REMINDED.name: ("A reminder was sent", "mail", "neutral"),
    STOPPED.name: ("The organisation was suspended", "ban", "danger"),
}


def happened(invoice: Invoice, history: Sequence[AuditEntry] = ()) -> list[Happening]:
    """Everything that is known, the newest first; ``history`` is what the organisation's log says of the invoice."""
    facts, found = invoice.facts, list[Happening]()
    for name, (title, glyph, tone) in _STATIONS.items():
        if at := facts["transitions"].get(name):
            found.append(Happening(_moment(at), title, glyph, tone))
    for payment in facts["payments"]:
        if payment["status"] == "paid":
            found.append(Happening(_moment(payment["at"]), "Paid", "circle-check", "success", payment["amount"]))
    for note in facts["credit_notes"]:
        found.append(
            Happening(_moment(note["at"]), f"Credited by {note['number']}", "arrow-left", "info", note["total"])
        )
    noted = [entry for entry in history if entry.event in _NOTED]
    found += [Happening(entry.at, *_NOTED[entry.event]) for entry in noted]
    if invoice.failed_at and not any(entry.event == INVOICE_FAILED.name for entry in noted):
        found.append(Happening(invoice.failed_at, "A payment failed", "alert-triangle", "danger"))
    if invoice.paid_at and not any(one.title == "Paid" for one in found):
        found.append(Happening(invoice.paid_at, "Settled", "circle-check", "success"))
    return sorted(found, key=lambda one: one.at)[::-1]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
