"""Money at the border to Stripe: amounts of the catalogue are decimals, Stripe's are whole minor units of a currency."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

MILLION = 1_000_000


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount in minor units: 29.99 EUR is 2999, 500 JPY is 500. Raises ValueError for what has no such coin."""
    units = amount.scaleb(get_currency_precision(currency.upper()))
    if units != units.to_integral_value():
        raise ValueError(f"{amount} {currency} is no whole number of minor units")
    return int(units)


def rounded_minor_units(amount: Decimal, currency: str) -> int:
    """An amount in minor units, rounded half up as Stripe rounds a line."""
    return int(amount.scaleb(get_currency_precision(currency.upper())).quantize(Decimal(1), ROUND_HALF_UP))


def major_units(units: int, currency: str) -> Decimal:
    """Minor units as an amount: 2999 of EUR is 29.99."""
    return Decimal(units).scaleb(-get_currency_precision(currency.upper()))


def millionths(amount: Decimal) -> int:
    """An amount in millionths of the currency's unit, in which use is reported; finer parts are rounded half up."""
    return int((amount * MILLION).quantize(Decimal(1), ROUND_HALF_UP))


def price_of_millionth(currency: str) -> Decimal:
    """What a millionth of the currency's unit costs in minor units: 0.0001 for EUR, 0.000001 for JPY."""
    return Decimal(10 ** get_currency_precision(currency.upper())) / MILLION
