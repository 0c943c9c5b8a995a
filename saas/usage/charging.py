"""What use costs, as SQL: the same rule as ``saas.catalogue.pricing``, worked out where the counter is raised."""

from decimal import Decimal
from typing import Any, NamedTuple

from saas.catalogue.pricing import UnknownDimension
from saas.catalogue.terms import Rating


class Shape(NamedTuple):
    """In which way something is priced, without the figures: ratings of one shape share their SQL. ``steps`` counts tiers."""

    way: str = ""
    packages: bool = False
    steps: int = 0

    @classmethod
    def of(cls, rating: Rating) -> "Shape":
        """The shape of a rating."""
        return cls(next(iter(rating.ways), ""), rating.per > 1, len(rating.tiers))


def charge_sql(shape: Shape, units: str) -> str:
    """An SQL expression of what so many units (another one) cost; it takes ``charge_values``."""
    beyond = f"greatest(0, {units} - %(included)s)"
    if not shape.way:
        return "0::numeric"
    if shape.way == "tiers":
        return f"({' + '.join(_step(number, beyond, shape.steps) for number in range(shape.steps))})"
    if shape.way == "flat":
        return f"(CASE WHEN {units} > %(included)s THEN %(price)s::numeric ELSE 0 END)"
    if shape.packages:
        return f"(%(price)s::numeric * ceil({beyond} / %(per)s::numeric))"
    return f"(%(price)s::numeric * {beyond})"


def _step(number: int, beyond: str, steps: int) -> str:
    inside = beyond if number + 1 == steps else f"least({beyond}, %(ceiling{number})s::numeric)"
    return f"%(price{number})s::numeric * greatest(0, {inside} - %(floor{number})s::numeric)"


def charge_values(rating: Rating, *, included: int, dimension: str) -> dict[str, Any]:
    """The values of a rating's SQL; raises UnknownDimension."""
    values: dict[str, Any] = {"included": included, "price": _price(rating, dimension), "per": rating.per}
    floor = 0
    for number, tier in enumerate(rating.tiers):
        values |= {f"price{number}": tier.price, f"floor{number}": floor, f"ceiling{number}": tier.up_to}
        floor = tier.up_to or floor
    return values


def _price(rating: Rating, dimension: str) -> Decimal | None:
    if rating.prices:
        if dimension not in rating.prices:
            raise UnknownDimension(dimension)
        return rating.prices[dimension]
    return rating.price if rating.flat is None else rating.flat
