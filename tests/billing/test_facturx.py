"""Papers as XML: valid by the official schema, right in their sums, and inside the PDF."""

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import facturx
import pytest
from lxml import etree
from pypdf import PdfReader

from saas.billing.papers.facts import Kind, Paper, Reason, Status, TaxLine
from saas.billing.papers.facturx import facturx_xml, has_facturx
from saas.billing.papers.hybrid import as_hybrid
from saas.billing.papers.pdf import invoice_pdf
from saas.billing.papers.vat import reason_of
from tests.billing.paper import AMERICAN, CREDIT, FRENCH, GERMAN, PLAN, SELLER, USAGE, paper, settled

NAMES = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
SMALL = replace(SELLER, vat_id="")
MIXED = paper(
    lines=(
        replace(PLAN, tax_rate=Decimal(19)),
        replace(USAGE, tax_rate=Decimal(7)),
        replace(CREDIT, tax_rate=Decimal(19)),
    ),
    discount=300,
    taxes=(TaxLine(Decimal(19), 8100, 1539), TaxLine(Decimal(7), 1234, 86)),
)
PAPERS = {
    "plain": paper(),
    "discounted": paper(discount=777),
    "paid": settled(paper()),
    "reverse charge": paper(buyer=FRENCH, rate="0"),
    "to Greece": paper(buyer=replace(FRENCH, country="GR", vat_id="EL094259216"), rate="0"),
    "export": paper(buyer=AMERICAN, rate="0"),
    "exempt": paper(rate="0"),
    "outside of the tax": paper(seller=SMALL, rate="0", discount=100),
    "without taxes": paper(buyer=FRENCH, taxes=()),
    "two rates": MIXED,
    "credit note": paper(kind=Kind.CREDIT_NOTE, corrects="INV-1", status=Status.ISSUED),
    "payable at once": paper(due_on=None, reference="R 5", simulated=True, notes=("Bell\x07 & <b>",)),
    "five lines of address": paper(buyer=replace(GERMAN, lines=("a", "b", "c", "d", "e"))),
}


def said(one: Paper, path: str) -> list[str]:
    return [found.text for found in etree.fromstring(facturx_xml(one)).findall(f".//{path}", NAMES)]


def amount(one: Paper, name: str) -> Decimal:
    [text] = said(one, f"ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:{name}")
    return Decimal(text)


@pytest.mark.parametrize("one", PAPERS.values(), ids=PAPERS)
def test_the_xml_is_valid(one: Paper) -> None:
    assert facturx.xml_check_xsd(facturx_xml(one), flavor="factur-x", level="en16931")


