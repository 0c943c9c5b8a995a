"""Proration in flexible mode: a credit is a share of what was debited, a debit is a share of the new price."""

from decimal import Decimal

from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.rating import rounded


def credit(debited: int, period: Period, moment: int) -> int:
    """What comes back (zero or negative) of an amount that was debited for a whole period, when it ends at a moment."""
    return -rounded(Decimal(debited) * period.left(moment) / period.seconds)


def debit(worth: Decimal, period: Period, moment: int) -> int:
    """What is owed for the rest of a period that in whole is worth so much, from a moment on."""
    return rounded(worth * period.left(moment) / period.seconds)
