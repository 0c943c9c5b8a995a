"""A paper in words: every text of it as it will be printed, ready for the template, which only places them."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from saas.billing.countries import country_name
from saas.billing.papers.colours import legible
from saas.billing.papers.facts import Kind, LineKind, Paper, PaperLine, Party, Reason, Status
from saas.billing.papers.vat import breakdown, category_of, reason_of
from saas.tenancy.locales import day_in, locale_of

TITLES = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "Credit note"}
GROUPS = {
    "Plan": (LineKind.PLAN,),
    "Usage": (LineKind.USAGE,),
    "Adjustments": (LineKind.PRORATION, LineKind.DISCOUNT),
    "Other": (LineKind.OTHER,),
}
STATUSES = {
    Status.DRAFT: ("Draft", "quiet"),
    Status.OPEN: ("Open", "accent"),
    Status.PAID: ("Paid", "good"),
    Status.VOID: ("Void", "quiet"),
    Status.UNCOLLECTIBLE: ("Uncollectible", "bad"),
    Status.ISSUED: ("Issued", "quiet"),
}
REGION_BEHIND_CITY = frozenset({"US", "CA", "AU"})
SIMULATED = "Simulated: no money was moved, and nothing is owed."
LONG_WORD = re.compile(r"[^\s\u200b-]{28,}")
UNPRINTABLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
"""What no font has, and what turns the direction of the text behind it."""


def plain(text: str) -> str:
    """A text as it can stand on paper and in XML: composed, without control and direction characters."""
    return UNPRINTABLE.sub("", normalize("NFC", text)).strip()


def printable(text: str) -> str:
    """A plain text whose very long words may break: addresses behind the @, others anywhere."""
    return LONG_WORD.sub(lambda word: "\u200b".join(re.findall(".{1,8}", word[0])), plain(text).replace("@", "@\u200b"))


def amount_in(paper: Paper, minor: int | Decimal) -> str:
    """An amount of minor units in the paper's currency; decimals that the currency has not are kept."""
    digits, locale = get_currency_precision(paper.currency), Locale.parse(locale_of(paper.locale))
    pattern = locale.currency_formats["standard"].pattern.split(";")[0]
    pattern = pattern.replace(".00", f".{'0' * digits}{'#' * 10}" if digits or minor % 1 else "")
    value = Decimal(minor).scaleb(-digits)
    told = format_currency(value, paper.currency, format=pattern, locale=locale, currency_digits=False)
    return str(told).replace("-", "−")


def words_of(paper: Paper) -> dict[str, Any]:
    """All texts of a paper by their places."""
    word, tone = STATUSES[paper.status]
    several_rates = len(paper.taxes) > 1
    return {
        "title": TITLES[paper.kind],
        "number": printable(paper.number),
        "seller_name": plain(paper.seller.name),
        "heading": plain(paper.brand.name or paper.seller.name),
        "status": {"word": word, "tone": tone},
        "accent": legible(paper.brand.primary),
        "issued": [paper.issued.year, paper.issued.month, paper.issued.day],
        "facts": _facts(paper),
        "parties": [["From", *_address(paper.seller)], ["Billed to", *_address(paper.buyer)]],
        "headline": _headline(paper),
        "pay_url": plain(paper.pay_url) if paper.status is Status.OPEN and paper.due > 0 else "",
        "with_rates": several_rates,
        "groups": _groups(paper),
        "totals": _totals(paper),
        "payments": [[_day(paper, p.at.date()), printable(p.how), amount_in(paper, p.amount)] for p in paper.payments],
        "notes": [*_tax_notes(paper), *(printable(note) for note in paper.notes)],
        "foot": " · ".join(filter(None, (plain(text) for text in _imprint(paper.seller)))),
        "simulated": SIMULATED if paper.simulated else "",
    }


def _day(paper: Paper, day: date, *, long: bool = False) -> str:
    return day_in(paper.locale, day, "long" if long else "medium")


