"""The lines of invoices in words: what each is for, how much was used, what of it was included and what the rest costs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Rating
from saas.catalogue.words import amount_of, label_of_meter, money, price_of
from saas.tenancy.locales import ENGLISH, day_in, locale_of

Line = Mapping[str, Any]
"""A line in an invoice's facts."""


def joined(lines: Sequence[Line]) -> list[Line]:
    """The lines, those of use that Stripe split by tiers put together: one for each price and period."""
    found: dict[tuple[Any, ...], Line] = {}
    for number, line in enumerate(lines):
        same = (line["price"], line["start"], line["end"]) if line.get("kind") == "use" else (number,)
        found[same] = _together(found[same], line) if same in found else line
    return list(found.values())


def _together(one: Line, other: Line) -> Line:
    sums = {name: (one[name] or 0) + (other[name] or 0) for name in ("amount", "discount", "quantity")}
    return {**one, **sums, "unit": "", "taxes": [*one["taxes"], *other["taxes"]]}


def name_of_plan(plan: str) -> str:
    """What a plan is called, also one that is sold no more."""
    known = catalogue().plans.get(plan)
    return known.label if known else plan.replace("_", " ").capitalize()


def name_of_line(line: Line, locale: str) -> str:
    """What a line is called: use by its meter, a plan as we call it with the time that is charged or comes back; anything else in
    Stripe's words."""
    if line.get("kind") == "use":
        return label_of_meter(line["sells"])
    if line.get("kind") not in ("plan", "offer") or not line["amount"]:
        return str(line["text"])
    plan = name_of_plan(line["sells"])
    if not line["proration"]:
        return plan
    return f"{'Unused time on ' if line['amount'] < 0 else ''}{plan}, {_time_of(line, locale)}"


def days_of(line: Line) -> tuple[date, date]:
    """The first and the last day of a line, in UTC."""
    first, last = line["start"], max(line["start"], line["end"] - 1)
    return datetime.fromtimestamp(first, UTC).date(), datetime.fromtimestamp(last, UTC).date()


def _time_of(line: Line, locale: str) -> str:
    first, last = days_of(line)
    told = [
        format_date(day, "d MMMM", ENGLISH) if locale == "en" else day_in(locale, day, "short") for day in (first, last)
    ]
    if first == last:
        return str(told[0])
    same = locale == "en" and first.replace(day=1) == last.replace(day=1)
    return f"{first.day if same else told[0]} to {told[1]}"


def use_in_words(line: Line, currency: str, locale: str) -> str:
    """How much was used, what of it was included, and the rest by its price; empty where that is not known."""
    use, meter, where = line.get("use"), line.get("sells", ""), locale_of(locale)
    if not use:
        return ""
    parts = [f"{amount_of(meter, Decimal(use['used']), locale=where)} used"]
    if Decimal(use.get("included", 0)):
        parts.append(f"{_number(use['included'], where)} included")
    if "beyond" in use:
        parts.append(f"{_number(use['beyond'], where)} at {_price(meter, use['price'], currency, where)}")
    for kind in use.get("kinds", ()):
        told = _price(meter, kind["price"], currency, where)
        parts.append(f"{_number(kind['beyond'], where)} {kind['kind'].replace('_', ' ')} at {told}")
    if "packages" in use:
        price = money(Decimal(use["price"]), currency=currency, locale=where, exact=True)
        parts.append(f"{_number(use['packages'], where)} × {amount_of(meter, use['per'], locale=where)} at {price}")
    return ", ".join(parts)


def _price(meter: str, price: str, currency: str, where: str) -> str:
    return price_of(meter, Rating(price=Decimal(price)), currency=currency, locale=where)


def _number(text: str, locale: str) -> str:
    return str(format_decimal(Decimal(text), format="#,##0.###", locale=locale))
