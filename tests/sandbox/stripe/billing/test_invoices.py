"""Invoices by hand, their end, invoice items, balances and credit notes."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.conftest import Amounts, Shop


def owed(shop: Shop, customer: str, amount: int = 5000) -> stripe.Invoice:
    """An open invoice made by hand."""
    shop.api.invoice_items.create({"customer": customer, "amount": amount, "currency": "usd", "description": "Set-up"})
    draft = shop.api.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    return shop.api.invoices.finalize_invoice(draft.id)


def test_an_invoice_by_hand_takes_what_is_pending_and_is_paid(shop: Shop, amounts: Amounts) -> None:
    invoice = owed(shop, shop.customer())
    assert (invoice.status, amounts(invoice), invoice.amount_due) == ("open", [5000], 5000)
    paid = shop.api.invoices.pay(invoice.id, {"expand": ["payments"]})
    assert paid.payments is not None
    [payment] = paid.payments.data
    assert (paid.status, payment.status, payment.amount_paid, payment.payment.type) == (
        "paid",
        "paid",
        5000,
        "payment_intent",
    )
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        shop.api.invoices.pay(invoice.id)


@pytest.mark.parametrize(("way", "status"), [("void_invoice", "void"), ("mark_uncollectible", "uncollectible")])
def test_an_open_invoice_can_end_without_payment_and_a_paid_one_cannot(shop: Shop, way: str, status: str) -> None:
    customer = shop.customer()
    left, paid = owed(shop, customer), owed(shop, customer)
    shop.api.invoices.pay(paid.id)
    end = getattr(shop.api.invoices, way)
    assert end(left.id).status == status
    with pytest.raises(stripe.InvalidRequestError):
        end(paid.id)


def test_numbers_run_for_each_customer(shop: Shop) -> None:
    one, other = shop.customer(), shop.customer()
    numbers = [owed(shop, customer).number for customer in (one, one, other)]
    assert [number.rpartition("-")[2] for number in numbers if number] == ["0001", "0002", "0001"]


def test_credit_of_the_balance_pays_first_and_comes_back_when_voided(shop: Shop) -> None:
    customer = shop.customer()
    shop.api.customers.balance_transactions.create(customer, {"amount": -2000, "currency": "usd"})
    invoice = owed(shop, customer)
    assert (invoice.amount_due, invoice.starting_balance, invoice.ending_balance) == (3000, -2000, 0)
    shop.api.invoices.void_invoice(invoice.id)
    assert shop.api.customers.retrieve(customer).balance == -2000


def test_paid_elsewhere_charges_no_card(shop: Shop) -> None:
    invoice = shop.api.invoices.pay(owed(shop, shop.customer()).id, {"paid_out_of_band": True})
    assert invoice.status == "paid"
    assert not shop.api.charges.list().data


def test_a_credit_note_before_payment_lowers_what_is_due(shop: Shop) -> None:
    invoice = owed(shop, shop.customer())
    note = shop.api.credit_notes.create({"invoice": invoice.id, "amount": 2000, "reason": "order_change"})
    assert (note.type, note.pre_payment_amount, note.number) == ("pre_payment", 2000, f"{invoice.number}-CN-01")
    assert shop.api.invoices.pay(invoice.id).amount_paid == 3000


def test_a_credit_note_after_payment_gives_back_as_told(shop: Shop) -> None:
    customer = shop.customer()
    invoice = shop.api.invoices.pay(owed(shop, customer).id)
    values: Any = {"invoice": invoice.id, "amount": 3000, "refund_amount": 1000, "credit_amount": 2000}
    note = shop.api.credit_notes.create(values)
    assert (note.type, note.post_payment_amount, note.refunds[0].amount_refunded) == ("post_payment", 3000, 1000)
    assert shop.api.customers.retrieve(customer).balance == -2000
    assert shop.api.refunds.list().data[0].amount == 1000


@pytest.mark.parametrize(
    "values",
    [
        {"amount": 6000, "refund_amount": 6000},
        {"amount": 3000},
        {"amount": 0, "refund_amount": 0},
        {"amount": 3000, "refund_amount": 2000},
    ],
)
def test_a_credit_note_that_does_not_add_up_is_refused_and_changes_nothing(shop: Shop, values: Any) -> None:
    invoice = shop.api.invoices.pay(owed(shop, shop.customer()).id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.credit_notes.create({"invoice": invoice.id, **values})
    assert not shop.api.refunds.list().data
    assert shop.api.invoices.retrieve(invoice.id).post_payment_credit_notes_amount == 0


def test_a_line_can_be_credited(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(), shop.price(1000), shop.price(700))
    [invoice] = shop.invoices(made)
    line: Any = {"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[1].id, "quantity": 1}
    note = shop.api.credit_notes.create({"invoice": invoice.id, "lines": [line], "refund_amount": 700})
    assert (note.total, note.lines.data[0].invoice_line_item) == (700, invoice.lines.data[1].id)


def test_a_subscription_by_invoice_is_active_and_overdue_when_nobody_pays(shop: Shop) -> None:
    made = shop.subscribe(shop.customer(None), shop.price(1000), collection_method="send_invoice", days_until_due=10)
    assert made.status == "active"
    shop.pass_time(3_600)
    [invoice] = shop.invoices(made)
    assert (invoice.status, shop.events()[-1]) == ("open", "invoice.sent")
    assert invoice.due_date is not None
    shop.until(invoice.due_date)
    assert "invoice.overdue" in shop.events()
    assert shop.get(made).status == "past_due"


@pytest.mark.parametrize(("duration", "paid"), [("once", [900, 1000, 1000]), ("forever", [900, 900, 900])])
def test_a_coupon_holds_once_or_for_ever(shop: Shop, duration: Any, paid: list[int]) -> None:
    coupon = shop.api.coupons.create({"amount_off": 100, "currency": "usd", "duration": duration}).id
    made = shop.subscribe(shop.customer(), shop.price(1000), discounts=[{"coupon": coupon}])
    for _ in (1, 2):
        shop.until(shop.get(made)["items"].data[0].current_period_end + 3_600)
    assert [invoice.amount_paid for invoice in shop.invoices(made)] == paid


def test_a_promotion_code_is_redeemed_as_often_as_it_may_be(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 100, "duration": "repeating", "duration_in_months": 2}).id
    code = shop.api.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon}, "code": "HELLO", "max_redemptions": 1}
    ).id
    made = shop.subscribe(shop.customer(None), shop.price(1000), discounts=[{"promotion_code": code}])
    assert (made.status, shop.invoices(made)[0].amount_due) == ("active", 0)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed"):
        shop.subscribe(shop.customer(), shop.price(1000), discounts=[{"promotion_code": code}])


def test_an_open_invoice_can_be_sent_and_a_void_one_cannot(shop: Shop) -> None:
    customer = shop.customer()
    left, ended = owed(shop, customer), owed(shop, customer)
    shop.api.invoices.void_invoice(ended.id)
    assert shop.api.invoices.send_invoice(left.id).status == "open"
    with pytest.raises(stripe.InvalidRequestError, match="only send an open invoice"):
        shop.api.invoices.send_invoice(ended.id)


def test_an_invoice_over_nothing_is_paid_as_soon_as_it_is_final(shop: Shop) -> None:
    customer = shop.customer(None)
    drafts = [shop.api.invoices.create({"customer": customer, "currency": "usd"}).id for _ in "ab"]
    assert shop.api.invoices.finalize_invoice(drafts[0]).status == "paid"
    assert shop.api.invoices.send_invoice(drafts[1]).status == "paid"