@pytest.mark.parametrize("one", PAPERS.values(), ids=PAPERS)
def test_its_sums_agree(one: Paper) -> None:
    lines = sum(map(Decimal, said(one, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount")))
    taxes = sum(
        map(Decimal, said(one, "ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:CalculatedAmount"))
    )
    allowances = sum(map(Decimal, said(one, "ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount")))
    assert amount(one, "LineTotalAmount") == lines
    assert amount(one, "TaxBasisTotalAmount") == lines - allowances
    assert amount(one, "TaxTotalAmount") == taxes
    assert amount(one, "GrandTotalAmount") == lines - allowances + taxes == Decimal(one.total) / 100
    assert amount(one, "DuePayableAmount") == Decimal(one.due) / 100
    for quantity, price, total in _lines(one):
        assert round(quantity * price, 2) == total
        assert price >= 0


def _lines(one: Paper) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    for item in etree.fromstring(facturx_xml(one)).findall(".//ram:IncludedSupplyChainTradeLineItem", NAMES):
        quantity, price, total = (
            item.findtext(f".//ram:{name}", namespaces=NAMES)
            for name in ("BilledQuantity", "ChargeAmount", "LineTotalAmount")
        )
        yield Decimal(quantity), Decimal(price), Decimal(total)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("plain", ["S"]),
        ("reverse charge", ["AE"]),
        ("to Greece", ["AE"]),
        ("export", ["G"]),
        ("exempt", ["E"]),
        ("outside of the tax", ["O"]),
        ("without taxes", ["AE"]),
        ("two rates", ["S", "S"]),
    ],
)
def test_the_category_of_the_tax_follows_from_the_parties(name: str, code: list[str]) -> None:
    path = "ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode"
    assert said(PAPERS[name], path) == code


def test_a_given_reason_goes_before_what_follows_from_the_parties() -> None:
    given = TaxLine(Decimal(0), 9634, 0, Reason.EXEMPT)
    assert reason_of(paper(buyer=FRENCH), given) is Reason.EXEMPT
    assert reason_of(paper(buyer=FRENCH), replace(given, reason=Reason.NONE)) is Reason.REVERSE_CHARGE


def test_the_charge_is_reversed_only_between_vat_ids() -> None:
    taxes = (TaxLine(Decimal(0), 9634, 0, Reason.REVERSE_CHARGE),)
    with pytest.raises(ValueError, match="need VAT ids"):
        facturx_xml(paper(buyer=replace(FRENCH, vat_id=""), taxes=taxes))
    assert facturx_xml(paper(buyer=FRENCH, taxes=taxes))


def test_what_is_given_back_is_a_quantity_below_zero() -> None:
    *_, (quantity, price, total) = _lines(paper())
    assert (quantity, price, total) == (Decimal(-1), Decimal(15), Decimal(-15))


@pytest.mark.parametrize(
    ("one", "attached"),
    [
        (paper(), True),
        (paper(buyer=FRENCH), True),
        (paper(buyer=AMERICAN, rate="0"), False),
        (paper(seller=replace(SELLER, country="GB")), False),
        (paper(seller=replace(SMALL, registration=""), rate="0"), False),
        (paper(buyer=replace(FRENCH, vat_id=""), taxes=(TaxLine(Decimal(0), 9634, 0, Reason.REVERSE_CHARGE),)), False),
        (paper(lines=(), taxes=()), False),
        (paper(status=Status.DRAFT), False),
        (paper(status=Status.VOID, due=0), False),
    ],
)
def test_only_european_papers_that_are_to_be_booked_have_it(one: Paper, attached: bool) -> None:
    assert has_facturx(one) is attached
    assert ("factur-x.xml" in PdfReader(io.BytesIO(invoice_pdf(one))).attachments) is attached


@pytest.mark.parametrize("one", [PAPERS["plain"], PAPERS["two rates"], PAPERS["credit note"]])
def test_the_xml_comes_back_out_of_the_pdf(one: Paper) -> None:
    name, xml = facturx.get_xml_from_pdf(invoice_pdf(one), check_xsd=True)
    assert name == "factur-x.xml"
    assert xml == facturx_xml(one)


def test_the_pdf_says_of_itself_what_pdf_a_and_factur_x_ask_for() -> None:
    root = PdfReader(io.BytesIO(invoice_pdf(paper())), strict=True).trailer["/Root"]
    [file] = root["/AF"]
    assert file["/AFRelationship"] == "/Alternative"
    assert file["/EF"]["/F"]["/Subtype"] == "/text/xml"
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    metadata = etree.fromstring(root["/Metadata"].get_data())
    told = {etree.QName(one).localname: one.text for one in metadata.iter() if isinstance(one.tag, str) and one.text}
    assert (told["part"], told["conformance"]) == ("3", "B")
    assert told["DocumentType"] == "INVOICE"
    assert told["DocumentFileName"] == "factur-x.xml"
    assert told["ConformanceLevel"] == "EN 16931"
    schemas = {one.text for one in metadata.iter("{http://www.aiim.org/pdfa/ns/schema#}namespaceURI")}
    assert "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" in schemas


def test_a_pdf_of_somebody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not built as expected"):
        as_hybrid(b"%PDF-1.7\n%%EOF")
