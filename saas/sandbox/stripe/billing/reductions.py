"""What a coupon takes off each of several amounts."""

from decimal import Decimal
from typing import Any

from saas.sandbox.stripe.billing.rating import rounded


def reductions(coupon: dict[str, Any], amounts: list[int]) -> list[int]:
    """How much of each amount (minor units, none negative) a coupon takes off, never more than there is.

    A percentage is rounded for each amount; a fixed sum is shared out in proportion, to the last unit.
    """
    if coupon["percent_off"] is not None:
        return [rounded(amount * Decimal(str(coupon["percent_off"])) / 100) for amount in amounts]
    return shared(min(coupon["amount_off"], sum(amounts)), amounts)


def shared(total: int, weights: list[int]) -> list[int]:
    """A total split in proportion to weights; the parts add up to it exactly."""
    whole, given, seen, parts = sum(weights), 0, 0, []
    for weight in weights:
        seen += weight
        upto = rounded(Decimal(total) * seen / whole) if whole else 0
        parts.append(upto - given)
        given = upto
    return parts
