"""Terms of a plan line by line, in words: for price lists, tables that compare plans, and what changed since it was sold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from babel.numbers import format_decimal

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind, Terms
from saas.catalogue.words import amount_of, money, people_of, price_of
from saas.core.runtime import runtime, settings
from saas.members.queries.seats import PEOPLE

USE, FEATURES, MODULES, SERVICE, PRICE = (
    "What you can use",
    "What it can do",
    "Parts of the product",
    "Service",
    "Price",
)
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Line:
    """Something that plans differ in. ``held`` says whether the plan has it at all; ``words`` how much, or how, where it has."""

    part: str
    key: str
    label: str
    held: bool
    words: str = ""
    sentence: str = ""

    @property
    def told(self) -> str:
        """It in one word or some."""
        return self.words or ("yes" if self.held else "no")


@dataclass(frozen=True, slots=True)
class Change:
    """A line that differs between two sets of terms."""

    label: str
    before: str
    after: str


def lines_of(terms: Terms, *, locale: str) -> list[Line]:
    """Everything that a plan holds or does not, in the order of the catalogue; the same lines for every plan."""
    return [*_use(terms, locale), *_features(terms), *_modules(terms), *_service(terms, locale)]


def table_of(plans: Sequence[Terms], *, locale: str) -> list[tuple[str, list[list[Line]]]]:
    """Plans side by side: the parts of the list, each with rows, each with a line for every plan."""
    columns = [lines_of(terms, locale=locale) for terms in plans]
    rows: dict[str, list[list[Line]]] = {}
    for row in zip(*columns, strict=True):
        if any(line.held for line in row):
            rows.setdefault(row[0].part, []).append(list(row))
    return list(rows.items())


def changes_between(before: Terms, after: Terms, *, locale: str) -> list[Change]:
    """In which lines terms differ, the price among them."""
    former, present = (
        {line.key: line for line in [*_price(terms, locale), *lines_of(terms, locale=locale)]}
        for terms in (before, after)
    )
    return [
        Change(line.label, former[key].told, line.told)
        for key, line in present.items()
        if former[key].told != line.told
    ]


def _price(terms: Terms, locale: str) -> Iterator[Line]:
    for name, label in (("month", "Price for a month"), ("year", "Price for a year")):
        amount = getattr(terms, name)
        told = (
            "agreed on"
            if terms.custom
            else "none"
            if amount is None
            else money(amount, currency=terms.currency, locale=locale)
        )
        yield Line(PRICE, name, label, True, told)
    yield Line(PRICE, "trial", "Trial", True, f"{terms.trial_days} days" if terms.trial_days else "none")


def _use(terms: Terms, locale: str) -> Iterator[Line]:
    for name, meter in catalogue().meters.items():
        words = ", ".join(
            _amounts(terms, name, monthly=not meter.is_standing and meter.kind is not Kind.MAXIMUM, locale=locale)
        )
        yield Line(USE, f"use {name}", meter.label, bool(words), words)
        if name == PEOPLE:
            free = people_of(terms.free_roles)
            yield Line(USE, "free_roles", "Without a seat", bool(free), f"{free} are free" if free else "")


def _amounts(terms: Terms, meter: str, *, monthly: bool, locale: str) -> Iterator[str]:
    """How much of a meter there is: what it is bounded by, what is included, what more costs. Nothing: none at all."""
    limit, included = terms.limits.get(meter, 0), terms.included.get(meter, 0)
    told, month = partial(amount_of, meter, locale=locale), " a month" if monthly else ""
    rating = terms.ratings.get(meter)
    price = price_of(meter, rating, currency=terms.currency, locale=locale) if rating and rating.is_priced else ""
    if limit == 0:
        return
    if included and included != limit:
        yield f"{told(included)}{month} included" + (f", then {price}" if price else "")
    elif price and limit != included:
        yield price
    elif limit is None:
        yield "unlimited"
    if limit is not None:
        yield f"{'at most ' if limit != included and (included or price) else ''}{told(limit)}{month}"


def _features(terms: Terms) -> Iterator[Line]:
    for name, feature in catalogue().features.items():
        yield Line(FEATURES, f"feature {name}", feature.label, name in terms.features, sentence=feature.sentence)


def _modules(terms: Terms) -> Iterator[Line]:
    for name, label in offered_modules().items():
        yield Line(MODULES, f"module {name}", label, terms.modules is None or name in terms.modules)


def offered_modules() -> Mapping[str, str]:
    """What the product modules are called that some plan of the catalogue holds, by name."""
    products, sold = runtime().registry.products, catalogue()
    held = {name for plan in sold.plans for name in sold.terms(plan).modules or products}
    return {name: product.label for name, product in products.items() if name in held}


def _service(terms: Terms, locale: str) -> Iterator[Line]:
    yield Line(SERVICE, "support", "Support", bool(terms.support), terms.support)
    yield Line(SERVICE, "sla", "Availability promised", bool(terms.sla), terms.sla)
    yield Line(SERVICE, "audit", "Audit log kept", True, _time(terms.audit_days or settings().audit_retention_days))
    yield Line(
        SERVICE, "rates", "Requests by programs", True, f"{format_decimal(terms.rates.per_hour, locale=locale)} an hour"
    )
    yield Line(SERVICE, "session", "Signed in without opening a page", True, _minutes(terms.session.idle_minutes))


def _minutes(minutes: int) -> str:
    if minutes % 60:
        return f"{minutes} minutes"
    return "1 hour" if minutes == 60 else f"{minutes // 60} hours"


def _time(days: int) -> str:
    if days < _YEAR or days % _YEAR:
        return f"{days} days"
    return "1 year" if days == _YEAR else f"{days // _YEAR} years"
