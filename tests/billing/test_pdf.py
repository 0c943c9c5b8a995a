"""Papers as PDF: what stands on them, and what cannot break them."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from saas.billing.papers.colours import DEFAULT, legible
from saas.billing.papers.facts import Brand, Kind, LineKind, Paper, Status, TaxLine
from saas.billing.papers.pdf import invoice_pdf, is_logo
from tests.billing.paper import AMERICAN, CREDIT, FRENCH, GERMAN, PLAN, USAGE, paper, settled

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10"><rect width="40" height="10" fill="#c00"/></svg>'
)


def read(one: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(invoice_pdf(one)))


def text_of(one: Paper) -> str:
    pages = (page.extract_text() for page in read(one).pages)
    return " ".join(" ".join(pages).replace("\u200b", "").replace("\xa0", " ").split())


def test_an_invoice_says_who_owes_whom_how_much_for_what() -> None:
    text = text_of(paper())
    for said in ("Keystone GmbH", "Müller & Söhne KG", "INV-2026-0042", "21 Nov 2026", "PO-7781", "Professional"):
        assert said in text
    for said in ("49,360 requests", "€0.00025", "€12.34", "−€15.00", "VAT 19% on €96.34", "€18.30", "€114.64 due on"):
        assert said in text
    assert "Pay online" in text
    assert "Page 1 of 1" in text


def test_only_an_open_invoice_can_be_paid_online() -> None:
    assert read(paper()).pages[0]["/Annots"][0]["/A"]["/URI"] == "https://pay.example.com/i/42"
    assert "/Annots" not in read(settled(paper())).pages[0]
    assert "/Annots" not in read(paper(status=Status.VOID, due=0)).pages[0]


def test_a_paid_invoice_says_how_it_was_paid() -> None:
    text = text_of(settled(paper()))
    assert "22 Nov 2026 Visa ending in 4242 €114.64" in text
    assert "Amount due €0.00" in text


def test_a_credit_note_names_the_invoice_that_it_credits() -> None:
    text = text_of(paper(kind=Kind.CREDIT_NOTE, status=Status.ISSUED, corrects="INV-2026-0041"))
    assert "Credit note" in text
    assert "Credits invoice INV-2026-0041" in text
    assert "5 Dec 2026" not in text


def test_amounts_are_written_as_the_locale_does() -> None:
    assert "114,64 €" in text_of(paper(locale="de"))
    assert "0,00025 €" in text_of(paper(locale="de"))
    assert "JP¥9,634" in text_of(paper(currency="JPY", taxes=()))


def test_lines_stand_in_groups_and_one_group_needs_no_heading() -> None:
    text = text_of(paper(lines=(CREDIT, USAGE, PLAN)))
    assert text.index("Plan Professional") < text.index("Usage AI requests") < text.index("Adjustments Unused time")
    assert "Usage" not in text_of(paper(lines=(USAGE,)))


def test_each_rate_is_named_where_there_are_several() -> None:
    assert "VAT Amount" not in text_of(paper())
    lines = (replace(PLAN, tax_rate=Decimal(19)), replace(USAGE, tax_rate=Decimal(7)))
    taxes = (TaxLine(Decimal(19), 9900, 1881), TaxLine(Decimal(7), 1234, 86))
    assert "VAT Amount" in text_of(paper(lines=lines, taxes=taxes))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (paper(buyer=FRENCH, rate="0"), "Reverse charge: the customer accounts for the VAT."),
        (paper(buyer=AMERICAN, rate="0"), "Export outside the European Union: no VAT is charged."),
        (paper(rate="0"), "Exempt from VAT."),
    ],
)
def test_where_no_vat_is_charged_the_paper_says_why(one: Paper, said: str) -> None:
    assert said in text_of(one)
    assert said not in text_of(paper())


def test_addresses_are_written_as_at_home() -> None:
    assert "50667 Köln Germany" in text_of(paper())
    assert "Springfield, IL 62701 United States" in text_of(paper(buyer=AMERICAN))


def test_a_simulated_paper_says_so_on_each_page() -> None:
    lines = tuple(replace(USAGE, label=f"Meter {number}") for number in range(60))
    simulated = read(paper(lines=lines, simulated=True))
    assert len(simulated.pages) > 1
    assert all("no money was moved" in page.extract_text() for page in simulated.pages)
    assert "imulated" not in text_of(paper())


def test_five_hundred_lines_run_over_pages_under_the_same_head() -> None:
    lines = tuple(replace(USAGE, label=f"Meter {number}.", kind=LineKind.OTHER) for number in range(500))
    pages = [page.extract_text() for page in read(paper(lines=lines)).pages]
    for page in pages[:-1]:
        assert "Description" in page
    text = " ".join(pages)
    assert all(f"Meter {number}." in text for number in range(500))
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


@pytest.mark.parametrize(
    "name",
    [
        "Müller & Söhne",
        "L’Œuvre à façon Ÿ",
        "日本株式会社 髙﨑商事",
        "شركة المثال المحدودة",
        "Ελληνική Ωμέγα",
        "Компанія Їжак",
        "Žluťoučký kůň",
    ],
)
def test_names_of_many_scripts_are_printed_with_the_fonts_that_come_along(name: str) -> None:
    fonts = read(paper(buyer=replace(GERMAN, name=name))).pages[0]["/Resources"]["/Font"].values()
    families = {font["/BaseFont"].partition("+")[2].partition("-")[0] for font in fonts}
    assert families <= {"Inter", "NotoSansArabic", "NotoSansCJKjp"}
    assert "could not be printed" not in text_of(paper(buyer=replace(GERMAN, name=name)))


def test_letters_that_no_font_has_become_boxes_that_a_note_names() -> None:
    text = text_of(paper(buyer=replace(GERMAN, name="Acme \U000e01a5\U0010fffd KG")))
    assert "□" in text
    assert "U+10FFFD" in text
    assert "could not be printed" not in text_of(paper())


@pytest.mark.parametrize(
    "nasty",
    [
        '#panic("x")',
        "$x^2$ *bold* _it_ `raw` <label> @ref \\ // /* ",
        '"); #read("/etc/passwd") //',
        "#sys.inputs",
        "{{ 7*7 }}",
        "= Heading\n+ list",
    ],
)
def test_names_are_never_taken_for_instructions(nasty: str) -> None:
    buyer, line = replace(GERMAN, name=nasty, lines=(nasty,)), replace(PLAN, label=nasty, detail=nasty)
    text = text_of(paper(buyer=buyer, lines=(line, USAGE, CREDIT), number=nasty, notes=(nasty,), po_number=nasty))
    assert text.count(" ".join(nasty.replace("\x00", "").split())) >= 6


def test_signs_that_steer_text_are_left_out() -> None:
    text = text_of(paper(buyer=replace(GERMAN, name="Ac\x00me\u202e KG\ud800\x07")))
    assert "Acme KG" in text


def test_very_long_words_stay_on_the_page() -> None:
    name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    one = read(paper(buyer=replace(GERMAN, name=name), lines=(replace(PLAN, label=name, detail=name),)))
    edges = []
    one.pages[0].extract_text(
        visitor_text=lambda text, _cm, tm, _font, _size: edges.append(tm[4]) if text.strip() else None
    )
    assert max(edges) < float(one.pages[0].mediabox.width)
    assert "Page 1 of 1" in one.pages[0].extract_text()


def test_a_logo_is_printed_and_a_broken_one_left_out() -> None:
    assert "Keystone GmbH" in text_of(paper())
    with_logo = invoice_pdf(paper(brand=Brand("#0f766e", LOGO)))
    assert with_logo != invoice_pdf(paper(brand=Brand("#0f766e")))
    assert invoice_pdf(paper(brand=Brand("#0f766e", b"\x89PNG\r\n\x1a\nnonsense"))) == invoice_pdf(
        paper(brand=Brand("#0f766e"))
    )


@pytest.mark.parametrize("logo", [None, b"\x89PNG\r\n\x1a\nnonsense"])
def test_without_a_logo_the_name_of_the_brand_heads_the_paper_else_the_sellers(logo: bytes | None) -> None:
    assert text_of(paper(brand=Brand(logo=logo, name="Acme Logistics"))).startswith("Acme Logistics ")
    assert text_of(paper(brand=Brand(logo=logo))).startswith("Keystone GmbH ")


def test_what_is_no_picture_is_no_logo() -> None:
    assert is_logo(LOGO)
    assert not is_logo(b"GIF89a")
    assert not is_logo(LOGO + b" " * 300_000)


def test_a_logo_cannot_read_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG\r\n")
    asking = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{secret}" width="9" height="9"/></svg>'
    assert b"secret" not in invoice_pdf(paper(brand=Brand(logo=asking.encode())))


def test_pale_brand_colours_are_darkened_until_they_can_be_read() -> None:
    assert legible("#0f766e") == "#0f766e"
    assert legible("#FFD400") < "#a00000"
    assert legible("#ffffff") != "#ffffff"
    assert legible("red; }") == DEFAULT


def test_the_same_paper_is_the_same_file_in_every_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: invoice_pdf(paper()), range(8)))
    assert len(made) == 1


def test_a_paper_whose_sums_do_not_agree_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="the total"):
        invoice_pdf(paper(total=1))
    assert invoice_pdf(paper())
