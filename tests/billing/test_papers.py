"""Invoices and credit notes as papers: what stands on them, who gets them, many at once."""

import html
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from saas.billing.details import Details
from saas.billing.models import Invoice
from saas.billing.operations.details import set_details
from saas.billing.papers.facts import check_sums
from saas.billing.papers.of_invoices import credit_note_paper, invoice_paper
from saas.billing.papers.pdf import invoice_pdf
from saas.billing.papers.taxes import rate_of, taxes_of
from saas.billing.seller import get_seller
from saas.branding.identity import Identity
from saas.branding.operations import publish
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.runtime import install, runtime
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.billing.paper import SELLER

BERLIN = Details("Acme GmbH", "Torstraße 1", city="Berlin", postcode="10119", country="DE", po_number="PO-7")
PARIS = Details("Acme SARL", "Rue de la Paix 1", city="Paris", postcode="75002", country="FR")


def move(organisation, details):
    with tenant_work(organisation):
        set_details(details, actor=SYSTEM)


def invoices_of(organisation):
    with tenant_scope(organisation):
        return db.session.scalars(select(Invoice).order_by(Invoice.created_at)).all()


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def came(amount):
    return [{"id": "inpay_2", "status": "paid", "amount": amount, "at": 1}]


def made(**changes):
    """An invoice as we mirror it: a plan of 29.00, paid by card."""
    line = {
        "text": "1 × Pro (at €29.00 / month)", "amount": 2900, "discount": 0, "quantity": 1, "unit": "2900", "price": "p",
        "proration": False, "start": 1_790_000_000, "end": 1_792_000_000, "taxes": [], "kind": "plan", "sells": "pro",
    }  # fmt: skip
    facts = {
        "lines": [line], "discounts": [], "taxes": [], "balance": 0, "credit_notes": [], "page": "", "buyer": BERLIN.stored(),
        "payments": [{"id": "inpay_1", "status": "paid", "amount": 2900, "at": 1_790_000_100, "intent": "pi_1"}],
    }  # fmt: skip
    facts |= changes.pop("facts", {})
    values = {
        "id": "in_1",
        "number": "A-1",
        "status": "paid",
        "currency": "EUR",
        "total": 2900,
        "paid": 2900,
        "due": 0,
        "look": 1,
    }
    return Invoice(facts=facts, created_at=datetime(2026, 11, 21, tzinfo=UTC), **values | changes)


def paper_of(invoice):
    paper = invoice_paper(invoice, seller=SELLER, label_of=lambda line: line["text"], locale="en", simulated=True)
    check_sums(paper)
    return paper


def called(invoice):
    return f"{invoice.created_at:%Y-%m-%d} {invoice.number}.pdf"


