"""The descriptions on invoice lines."""

from datetime import UTC, datetime
from decimal import Decimal

from saas.sandbox.stripe.billing.rating import Portion
from saas.sandbox.stripe.store import Object, Store

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "chf": "CHF ", "jpy": "¥"}
WHOLE = ("jpy", "krw", "clp", "vnd")
"""Currencies without minor units."""


def money(amount: Decimal | int, currency: str) -> str:
    """An amount in minor units as a person reads it; fractions of a minor unit are kept."""
    value = Decimal(amount) if currency in WHOLE else Decimal(amount) / 100
    least = 0 if currency in WHOLE else 2
    exponent = value.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    return f"{'-' if value < 0 else ''}{SYMBOLS.get(currency, currency.upper() + ' ')}{abs(value):,.{places}f}"


def product_name(store: Store, price: Object) -> str:
    """What the product of a price is called."""
    return str(store.get("product", price["product"])["name"])


def charge_text(store: Store, price: Object, portion: Portion) -> str:
    """For a period: the quantity, the product, the unit amount and how often."""
    name, count = product_name(store, price), price["recurring"]["interval_count"]
    often = price["recurring"]["interval"] if count == 1 else f"every {count} {price['recurring']['interval']}s"
    at = (
        f"at {money(portion.unit, price['currency'])} / {often}"
        if count == 1
        else f"at {money(portion.unit, price['currency'])} {often}"
    )
    tier = f"Tier {portion.tier} " if portion.tier else ""
    return f"{name} ({tier}flat fee)" if portion.flat else f"{portion.quantity} × {name} ({tier}{at})"


def unused_text(store: Store, price: Object, quantity: int | None, moment: int) -> str:
    """For what comes back."""
    return f"Unused time on {_counted(store, price, quantity)} after {_day(moment)}"


def remaining_text(store: Store, price: Object, quantity: int | None, moment: int) -> str:
    """For the rest of a period."""
    return f"Remaining time on {_counted(store, price, quantity)} after {_day(moment)}"


def trial_text(store: Store, price: Object) -> str:
    """For a trial, which costs nothing."""
    return f"Trial period for {product_name(store, price)}"


def _counted(store: Store, price: Object, quantity: int | None) -> str:
    name = product_name(store, price)
    return name if quantity in (None, 1) else f"{quantity} × {name}"


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%d %b %Y}"
