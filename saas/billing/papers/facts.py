"""What a paper says: all that an invoice or a credit note needs, as plain values.

Amounts are whole minor units of the paper's currency (cents; whole yen). On a credit note they are positive too: what is
credited. Tax rates are percent.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

HUNDRED = Decimal(100)


class Kind(StrEnum):
    """What a paper is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Status(StrEnum):
    """How far a paper has come."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    ISSUED = "issued"


class LineKind(StrEnum):
    """What a line is about."""

    PLAN = "plan"
    USAGE = "usage"
    PRORATION = "proration"
    DISCOUNT = "discount"
    OTHER = "other"


class Reason(StrEnum):
    """Why no tax is charged; NONE where some is, or where it follows from the parties (``vat.reason_of``)."""

    NONE = ""
    REVERSE_CHARGE = "reverse_charge"
    EXPORT = "export"
    EXEMPT = "exempt"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys. ``country`` is ISO 3166-1 alpha-2, ``vat_id`` begins with its country, ``registration`` is the
    number in a register of companies."""

    name: str
    lines: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""
    email: str = ""
    vat_id: str = ""
    registration: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line. ``amount`` is without tax, less than zero for what is given back; ``unit_price`` is in minor units, exact,
    None where no single price leads to the amount (tiers). ``period`` are its first and last day; ``tax_rate`` None means
    the only one of the paper."""

    label: str
    amount: int
    kind: LineKind = LineKind.OTHER
    detail: str = ""
    period: tuple[date, date] | None = None
    quantity: Decimal = Decimal(1)
    unit: str = ""
    unit_price: Decimal | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of one rate: on what, and how much. There is one for each rate."""

    rate: Decimal
    base: int
    amount: int
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in for the paper, or went out for a credit note; ``how`` as in “Visa ending in 4242”."""

    at: datetime
    amount: int
    how: str


@dataclass(frozen=True, slots=True)
class Brand:
    """How the seller's papers look: a colour as ``#rrggbb``, and a logo as PNG, JPEG or SVG; without one that can be printed
    ``name`` stands in its place, the seller's where that is empty."""

    primary: str = "#4338ca"
    logo: bytes | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice or a credit note.

    ``subtotal`` adds up the lines, ``discount`` (not below zero) is taken off it as a whole, ``total`` has the taxes.
    ``corrects`` is the number of the invoice that a credit note is about; ``locale`` a language of
    ``saas.tenancy.locales``. A ``simulated`` paper says across each page that no money moved.
    """

    number: str
    kind: Kind
    currency: str
    issued: date
    status: Status
    seller: Party
    buyer: Party
    lines: tuple[PaperLine, ...]
    subtotal: int
    total: int
    due: int
    paid: int = 0
    discount: int = 0
    taxes: tuple[TaxLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    due_on: date | None = None
    po_number: str = ""
    reference: str = ""
    corrects: str = ""
    notes: tuple[str, ...] = ()
    pay_url: str = ""
    brand: Brand = field(default_factory=Brand)
    locale: str = "en"
    simulated: bool = False

    @property
    def net(self) -> int:
        """What the taxes are on."""
        return self.subtotal - self.discount


def check_sums(paper: Paper) -> None:
    """See that the paper's sums agree with each other; raises ValueError that names the first that does not.

    Taxes may differ from base times rate by one minor unit for each line, because some are rounded line by line.
    """
    taxed = sum(tax.base for tax in paper.taxes)
    rates = [tax.rate for tax in paper.taxes]
    wanted = {
        "the subtotal is not the sum of the lines": paper.subtotal == sum(line.amount for line in paper.lines),
        "the discount is below zero": paper.discount >= 0,
        "a rate of tax stands twice": len(set(rates)) == len(rates),
        "the taxes are not on what is sold": not paper.taxes or taxed == paper.net,
        "a tax is not its rate of its base": all(_fits(tax, len(paper.lines)) for tax in paper.taxes),
        "a line has a rate that the taxes have not": _rates_known(paper),
        "the total is not the subtotal less discount with taxes": paper.total
        == paper.net + sum(t.amount for t in paper.taxes),
        "what is paid is not the sum of the payments": paper.paid == sum(payment.amount for payment in paper.payments),
        "what is due is not what is left of the total": paper.due
        == (0 if paper.status is Status.VOID else paper.total - paper.paid),
    }
    if faults := [fault for fault, holds in wanted.items() if not holds]:
        raise ValueError(f"{paper.number}: {faults[0]}")


def tax_on(base: int, rate: Decimal) -> int:
    """The tax on so many minor units at so many percent, rounded half up."""
    return int((base * rate / HUNDRED).quantize(Decimal(1), ROUND_HALF_UP))


def _fits(tax: TaxLine, lines: int) -> bool:
    if tax.reason and tax.rate:
        return False
    return abs(tax.amount - tax_on(tax.base, tax.rate)) <= (lines if tax.rate else 0)


def _rates_known(paper: Paper) -> bool:
    """Without taxes no line has a rate; with several each line says which is its own."""
    rates: set[Decimal | None] = {tax.rate for tax in paper.taxes}
    if len(rates) == 1:
        rates.add(None)
    return all(line.tax_rate in rates or (not paper.taxes and not line.tax_rate) for line in paper.lines)
