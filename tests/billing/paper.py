"""Papers that the tests speak of."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from saas.billing.papers.facts import Kind, LineKind, Paper, PaperLine, Party, Payment, Status, TaxLine, tax_on

SELLER = Party(
    "Keystone GmbH",
    ("Torstraße 1",),
    "Berlin",
    "10119",
    country="DE",
    email="billing@keystone.example.com",
    vat_id="DE136695976",
    registration="HRB 12345",
)
FRENCH = Party("Société Générale d’Été", ("12 rue de la Paix",), "Paris", "75002", country="FR", vat_id="FR40303265045")
GERMAN = Party(
    "Müller & Söhne KG", ("Gänsemarkt 3",), "Köln", "50667", country="DE", email="rechnung@mueller.example.com"
)
AMERICAN = Party("Acme Inc.", ("1 Main Street", "Suite 4"), "Springfield", "62701", "IL", "US")
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))

PLAN = PaperLine("Professional", 9900, LineKind.PLAN, "5 seats", NOVEMBER, Decimal(1), "month", Decimal(9900))
USAGE = PaperLine(
    "AI requests",
    1234,
    LineKind.USAGE,
    "Beyond 10,000 included",
    NOVEMBER,
    Decimal(49360),
    "requests",
    Decimal("0.025"),
)
CREDIT = PaperLine("Unused time on Starter", -1500, LineKind.PRORATION, period=NOVEMBER)
LINES = (PLAN, USAGE, CREDIT)


def paper(*, lines: tuple[PaperLine, ...] = LINES, rate: str = "19", discount: int = 0, **more: Any) -> Paper:
    """An open invoice of a German seller with one rate of tax, whose sums agree."""
    subtotal = sum(line.amount for line in lines)
    base, percent = subtotal - discount, Decimal(rate)
    taxes = more.pop("taxes", (TaxLine(percent, base, tax_on(base, percent)),))
    total = base + sum(tax.amount for tax in taxes)
    made = Paper(
        "INV-2026-0042",
        Kind.INVOICE,
        "EUR",
        date(2026, 11, 21),
        Status.OPEN,
        SELLER,
        GERMAN,
        lines,
        subtotal,
        total,
        total,
        discount=discount,
        taxes=taxes,
        due_on=date(2026, 12, 5),
        po_number="PO-7781",
        pay_url="https://pay.example.com/i/42",
    )
    return replace(made, **more)


def settled(one: Paper) -> Paper:
    """The same paper, paid by card."""
    payment = Payment(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), one.total, "Visa ending in 4242")
    return replace(one, status=Status.PAID, payments=(payment,), paid=one.total, due=0)