class TestDownload:
    def test_an_invoice_is_had_as_pdf_by_its_own_organisation_only(self, subscribed, umbrella, browse, acme):
        move(acme, BERLIN)
        (invoice,) = invoices_of(subscribed("pro"))
        answer = browse(acme, "Alice").get(f"/billing/invoices/{invoice.id}.pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert f"invoice-{invoice.number}.pdf" in answer.headers["Content-Disposition"]
        text = text_of(answer.data)
        assert "Acme GmbH Torstraße 1 10119 Berlin" in text
        assert "PO-7" in text
        assert "€29.00" in text
        assert "no money was moved" in text
        assert browse(umbrella, "Charlie").get(f"/billing/invoices/{invoice.id}.pdf").status_code == 404

    def test_the_page_and_the_list_lead_to_it(self, subscribed, browse):
        acme = subscribed("pro")
        (invoice,) = invoices_of(acme)
        browser = browse(acme, "Alice")
        assert f'href="/billing/invoices/{invoice.id}.pdf"' in browser.get(f"/billing/invoices/{invoice.id}").text
        assert 'href="/billing/invoices.zip?status=paid"' in browser.get("/billing/invoices?status=paid").text

    def test_who_may_not_see_bills_gets_no_paper(self, subscribed, browse):
        acme = subscribed("pro")
        (invoice,) = invoices_of(acme)
        assert browse(acme, "Adam").get(f"/billing/invoices/{invoice.id}.pdf").status_code == 200
        assert browse(acme, "Bob").get(f"/billing/invoices/{invoice.id}.pdf").status_code == 403

    @pytest.mark.parametrize("bare", [True, False])
    def test_a_bare_brand_without_a_logo_heads_it_by_its_name_while_the_seller_stays_the_seller(
        self, subscribed, browse, bare
    ):
        acme = subscribed("pro")
        (invoice,) = invoices_of(acme)
        with tenant_work(acme):
            publish(Identity(primary="#c8102e", name="Ånä", bare=bare), actor=SYSTEM)
        text = text_of(browse(acme, "Alice").get(f"/billing/invoices/{invoice.id}.pdf").data)
        seller = get_seller().name
        assert f"Simulated {'Ånä' if bare else seller} Paid Invoice From {seller} " in text

    def test_a_credit_note_is_a_paper_of_its_own(self, subscribed, stripe_there, umbrella, browse):
        acme = subscribed("pro")
        (invoice,) = invoices_of(acme)
        note = stripe_there.api.credit_notes.create(
            {"invoice": invoice.id, "refund_amount": 500, "memo": "Two bad days"}
        )
        stripe_there.bring()
        path = f"/billing/invoices/{invoice.id}/credit-notes/{note.id}.pdf"
        browser = browse(acme, "Alice")
        assert path in browser.get(f"/billing/invoices/{invoice.id}").text
        text = text_of(browser.get(path).data)
        assert "Credit note" in text
        assert invoice.number in text
        assert "€5.00" in text
        assert "Two bad days" in text
        assert browser.get(path.replace(note.id, "cn_unknown")).status_code == 404
        assert browse(umbrella, "Charlie").get(path).status_code == 404


class TestBuyer:
    def test_a_later_address_stands_on_later_invoices_only(self, subscribed, stripe_there, acme):
        move(acme, BERLIN)
        subscribed("pro")
        move(acme, PARIS)
        stripe_there.advance(32)
        stripe_there.bring()
        old, new = invoices_of(acme)
        assert old.look <= new.look
        assert (old.facts["buyer"]["city"], new.facts["buyer"]["city"]) == ("Berlin", "Paris")

    def test_before_anybody_enters_an_address_it_is_the_organisation(self, subscribed):
        (invoice,) = invoices_of(subscribed("pro"))
        assert invoice.facts["buyer"]["company"] == "Acme"
        assert (invoice.facts["lines"][0]["kind"], invoice.facts["lines"][0]["sells"]) == ("plan", "pro")


class TestMany:
    def names(self, answer):
        return zipfile.ZipFile(io.BytesIO(answer.data)).namelist()

    def test_all_that_the_filters_show_come_in_one_file(self, subscribed, stripe_there, browse):
        acme = subscribed("pro")
        stripe_there.advance(32)
        stripe_there.bring()
        browser = browse(acme, "Alice")
        answer = browser.get("/billing/invoices.zip")
        assert answer.mimetype == "application/zip"
        assert sorted(self.names(answer)) == sorted(map(called, invoices_of(acme)))
        first = invoices_of(acme)[0]
        (name,) = self.names(browser.get(f"/billing/invoices.zip?q={first.number}"))
        assert name == called(first)

    def test_papers_are_called_by_day_and_number_and_each_has_a_name_of_its_own(self, acme, browse):
        note = {"id": "cn", "number": "A/1-CN-01", "total": 500, "at": 1_800_000_000, "status": "issued"}
        with tenant_work(acme) as session:
            session.add_all(
                [made(id="in_1", number="A/1", facts={"credit_notes": [note]}), made(id="in_2", number="A-1")]
            )
        answer = browse(acme, "Alice").get("/billing/invoices.zip?sort=number")
        assert sorted(self.names(answer)) == [
            "2026-11-21 A-1 in_1.pdf",
            "2026-11-21 A-1.pdf",
            "2027-01-15 A-1-CN-01.pdf",
        ]

    def test_of_too_many_none_are_given_but_the_way_to_fewer(self, subscribed, browse, monkeypatch):
        acme = subscribed("pro")
        browser = browse(acme, "Alice")
        assert len(self.names(browser.get("/billing/invoices.zip"))) == 1
        monkeypatch.setattr("saas.billing.routes.papers.MOST", 0)
        answer = browser.get("/billing/invoices.zip")
        assert "Choose a year or a status first" in browser.follow(answer).text

    def test_where_there_are_none_the_page_says_so(self, subscribed, umbrella, browse):
        browser = browse(subscribed("pro"), "Alice")
        answer = browser.get("/billing/invoices.zip?status=void")
        assert (answer.status_code, answer.location) == (303, "/billing/invoices?status=void")
        assert "There are no invoices to download with these filters" in browser.follow(answer).text
        charlie = browse(umbrella, "Charlie")
        assert "There are no invoices yet" in charlie.follow(charlie.get("/billing/invoices.zip")).text

    def test_the_list_says_which_filter_it_did_not_understand(self, subscribed, browse):
        browser = browse(subscribed("pro"), "Alice")
        page = browser.get("/billing/invoices?status=payed&year=2O27").text
        assert "Not everything in this address was understood" in page
        assert "Status: Choose one of open, paid" in page
        assert "Year: Write a year as 2027." in page
        assert "€29.00" in page
        assert "understood" not in browser.get("/billing/invoices?status=paid").text


class TestSums:
    @pytest.mark.parametrize(
        "invoice",
        [
            made(),
            made(total=2610, paid=2610, facts={"discounts": [290], "payments": came(2610)}),
            made(facts={"payments": []}),
            made(status="open", paid=0, due=2900, facts={"payments": []}),
            made(status="void", paid=0, due=2900, facts={"payments": []}),
            made(status="uncollectible", paid=0, due=2900, facts={"payments": []}),
            made(paid=1900, facts={"balance": -1000, "payments": came(1900)}),
            made(total=-500, paid=0, facts={"balance": 500, "payments": []}),
            made(total=3100, paid=3100, facts={"payments": came(3100)}),
            made(
                total=3451, paid=3451, facts={
                    "taxes": [{"amount": 551, "base": 2900, "why": "standard_rated"}],
                    "payments": came(3451),
                }
            ),
            made(facts={"taxes": [{"amount": 0, "base": 2900, "why": "reverse_charge"}]}),
            made(
                total=3161, paid=3161, facts={
                    "taxes": [{"amount": 174, "base": 2900, "why": ""}, {"amount": 87, "base": 2900, "why": ""}],
                    "payments": came(3161),
                }
            ),
            made(
                status="open", paid=0, due=2400,
                facts={"payments": [], "credit_notes": [
                    {"id": "cn", "number": "A-1-CN-01", "total": 500, "at": 1, "status": "issued", "before_payment": 500}
                ]},
            ),
        ],
        ids=["plain", "discounted", "otherwise", "open", "void", "given up", "credit", "negative", "unexplained", "taxed",
             "reversed", "two taxes", "credited"],
    )  # fmt: skip
    def test_agree_whatever_settled_the_invoice(self, invoice):
        paper = paper_of(invoice)
        assert paper.total == invoice.total
        assert invoice_pdf(paper).startswith(b"%PDF")

    def test_a_tax_has_the_rate_that_leads_to_it(self):
        assert [rate_of(551, 2900), rate_of(0, 2900), rate_of(15, 202)] == [19, 0, pytest.approx(7, abs=0.5)]
        assert (
            paper_of(made(total=3451, facts={"taxes": [{"amount": 551, "base": 2900, "why": ""}]})).taxes[0].rate == 19
        )
        assert taxes_of([], 5) == ()

    def test_a_credit_note_without_known_lines_has_one(self):
        note = {"id": "cn", "number": "A-1-CN-01", "total": 500, "at": 1_790_000_000, "status": "issued"}
        paper = credit_note_paper(made(), note, seller=SELLER, locale="en", simulated=False)
        check_sums(paper)
        assert [line.label for line in paper.lines] == ["Credit for invoice A-1"]
        assert b"factur-x.xml" in invoice_pdf(paper)

    def test_programs_of_europeans_find_the_invoice_inside_of_it(self):
        attached = PdfReader(io.BytesIO(invoice_pdf(paper_of(made())))).attachments
        assert list(attached) == ["factur-x.xml"]
        nobody = paper_of(made(facts={"buyer": {}}))
        assert nobody.buyer.name == "(no name)"
        assert not PdfReader(io.BytesIO(invoice_pdf(nobody))).attachments


class TestSeller:
    def test_is_named_as_the_settings_say(self, app):
        before = runtime()
        assert get_seller().name == before.settings.product_name
        told = {
            "seller_name": "Keystone GmbH",
            "seller_address": "Torstraße 1|10119|Berlin|DE",
            "seller_vat_id": "DE136695976",
        }
        install(replace(before, settings=before.settings.model_copy(update=told)))
        seller = get_seller()
        install(before)
        assert (seller.name, seller.lines, seller.postcode, seller.city, seller.country) == (
            "Keystone GmbH", ("Torstraße 1",), "10119", "Berlin", "DE",
        )  # fmt: skip


class TestUse:
    def test_lines_of_use_lead_to_the_events_behind_them(self, acme, browse):
        line = made().facts["lines"][0]
        use = {**line, "kind": "use", "sells": "images", "text": "Images", "start": 1_793_491_200, "end": 1_796_083_200}
        with tenant_work(acme) as session:
            session.add(made(facts={"lines": [line, use], "transitions": {}, "next_try": None}))
        page = browse(acme, "Alice").get("/billing/invoices/in_1").text
        (link,) = re.findall(r'href="(/usage/events[^"]*)"', page)
        assert html.unescape(link) == "/usage/events?meter=images&since=2026-11-01&until=2026-11-30"
        assert browse(acme, "Alice").get(html.unescape(link)).status_code == 200
