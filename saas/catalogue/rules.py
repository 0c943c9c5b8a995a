"""What must hold in a catalogue beyond the shape of each part."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from babel.numbers import get_currency_precision, list_currencies

from saas.catalogue.terms import Catalogue, Meter, Plan, Rating

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, without the full stop, at a key of the file; ``rests_on`` are other keys that it follows from."""

    key: Key
    text: str
    rests_on: tuple[Key, ...] = ()


def check(catalogue: Catalogue, *, without: Collection[Key] = ()) -> Iterator[Finding]:
    """Everything that does not fit together, but for what may only seem so because keys that are wrong were left out."""
    for finding in _all(catalogue):
        if not any(_spoils(wrong, finding) for wrong in without):
            yield finding


def _spoils(wrong: Key, finding: Finding) -> bool:
    return _is_in(finding.key, wrong) or any(_is_in(key, wrong) or _is_in(wrong, key) for key in finding.rests_on)


def _is_in(key: Key, table: Key) -> bool:
    return key[: len(table)] == table


def _all(catalogue: Catalogue) -> Iterator[Finding]:
    digits = get_currency_precision(catalogue.currency) if catalogue.currency in list_currencies() else None
    if digits is None:
        yield Finding(("currency",), f"must be a currency such as EUR: there is none called {catalogue.currency}")
    if all(plan.hidden for plan in catalogue.plans.values()):
        yield Finding(("plans",), "must hold one plan at least that is not hidden", (("plans",),))
    if catalogue.begin:
        yield from _known(("begin",), [catalogue.begin], catalogue.plans, "plan")
    for name, meter in catalogue.meters.items():
        yield from _rating(("meters", name), meter, meter)
    for name, plan in catalogue.plans.items():
        yield from _prices(("plans", name), plan, digits)
        yield from _plan(("plans", name), plan, catalogue)


def _plan(key: Key, plan: Plan, catalogue: Catalogue) -> Iterator[Finding]:
    for field in ("limits", "included", "overage"):
        yield from _known((*key, field), getattr(plan, field), catalogue.meters, "meter")
    yield from _known((*key, "features"), plan.features, catalogue.features, "feature")
    yield from _known((*key, "modules"), plan.modules or (), catalogue.modules or (), "module")
    for name, rating in plan.overage.items():
        if name in catalogue.meters:
            yield from _rating((*key, "overage", name), rating, catalogue.meters[name])
    for name, units in plan.included.items():
        if name in catalogue.meters:
            yield from _included((*key, "included", name), name, units, plan, catalogue.meters[name])


def _prices(key: Key, plan: Plan, digits: int | None) -> Iterator[Finding]:
    given = {name: amount for name in ("month", "year") if (amount := getattr(plan, name)) is not None}
    custom = ((*key, "custom"),)
    if plan.custom and given:
        mend = "cannot stand in a custom plan, whose price is agreed on; leave it out, or “custom”"
        yield Finding((*key, *given), mend, custom)
    if not plan.custom and "month" not in given:
        mend = "is missing: give a price, 0 for a free plan, or write “custom = true”"
        yield Finding((*key, "month"), mend, custom)
    for name, amount in given.items():
        if digits is not None and amount != round(amount, digits):
            told = f"has more than the {digits} decimals that the currency knows"
            yield Finding((*key, name), told, (("currency",),))


def _known(key: Key, names: Collection[str], known: Collection[str], what: str) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            told = f"names a {what} that the catalogue does not have; {_mend(name, known, what)}"
            declared = ("modules",) if what == "module" else (f"{what}s", name)
            yield Finding((*key, name), told, (declared,))


def _mend(name: str, known: Collection[str], what: str) -> str:
    if near := get_close_matches(name, known, 1):
        return f"did you mean “{near[0]}”"
    return "add it to “modules” at the top" if what == "module" else f"declare it under [{what}s.{name}]"


def _rating(key: Key, rating: Rating, meter: Meter) -> Iterator[Finding]:
    """The last part of the key is the meter's name, be it the meter's own rating or a plan's."""
    rests_on = (*_priced(key), ("meters", key[-1], "dimension"))
    if len(rating.ways) > 1:
        yield Finding(key, f"is priced in more than one way ({', '.join(rating.ways)}); keep one", rests_on)
    if rating.per != 1 and rating.price is None:
        yield Finding((*key, "per"), "needs “price” beside it, the price of a package", rests_on)
    if rating.prices and not meter.dimension:
        yield Finding((*key, "prices"), "needs “dimension” beside it, which says what they go by", rests_on)
    ends = [tier.up_to for tier in rating.tiers]
    if ends and (ends[-1] is not None or None in ends[:-1] or sorted(set(filter(None, ends))) != ends[:-1]):
        yield Finding((*key, "tiers"), "must rise, and the last one must have no “up_to”", rests_on)


def _priced(key: Key) -> tuple[Key, ...]:
    return tuple((*key, field) for field in Rating.model_fields)


def _included(key: Key, name: str, units: int, plan: Plan, meter: Meter) -> Iterator[Finding]:
    limit, of_plan, of_meter = plan.limits.get(name, meter.limit), key[:2], ("meters", name)
    bounds = ((*of_plan, "limits", name), (*of_meter, "limit"))
    prices = ((*of_plan, "overage", name), *_priced(of_meter))
    if plan.overage.get(name, meter).prices:
        told = "cannot be included: its units have different prices, and nothing says which ones come first"
        yield Finding(key, told, prices)
    if limit is not None and limit < units:
        yield Finding(key, f"is more than the limit, {limit}; raise the limit, or take “included” out", bounds)
    elif limit != units and not plan.overage.get(name, meter).ways:
        mend = f"give [meters.{name}] a price, or a limit of {units}"
        yield Finding(key, f"says what is included, but nothing says what more costs; {mend}", (*bounds, *prices))
