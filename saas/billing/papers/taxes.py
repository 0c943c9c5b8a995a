"""Taxes as Stripe tells them: sums and what they are on. Papers want rates, each once."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from saas.billing.papers.facts import HUNDRED, Reason, TaxLine, tax_on

_REASONS = {
    "reverse_charge": Reason.REVERSE_CHARGE,
    "customer_exempt": Reason.EXEMPT,
    "product_exempt": Reason.EXEMPT,
    "product_exempt_holiday": Reason.EXEMPT,
    "not_subject_to_tax": Reason.OUTSIDE,
}
_DIGITS = (Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.001"))


def taxes_of(told: Sequence[Mapping[str, Any]], total: int) -> tuple[TaxLine, ...]:
    """The taxes of a paper by rate, so that they are on what is sold; where several are on the same, as one."""
    net = total - sum(tax["amount"] for tax in told)
    if not told:
        return ()
    found: dict[Decimal, list[Mapping[str, Any]]] = {}
    for tax in told:
        found.setdefault(rate_of(tax["amount"], tax["base"] or 0), []).append(tax)
    lines = [_one(rate, taxes) for rate, taxes in found.items()]
    if sum(line.base for line in lines) == net and all(_fits(line) for line in lines):
        return tuple(lines)
    amount = sum(tax["amount"] for tax in told)
    return (TaxLine(rate_of(amount, net), net, amount),)


def rate_of(amount: int, base: int) -> Decimal:
    """The rate in percent that leads to a tax: the one with the fewest digits that does."""
    if not (amount and base):
        return Decimal(0)
    exact = Decimal(amount) / base * HUNDRED
    for digits in _DIGITS:
        rate = exact.quantize(digits, ROUND_HALF_UP)
        if rate and tax_on(base, rate) == amount:
            return rate.normalize()
    return exact


def _one(rate: Decimal, taxes: Sequence[Mapping[str, Any]]) -> TaxLine:
    reason = (
        Reason.NONE if rate else next((_REASONS[tax["why"]] for tax in taxes if tax["why"] in _REASONS), Reason.NONE)
    )
    return TaxLine(rate, sum(tax["base"] or 0 for tax in taxes), sum(tax["amount"] for tax in taxes), reason)


def _fits(line: TaxLine) -> bool:
    return line.amount == (tax_on(line.base, line.rate) if line.rate else 0)
