"""What a quantity costs at a price: exact until it is rounded, half a minor unit away from zero, once per line."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a charge that becomes one line: so many units at one unit amount (minor units), or a flat amount of a tier."""

    quantity: int
    unit: Decimal
    tier: int | None = None
    flat: bool = False

    @property
    def worth(self) -> Decimal:
        """Its exact worth in minor units."""
        return self.unit if self.flat else self.unit * self.quantity


def rounded(amount: Decimal) -> int:
    """Whole minor units, halves away from zero, so that a charge and its credit cancel out."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def portions(price: dict[str, Any], quantity: int) -> list[Portion]:
    """What a quantity is charged as; tiers that are reached become portions of their own."""
    if price["billing_scheme"] == "per_unit":
        return [Portion(_packages(price, quantity), _amount(price, "unit_amount"))]
    tiers = [*_reached(price, quantity)]
    if price["tiers_mode"] == "volume":
        number, tier, _ = tiers[-1]
        tiers = [(number, tier, quantity)]
    return [portion for number, tier, units in tiers for portion in _of_tier(number, tier, units)]


def worth(price: dict[str, Any], quantity: int) -> Decimal:
    """The exact worth of a quantity in minor units."""
    return sum((portion.worth for portion in portions(price, quantity)), Decimal(0))


def _packages(price: dict[str, Any], quantity: int) -> int:
    package = price.get("transform_quantity")
    if not package:
        return quantity
    whole, rest = divmod(quantity, package["divide_by"])
    return int(whole) + (1 if rest and package["round"] == "up" else 0)


def _reached(price: dict[str, Any], quantity: int) -> Iterator[tuple[int, dict[str, Any], int]]:
    """The tiers that a quantity reaches, each with its number and the units that fall into it; always at least the first."""
    below = 0
    for number, tier in enumerate(price["tiers"], start=1):
        top = tier["up_to"]
        yield number, tier, (quantity if top is None else min(quantity, top)) - below
        if top is None or quantity <= top:
            return
        below = top


def _of_tier(number: int, tier: dict[str, Any], units: int) -> Iterator[Portion]:
    if units and (tier.get("unit_amount_decimal") or tier.get("unit_amount")) is not None:
        yield Portion(units, _amount(tier, "unit_amount"), number)
    if flat := _amount(tier, "flat_amount"):
        yield Portion(1, flat, number, flat=True)


def _amount(holder: dict[str, Any], name: str) -> Decimal:
    exact = holder.get(f"{name}_decimal")
    return Decimal(str(exact if exact is not None else holder.get(name) or 0))
