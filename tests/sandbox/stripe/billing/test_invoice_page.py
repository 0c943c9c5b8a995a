"""The hosted page of an invoice: seen by whoever has the address, paid by card, downloaded."""

import io

import pytest
import stripe
from pypdf import PdfReader

from saas.sandbox.stripe.server import Running
from tests.sandbox.stripe.billing.conftest import Shop
from tests.sandbox.stripe.visitor import Visitor, card


@pytest.fixture
def visitor(sandbox: Running) -> Visitor:
    return Visitor(sandbox)


@pytest.fixture
def unpaid(shop: Shop) -> stripe.Invoice:
    """The first invoice of a subscription that waits for a card."""
    customer = shop.customer(None)
    made = shop.subscribe(customer, shop.price(1000), payment_behavior="default_incomplete")
    return shop.api.invoices.retrieve(str(made.latest_invoice))


def url_of(invoice: stripe.Invoice) -> str:
    assert invoice.hosted_invoice_url is not None
    return invoice.hosted_invoice_url


def status_of(shop: Shop, invoice: stripe.Invoice) -> str | None:
    return shop.api.invoices.retrieve(str(invoice.id)).status


def test_it_shows_what_is_due_and_takes_a_card(shop: Shop, visitor: Visitor, unpaid: stripe.Invoice) -> None:
    page = visitor.get(url_of(unpaid)).text
    assert f"Invoice {unpaid.number}" in page
    assert "Pay US$10.00" in page
    assert visitor.post(url_of(unpaid), **card()).status == 303
    assert status_of(shop, unpaid) == "paid"
    assert "Pay by card" not in visitor.get(url_of(unpaid)).text
    assert visitor.post(url_of(unpaid), **card()).status == 303
    assert len(shop.api.charges.list().data) == 1


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [("4000000000000002", 402, "Your card was declined."), ("4242", 422, "This is no card number.")],
)
def test_a_card_that_is_no_good_pays_nothing(
    shop: Shop, visitor: Visitor, unpaid: stripe.Invoice, number: str, status: int, told: str
) -> None:  # fmt: skip
    answer = visitor.post(url_of(unpaid), **card(number))
    assert answer.status == status
    assert told in answer.text
    assert status_of(shop, unpaid) == "open"
    assert visitor.post(url_of(unpaid), **card()).status == 303
    assert status_of(shop, unpaid) == "paid"


@pytest.mark.parametrize(("outcome", "status"), [("complete", "paid"), ("fail", "open")])
def test_a_card_that_asks_its_holder_pays_after_that(
    shop: Shop, visitor: Visitor, unpaid: stripe.Invoice, outcome: str, status: str
) -> None:  # fmt: skip
    asked = visitor.post(url_of(unpaid), **card("4000000000003220"))
    assert "Your bank asks" in visitor.get(asked.to).text
    back = visitor.post(asked.to, outcome=outcome)
    assert back.to.startswith(url_of(unpaid))
    assert status_of(shop, unpaid) == status
    assert ("Pay by card" in visitor.get(back.to).text) is (status == "open")


def test_the_paper_is_a_pdf(visitor: Visitor, unpaid: stripe.Invoice) -> None:
    assert unpaid.invoice_pdf is not None
    answer = visitor.get(unpaid.invoice_pdf)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body)).pages)
    assert str(unpaid.number) in text
    assert "US$10.00" in text
    assert "No money moves." in text


def test_a_credit_note_is_a_pdf_too(shop: Shop, visitor: Visitor, unpaid: stripe.Invoice) -> None:
    note = shop.api.credit_notes.create({"invoice": str(unpaid.id), "amount": 300})
    text = PdfReader(io.BytesIO(visitor.get(note.pdf).body)).pages[0].extract_text()
    assert note.number in text
    assert "$3.00" in text


def test_a_draft_and_an_unknown_one_are_not_there(shop: Shop, visitor: Visitor, unpaid: stripe.Invoice) -> None:
    assert visitor.get(f"/i/{unpaid.id}").status == 200
    draft = shop.api.invoices.create({"customer": shop.customer()})
    assert visitor.get(f"/i/{draft.id}").status == 404
    assert visitor.get("/i/in_unknown/pdf").status == 404
