"""What meters, amounts of them and sums of money are called, in words for people."""

from collections.abc import Collection
from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import format_currency, format_decimal, get_currency_precision

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Rating, Tier

_ENGLISH = "en_GB"
_CENT = Decimal("0.01")
_SCALES = (1_000, 1_000_000)


def label_of_meter(meter: str) -> str:
    """What a meter is called."""
    known = catalogue().meters.get(meter)
    return known.label if known else meter.replace("_", " ").capitalize()


def in_a_sentence(label: str) -> str:
    """A label as it stands in the middle of a sentence: ``people``, but ``AI requests``."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def people_of(roles: Collection[str]) -> str:
    """People of some roles, in the middle of a sentence: ``viewers``, ``members and viewers``."""
    told = [f"{role.replace('_', ' ')}s" for role in roles]
    return " and ".join(part for part in (", ".join(told[:-1]), *told[-1:]) if part)


def unit_of(meter: str, quantity: Decimal | int | None) -> str:
    """The unit of so much of a meter: ``person``, ``people``; ``unit`` where it is counted no more."""
    known = catalogue().meters.get(meter)
    if known is None:
        return "unit" if quantity == 1 else "units"
    return known.unit if quantity == 1 else known.units or f"{known.unit}s"


def amount_of(meter: str, quantity: Decimal | int | None, *, locale: str = _ENGLISH) -> str:
    """So much of a meter with its unit: ``3 people``, ``1,500 GB``; None is unlimited."""
    if quantity is None:
        return "unlimited"
    return f"{format_decimal(shortened(Decimal(quantity)), locale=locale)} {unit_of(meter, quantity)}".strip()


def shortened(quantity: Decimal) -> Decimal:
    """At most three decimals, as far as people read."""
    return quantity.quantize(Decimal("0.001"), ROUND_HALF_EVEN).normalize() + 0


def money(amount: Decimal, *, currency: str, locale: str = _ENGLISH, exact: bool = False, whole: bool = False) -> str:
    """A sum of money; ``exact`` keeps the decimals that its minor unit has not, as prices of single tokens need, and
    ``whole`` leaves them out where they are zero, as price lists do."""
    digits = get_currency_precision(currency)
    if exact and amount != round(amount, digits):
        return str(format_currency(amount, currency, format="¤#,##0.00########", locale=locale, currency_digits=False))
    if whole and amount == amount.to_integral_value():
        return str(format_currency(amount, currency, format="¤#,##0", locale=locale, currency_digits=False))
    return str(format_currency(amount, currency, locale=locale))


def price_of(meter: str, rating: Rating, *, currency: str, locale: str = _ENGLISH) -> str:
    """What use beyond the included units costs: ``€0.05 per image``; empty where nothing is charged."""

    scale = scale_of(rating)
    many = "million" if scale == _SCALES[-1] else format_decimal(scale, locale=locale)
    one = unit_of(meter, 1) if scale == 1 else f"{many} {unit_of(meter, scale)}"

    def told(amount: Decimal) -> str:
        return money(amount * scale, currency=currency, locale=locale, exact=True)

    if rating.prices:
        cheapest_first = sorted(rating.prices.items(), key=lambda pair: (pair[1], pair[0]))
        by_name = [f"{name.replace('_', ' ')} {told(price)}" for name, price in cheapest_first]
        return f"{', '.join(by_name)} per {one}"
    if rating.tiers:
        return ", ".join(f"{told(tier.price)} per {one} {_reach(tier, locale)}" for tier in rating.tiers)
    if rating.flat is not None:
        return f"{told(rating.flat)} for any use in a month"
    if rating.price is None:
        return ""
    package = f"{format_decimal(rating.per, locale=locale)} {unit_of(meter, rating.per)}"
    return f"{told(rating.price)} per {one if rating.per == 1 else package}"


def scale_of(rating: Rating) -> int:
    """For how many units a price is told: one where that costs a cent or more, else as many, up to a million, as cost ten cents."""
    prices = [
        price for price in (rating.price, *rating.prices.values(), *(tier.price for tier in rating.tiers)) if price
    ]
    least = min(prices, default=_CENT)
    if rating.per > 1 or least >= _CENT:
        return 1
    return next((scale for scale in _SCALES if least * scale >= 10 * _CENT), _SCALES[-1])


def _reach(tier: Tier, locale: str) -> str:
    return "beyond" if tier.up_to is None else f"up to {format_decimal(tier.up_to, locale=locale)}"
