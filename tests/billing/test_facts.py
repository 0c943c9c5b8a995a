"""The sums of a paper agree, or it is none."""

from dataclasses import replace
from decimal import Decimal

import pytest

from saas.billing.papers.facts import Paper, Payment, Reason, Status, TaxLine, check_sums, tax_on
from tests.billing.paper import CREDIT, PLAN, USAGE, paper, settled

MIXED = (
    replace(PLAN, tax_rate=Decimal(19)),
    replace(USAGE, tax_rate=Decimal(7)),
    replace(CREDIT, tax_rate=Decimal(19)),
)
TWO_RATES = (TaxLine(Decimal(19), 8100, 1539), TaxLine(Decimal(7), 1234, 86))


@pytest.mark.parametrize(
    "good",
    [
        paper(),
        paper(discount=500),
        paper(taxes=()),
        settled(paper()),
        paper(lines=MIXED, discount=300, taxes=TWO_RATES),
        paper(status=Status.VOID, due=0),
    ],
)
def test_sums_that_agree_pass(good: Paper) -> None:
    check_sums(good)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (paper(subtotal=1), "the subtotal is not the sum of the lines"),
        (paper(discount=-1), "the discount is below zero"),
        (paper(total=1), "the total is not the subtotal less discount with taxes"),
        (paper(due=1), "what is due is not what is left of the total"),
        (paper(status=Status.VOID), "what is due is not what is left of the total"),
        (paper(paid=5, due=11459), "what is paid is not the sum of the payments"),
        (paper(taxes=(TaxLine(Decimal(19), 9600, 1824),)), "the taxes are not on what is sold"),
        (paper(taxes=(TaxLine(Decimal(19), 9634, 1900),)), "a tax is not its rate of its base"),
        (paper(taxes=(TaxLine(Decimal(19), 9634, 1830, Reason.EXEMPT),)), "a tax is not its rate of its base"),
        (paper(taxes=(TaxLine(Decimal(19), 9000, 1710), TaxLine(Decimal(19), 634, 120))), "a rate of tax stands twice"),
        (paper(lines=MIXED), "a line has a rate that the taxes have not"),
        (paper(taxes=TWO_RATES, discount=300), "a line has a rate that the taxes have not"),
    ],
)
def test_sums_that_do_not_agree_are_told_by_name(wrong: Paper, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_sums(wrong)


def test_a_payment_more_than_once_is_counted_more_than_once() -> None:
    one = settled(paper())
    half = Payment(one.payments[0].at, one.total // 2, "Bank transfer")
    check_sums(replace(one, payments=(half, half), paid=2 * half.amount, due=one.total - 2 * half.amount))


def test_tax_is_rounded_half_up() -> None:
    assert [tax_on(base, Decimal(10)) for base in (4, 5, 14, 15, 25)] == [0, 1, 1, 2, 3]