def _facts(paper: Paper) -> list[list[str]]:
    corrected = "Credits invoice" if paper.kind is Kind.CREDIT_NOTE else "Corrects"
    facts = [
        ("Number", paper.number),
        ("Issued", _day(paper, paper.issued)),
        ("Due", _day(paper, paper.due_on) if paper.due_on and paper.kind is Kind.INVOICE else ""),
        (corrected, paper.corrects),
        ("Purchase order", paper.po_number),
        ("Reference", paper.reference),
    ]
    return [[label, printable(value)] for label, value in facts if value]


def _address(party: Party) -> list[str]:
    """The lines of an address, the name first."""
    if party.country in REGION_BEHIND_CITY:
        behind = " ".join(filter(None, (party.region, party.postcode)))
        places: Iterable[str] = (", ".join(filter(None, (party.city, behind))),)
    elif party.country == "GB":
        places = (party.city, party.region, party.postcode)
    else:
        places = (" ".join(filter(None, (party.postcode, party.city))), party.region)
    lines = (party.name, *party.lines, *places, country_name(party.country), party.email)
    vat = f"VAT {party.vat_id}" if party.vat_id else ""
    return [printable(line) for line in (*lines, vat) if line]


def _imprint(party: Party) -> Sequence[str]:
    return (party.name, party.registration, f"VAT {party.vat_id}" if party.vat_id else "", party.email)


def _headline(paper: Paper) -> list[str]:
    """The sum that matters, and what it is."""
    if paper.kind is Kind.CREDIT_NOTE:
        return [amount_in(paper, paper.total), "credited"]
    if paper.status is Status.VOID:
        return [amount_in(paper, paper.total), "void: nothing is owed"]
    if paper.status is Status.PAID or not paper.due:
        return [amount_in(paper, paper.total), "paid"]
    return [
        amount_in(paper, paper.due),
        f"due on {_day(paper, paper.due_on, long=True)}" if paper.due_on else "due now",
    ]


def _groups(paper: Paper) -> list[dict[str, Any]]:
    """The lines by what they are about, in the paper's order; a single group has no heading."""
    found = [
        {"title": title, "lines": [_line(paper, line) for line in paper.lines if line.kind in kinds]}
        for title, kinds in GROUPS.items()
    ]
    filled = [group for group in found if group["lines"]]
    return [{**group, "title": group["title"] if len(filled) > 1 else ""} for group in filled]


def _line(paper: Paper, line: PaperLine) -> dict[str, str]:
    locale = locale_of(paper.locale)
    period = " – ".join(_day(paper, day) for day in line.period) if line.period else ""
    quantity = format_decimal(line.quantity, format="#,##0.######", locale=locale)
    return {
        "label": printable(line.label),
        "more": " · ".join(filter(None, (printable(line.detail), period))),
        "quantity": " ".join(filter(None, (quantity, printable(line.unit)))),
        "price": "" if line.unit_price is None else amount_in(paper, line.unit_price),
        "rate": _percent(paper, line.tax_rate or Decimal(0)),
        "amount": amount_in(paper, line.amount),
    }


def _percent(paper: Paper, rate: Decimal) -> str:
    return str(format_percent(rate / 100, format="#,##0.###%", locale=locale_of(paper.locale)))


def _totals(paper: Paper) -> list[dict[str, Any]]:
    """The sums under the lines; the last one is what is left to pay."""
    rows: list[tuple[str, int, bool]] = [("Subtotal", paper.subtotal, False)]
    if paper.discount:
        rows.append(("Discount", -paper.discount, False))
    for tax in paper.taxes:
        label = f"VAT {_percent(paper, tax.rate)} on {amount_in(paper, tax.base)}"
        rows.append((label, tax.amount, False))
    rows.append(("Total", paper.total, True))
    if paper.kind is Kind.INVOICE and paper.paid:
        rows += [("Paid", -paper.paid, False), ("Amount due", paper.due, True)]
    return [{"label": label, "amount": amount_in(paper, minor), "strong": strong} for label, minor, strong in rows]


def _tax_notes(paper: Paper) -> list[str]:
    """Why no tax is charged where none is; sellers who are outside of it say nothing."""
    said = [category_of(paper, tax).words for tax in breakdown(paper) if tax.reason or paper.seller.vat_id]
    silent = not paper.taxes and reason_of(paper, breakdown(paper)[0]) is Reason.OUTSIDE
    return [] if silent else [words for words in said if words]
