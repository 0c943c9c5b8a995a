"""Forms of usage."""

import re
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, get_currency_precision, parse_decimal
from wtforms import BooleanField
from wtforms.validators import Length, Optional, ValidationError

from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import locale_of
from saas.web.format import language, number
from saas.web.forms import BaseForm, Line

_SUM = re.compile(r"[0-9][0-9.,'’ \u00a0\u202f]*\Z")


class SumField(Line):
    """A sum of money as the organisation's language writes it; ``amount`` is what was typed, None for nothing."""

    amount: Decimal | None = None

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no sum, is below zero, or has more decimals than the currency."""
        if self.data:
            self.amount = _read(self.data)


def _read(typed: str) -> Decimal:
    digits = get_currency_precision(entitlements().terms.currency)
    example = number(Decimal(250), "0." + "0" * digits if digits else "0")
    if typed.startswith(("-", "−")):
        raise ValidationError("A budget cannot be below zero.")
    try:
        amount = Decimal(parse_decimal(typed if _SUM.match(typed) else "", locale=locale_of(language()), strict=True))
    except (NumberFormatError, ValueError):
        raise ValidationError(f"Give a sum such as {example}.") from None
    amount = Decimal(f"{amount.normalize():f}")
    if -int(amount.as_tuple().exponent) > digits:
        raise ValidationError(f"Use at most {digits} decimals, such as {example}.")
    return amount


class BudgetForm(BaseForm):
    """What an organisation wants to spend on use in a month, and whether use that costs stops there."""

    amount = SumField("Budget for a month", [Optional(), Length(max=30, message="This is more than anybody has.")])
    stop = BooleanField("Stop what costs when the budget is spent")


def as_typed(amount: Decimal | None) -> str:
    """A sum as one would type it."""
    if amount is None:
        return ""
    digits = get_currency_precision(entitlements().terms.currency)
    return number(amount, "0." + "0" * digits if digits else "0")
