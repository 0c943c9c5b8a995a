"""What happened to an invoice, in the order of time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from saas.billing.models import Invoice


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


def happened(invoice: Invoice) -> list[Happening]:
    """Everything that is known, the newest first."""
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
    if invoice.failed_at:
        found.append(Happening(invoice.failed_at, "A payment failed", "alert-triangle", "danger"))
    if invoice.paid_at and not any(one.title == "Paid" for one in found):
        found.append(Happening(invoice.paid_at, "Settled", "circle-check", "success"))
    return sorted(found, key=lambda one: one.at)[::-1]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
