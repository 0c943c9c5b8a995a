"""What use costs, in exact decimals of the catalogue's currency; rounding to minor units is an invoice's business."""

from decimal import ROUND_CEILING, Context, Decimal, localcontext

from saas.catalogue.terms import Rating, Tier

EXACT = Context(prec=100)
"""So many digits that no sum or product of amounts is ever rounded."""


class UnknownDimension(LookupError):
    """Use of a kind that the price list does not name."""


def charge(rating: Rating, used: Decimal, *, included: int = 0, dimension: str = "") -> Decimal:
    """What so many units in a period cost beyond those included.

    Packages that are begun count whole; tiers are graduated, and begin behind the included units. Raises UnknownDimension.
    """
    beyond = max(Decimal(0), used - included)
    if rating.prices:
        if dimension not in rating.prices:
            raise UnknownDimension(dimension)
        return beyond * rating.prices[dimension]
    if rating.tiers:
        return _graduated(rating.tiers, beyond)
    if rating.flat is not None:
        return rating.flat if beyond else Decimal(0)
    packages = (beyond / rating.per).to_integral_value(ROUND_CEILING) if rating.per > 1 else beyond
    return packages * (rating.price or 0)


def _graduated(tiers: tuple[Tier, ...], units: Decimal) -> Decimal:
    total, floor = Decimal(0), Decimal(0)
    for tier in tiers:
        ceiling = units if tier.up_to is None else min(units, Decimal(tier.up_to))
        total += max(Decimal(0), ceiling - floor) * tier.price
        floor = max(floor, ceiling)
    return total


def cost(rating: Rating, quantity: Decimal, *, before: Decimal, included: int = 0, dimension: str = "") -> Decimal:
    """What an event adds to the charge of a period in which so much was used ``before``.

    The costs of a period's events sum up to its charge exactly, in whatever order they come.
    """
    with localcontext(EXACT):
        after = charge(rating, before + quantity, included=included, dimension=dimension)
        return after - charge(rating, before, included=included, dimension=dimension)
