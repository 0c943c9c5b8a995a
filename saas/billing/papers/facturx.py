"""Papers as XML that programs of the buyer read: Factur-X in the profile EN 16931 (UN/CEFACT Cross Industry Invoice).

Built element by element in the order of its schema; the numbers in comments are those of the standard's business terms.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from babel.numbers import get_currency_precision

from saas.billing.papers.facts import Kind, Paper, PaperLine, Party, Reason, Status, TaxLine, check_sums
from saas.billing.papers.vat import Category, breakdown, category_of, is_european, reason_of, tax_of
from saas.billing.papers.words import SIMULATED, plain

PROFILE = "urn:cen.eu:en16931:2017"
_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_TYPES = {Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381"}
_UNITS = {
    "hour": "HUR",
    "hours": "HUR",
    "day": "DAY",
    "days": "DAY",
    "month": "MON",
    "months": "MON",
    "GB": "E34",
    "MB": "4L",
}
_PIECES = "C62"
_NO_INVOICE = (Status.DRAFT, Status.VOID)

for _prefix, _name in (("rsm", _RSM), ("ram", _RAM), ("udt", _UDT)):
    register_namespace(_prefix, _name)


def has_facturx(paper: Paper) -> bool:
    """Whether the paper gets an XML: both parties are European, they can be told by the numbers that the standard wants,
    and there is something to be booked."""
    known = bool(paper.seller.vat_id or paper.seller.registration) and not _lacks_vat_id(paper)
    return is_european(paper) and known and bool(paper.lines) and paper.status not in _NO_INVOICE


def facturx_xml(paper: Paper) -> bytes:
    """The paper as Cross Industry Invoice; raises ValueError when its sums do not agree, or when it reverses the charge and
    lacks a VAT id."""
    check_sums(paper)
    if _lacks_vat_id(paper):
        raise ValueError(f"{paper.number}: to reverse the charge seller and buyer need VAT ids")
    root = Element(f"{{{_RSM}}}CrossIndustryInvoice")
    context = SubElement(root, f"{{{_RSM}}}ExchangedDocumentContext")
    _add(_add(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", PROFILE)  # BT-24
    _document(SubElement(root, f"{{{_RSM}}}ExchangedDocument"), paper)
    deal = SubElement(root, f"{{{_RSM}}}SupplyChainTradeTransaction")
    for number, line in enumerate(paper.lines, 1):
        _line(_add(deal, "IncludedSupplyChainTradeLineItem"), paper, line, number)
    _agreement(_add(deal, "ApplicableHeaderTradeAgreement"), paper)
    receiver = _add(_add(deal, "ApplicableHeaderTradeDelivery"), "ShipToTradeParty")
    _add(receiver, "Name", plain(paper.buyer.name))  # BT-70
    _settlement(_add(deal, "ApplicableHeaderTradeSettlement"), paper)
    xml: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


def _lacks_vat_id(paper: Paper) -> bool:
    """Whether the charge is reversed between parties of which one has no VAT id."""
    reversed_charge = any(reason_of(paper, tax) is Reason.REVERSE_CHARGE for tax in breakdown(paper))
    return reversed_charge and not (paper.seller.vat_id and paper.buyer.vat_id)


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, f"{{{_RAM}}}{name}", attributes)
    child.text = text or None
    return child


def _some(parent: Element, name: str, text: str, **attributes: str) -> None:
    """An element for a text, none for no text."""
    if said := plain(text):
        _add(parent, name, said, **attributes)


def _day(parent: Element, name: str, day: date) -> None:
    moment = SubElement(_add(parent, name), f"{{{_UDT}}}DateTimeString", {"format": "102"})
    moment.text = f"{day:%Y%m%d}"


def _value(paper: Paper, minor: int | Decimal) -> Decimal:
    return Decimal(minor).scaleb(-get_currency_precision(paper.currency))


def _sum(paper: Paper, minor: int) -> str:
    return f"{_value(paper, minor):f}"


def _document(document: Element, paper: Paper) -> None:
    _add(document, "ID", plain(paper.number))  # BT-1
    _add(document, "TypeCode", _TYPES[paper.kind])  # BT-3
    _day(document, "IssueDateTime", paper.issued)  # BT-2
    for note in (*paper.notes, *[SIMULATED] * paper.simulated):
        _some(_add(document, "IncludedNote"), "Content", note)  # BT-22


def _line(item: Element, paper: Paper, line: PaperLine, number: int) -> None:
    """One line, BG-25. A price is never below zero: what is given back is a quantity below zero."""
    quantity, price = _quantity_and_price(paper, line)
    _add(_add(item, "AssociatedDocumentLineDocument"), "LineID", str(number))  # BT-126
    product = _add(item, "SpecifiedTradeProduct")
    _add(product, "Name", plain(line.label) or "–")  # BT-153
    _some(product, "Description", line.detail)  # BT-154
    agreed = _add(_add(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _add(agreed, "ChargeAmount", f"{price:f}")  # BT-146
    unit = _UNITS.get(line.unit, _PIECES)
    _add(_add(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", f"{quantity:f}", unitCode=unit)  # BT-129
    settled = _add(item, "SpecifiedLineTradeSettlement")
    tax = tax_of(paper, line)
    _tax_kind(_add(settled, "ApplicableTradeTax"), category_of(paper, tax), tax)
    if line.period:
        _period(settled, *line.period)
    sums = _add(settled, "SpecifiedTradeSettlementLineMonetarySummation")
    _add(sums, "LineTotalAmount", _sum(paper, line.amount))  # BT-131


def _quantity_and_price(paper: Paper, line: PaperLine) -> tuple[Decimal, Decimal]:
    """Quantity and price as they are where they lead to the amount, else one piece at the amount."""
    price, quantity = line.unit_price, line.quantity
    if price is not None and price >= 0 and (price * quantity).quantize(Decimal(1), ROUND_HALF_UP) == line.amount:
        return quantity, _value(paper, price)
    return Decimal(-1 if line.amount < 0 else 1), _value(paper, abs(line.amount))


def _tax_kind(kind: Element, category: Category, tax: TaxLine) -> None:
    """Which tax; what is not subject to VAT has no rate either."""
    _add(kind, "TypeCode", "VAT")
    _add(kind, "CategoryCode", category.code)  # BT-95, BT-151
    if category.code != "O":
        _add(kind, "RateApplicablePercent", f"{tax.rate:f}")  # BT-96, BT-152


def _period(parent: Element, first: date, last: date) -> None:
    period = _add(parent, "BillingSpecifiedPeriod")
    _day(period, "StartDateTime", first)  # BT-73, BT-134
    _day(period, "EndDateTime", last)  # BT-74, BT-135


def _agreement(agreement: Element, paper: Paper) -> None:
    outside = any(category_of(paper, tax).code == "O" for tax in breakdown(paper))
    _some(agreement, "BuyerReference", paper.reference)  # BT-10
    _party(_add(agreement, "SellerTradeParty"), paper.seller, with_vat=not outside)
    _party(_add(agreement, "BuyerTradeParty"), paper.buyer, with_vat=not outside)
    if order := plain(paper.po_number):
        _add(_add(agreement, "BuyerOrderReferencedDocument"), "IssuerAssignedID", order)  # BT-13


def _party(element: Element, party: Party, *, with_vat: bool) -> None:
    _add(element, "Name", plain(party.name))  # BT-27, BT-44
    if number := plain(party.registration):
        _add(_add(element, "SpecifiedLegalOrganization"), "ID", number)  # BT-30, BT-47
    address = _add(element, "PostalTradeAddress")
    _some(address, "PostcodeCode", party.postcode)
    for name, text in zip(("LineOne", "LineTwo", "LineThree"), _three(party.lines), strict=False):
        _some(address, name, text)
    _some(address, "CityName", party.city)
    _add(address, "CountryID", party.country)
    _some(address, "CountrySubDivisionName", party.region)
    if party.email:
        _some(_add(element, "URIUniversalCommunication"), "URIID", party.email, schemeID="EM")  # BT-34, BT-49
    if party.vat_id and with_vat:
        _add(_add(element, "SpecifiedTaxRegistration"), "ID", party.vat_id, schemeID="VA")  # BT-31, BT-48


def _three(lines: Sequence[str]) -> Iterator[str]:
    """At most three lines: what is more stands in the third."""
    yield from lines[:2]
    if lines[2:]:
        yield ", ".join(lines[2:])


def _settlement(settlement: Element, paper: Paper) -> None:
    _add(settlement, "InvoiceCurrencyCode", paper.currency)  # BT-5
    for tax in breakdown(paper):
        _tax(_add(settlement, "ApplicableTradeTax"), paper, tax)
    if periods := [line.period for line in paper.lines if line.period]:
        _period(settlement, min(first for first, _ in periods), max(last for _, last in periods))
    for tax in breakdown(paper):
        _discount(settlement, paper, tax)
    terms = _add(settlement, "SpecifiedTradePaymentTerms")
    if paper.due_on and paper.kind is Kind.INVOICE:
        _day(terms, "DueDateDateTime", paper.due_on)  # BT-9
    else:
        _add(terms, "Description", _terms(paper))  # BT-20
    _sums(_add(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation"), paper)
    if number := plain(paper.corrects):
        _add(_add(settlement, "InvoiceReferencedDocument"), "IssuerAssignedID", number)  # BT-25


def _terms(paper: Paper) -> str:
    return "Payable on receipt." if paper.kind is Kind.INVOICE else "The amount is credited or paid back."


def _tax(element: Element, paper: Paper, tax: TaxLine) -> None:
    """One rate of the VAT breakdown, BG-23; its parts stand in an order of their own."""
    category = category_of(paper, tax)
    _add(element, "CalculatedAmount", _sum(paper, tax.amount))  # BT-117
    _add(element, "TypeCode", "VAT")
    _some(element, "ExemptionReason", category.words)  # BT-120
    _add(element, "BasisAmount", _sum(paper, tax.base))  # BT-116
    _add(element, "CategoryCode", category.code)  # BT-118
    _some(element, "ExemptionReasonCode", category.reason_code)  # BT-121
    if category.code != "O":
        _add(element, "RateApplicablePercent", f"{tax.rate:f}")  # BT-119


def _discount(settlement: Element, paper: Paper, tax: TaxLine) -> None:
    """The part of the discount that fell on a rate, BG-20: what its lines add up to, less what the tax is on."""
    share = sum(line.amount for line in paper.lines if tax_of(paper, line) == tax) - tax.base
    if not share:
        return
    allowance = _add(settlement, "SpecifiedTradeAllowanceCharge")
    indicator = SubElement(_add(allowance, "ChargeIndicator"), f"{{{_UDT}}}Indicator")
    indicator.text = "false"
    _add(allowance, "ActualAmount", _sum(paper, share))  # BT-92
    _add(allowance, "Reason", "Discount")  # BT-97
    _tax_kind(_add(allowance, "CategoryTradeTax"), category_of(paper, tax), tax)


def _sums(sums: Element, paper: Paper) -> None:
    """Document totals, BG-22."""
    _add(sums, "LineTotalAmount", _sum(paper, paper.subtotal))  # BT-106
    if paper.discount:
        _add(sums, "AllowanceTotalAmount", _sum(paper, paper.discount))  # BT-107
    _add(sums, "TaxBasisTotalAmount", _sum(paper, paper.net))  # BT-109
    _add(sums, "TaxTotalAmount", _sum(paper, paper.total - paper.net), currencyID=paper.currency)  # BT-110
    _add(sums, "GrandTotalAmount", _sum(paper, paper.total))  # BT-112
    if paper.paid:
        _add(sums, "TotalPrepaidAmount", _sum(paper, paper.paid))  # BT-113
    _add(sums, "DuePayableAmount", _sum(paper, paper.due))  # BT-115
