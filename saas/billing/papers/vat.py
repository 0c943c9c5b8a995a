"""Value added tax on papers: which kind of it a sum has, and what must be said when none is charged."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.billing.countries import EU
from saas.billing.papers.facts import Paper, PaperLine, Reason, TaxLine


@dataclass(frozen=True, slots=True)
class Category:
    """A category of EN 16931 (UNTDID 5305), with the words and the code (VATEX) of the reason why no tax is charged."""

    code: str
    words: str = ""
    reason_code: str = ""


STANDARD = Category("S")
CATEGORIES = {
    Reason.REVERSE_CHARGE: Category("AE", "Reverse charge: the customer accounts for the VAT.", "VATEX-EU-AE"),
    Reason.EXPORT: Category("G", "Export outside the European Union: no VAT is charged.", "VATEX-EU-G"),
    Reason.EXEMPT: Category("E", "Exempt from VAT."),
    Reason.OUTSIDE: Category("O", "Not subject to VAT.", "VATEX-EU-O"),
}


def is_european(paper: Paper) -> bool:
    """Whether seller and buyer are both in the European Union."""
    return paper.seller.country in EU and paper.buyer.country in EU


def breakdown(paper: Paper) -> Sequence[TaxLine]:
    """The taxes of a paper by rate; without any, one line that says so."""
    return paper.taxes or (TaxLine(Decimal(0), paper.net, 0),)


def reason_of(paper: Paper, tax: TaxLine) -> Reason:
    """Why no tax is charged on a sum: as it is given, else as it follows from the parties. NONE where tax is charged."""
    if tax.rate or tax.reason:
        return tax.reason
    seller, buyer = paper.seller, paper.buyer
    if not seller.vat_id:
        return Reason.OUTSIDE
    if seller.country in EU and buyer.country and buyer.country not in EU:
        return Reason.EXPORT
    if is_european(paper) and seller.country != buyer.country and buyer.vat_id:
        return Reason.REVERSE_CHARGE
    return Reason.EXEMPT


def category_of(paper: Paper, tax: TaxLine) -> Category:
    """The category of a sum."""
    return CATEGORIES.get(reason_of(paper, tax), STANDARD)


def tax_of(paper: Paper, line: PaperLine) -> TaxLine:
    """The taxes to which a line belongs."""
    known = breakdown(paper)
    return next((tax for tax in known if tax.rate == line.tax_rate), known[0])
