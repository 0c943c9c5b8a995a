"""Plans as they are offered: their prices in words, and what would change for the organisation in scope."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Terms
from saas.catalogue.words import amount_of
from saas.core.runtime import settings
from saas.plans.lines import FEATURES, MODULES, USE, Line, lines_of, offered_modules
from saas.plans.queries import used_under
from saas.plans.ways import Way, way_to
from saas.tenancy.entitlements import Entitlements, entitlements
from saas.tenancy.limits import plans_with_feature, plans_with_limit, plans_with_module
from saas.tenancy.plans import trial_of
from saas.usage.queries import Figure


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs: ``amount`` for a month or a ``yearly`` one; None where it is agreed on. ``saving`` is what a year
    costs less than twelve months."""

    amount: Decimal | None
    yearly: bool = False
    saving: Decimal = Decimal(0)
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as it is sold today, with its price and its lines."""

    terms: Terms
    price: Price
    trial_days: int
    lines: Sequence[Line]

    @property
    def use(self) -> list[Line]:
        """How much of what there is."""
        return [line for line in self.lines if line.part == USE and line.held]

    @property
    def features(self) -> list[Line]:
        """What it can do, those that it cannot too."""
        return [line for line in self.lines if line.part == FEATURES]


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer beside the present plan: the way to it, what is in use that it is too small for, what comes and goes."""

    offer: Offer
    way: Way
    too_small: Sequence[str]
    gained: Sequence[str]
    lost: Sequence[str]


@dataclass(frozen=True, slots=True)
class Locked:
    """Something that the organisation does not have, and what the plans are called that do."""

    label: str
    sentence: str
    plans: Sequence[str]


def price_of_plan(terms: Terms, *, yearly: bool = False) -> Price:
    """The price for a year where it is wanted and there is one, else for a month."""
    if terms.custom or terms.month is None:
        return Price(None)
    if not yearly or terms.year is None:
        return Price(terms.month)
    saving = max(Decimal(0), terms.month * 12 - terms.year)
    return Price(terms.year, True, saving, float(saving / (terms.month * 12)) if terms.month else 0.0)


def list_offers(*, yearly: bool = False, locale: str) -> list[Offer]:
    """The plans that anybody can have, in the order of the catalogue."""
    sold = catalogue()
    return [_offer(sold.terms(name), yearly, locale) for name, plan in sold.plans.items() if not plan.hidden]


def _offer(terms: Terms, yearly: bool, locale: str) -> Offer:
    trial = trial_of(terms)
    return Offer(terms, price_of_plan(terms, yearly=yearly), trial.days if trial else 0, lines_of(terms, locale=locale))


def has_yearly() -> bool:
    """Whether any plan has a price for a year."""
    return any(plan.year is not None for plan in catalogue().plans.values() if not plan.hidden)


def list_choices(figures: Sequence[Figure], *, locale: str) -> list[Choice]:
    """Every plan beside what the organisation in scope has and uses."""
    granted = _granted()
    own = {line.key for line in lines_of(granted.terms, locale=locale) if _has(granted, line)}
    return [_choice(offer, figures, granted, own, locale) for offer in list_offers(locale=locale)]


def _choice(offer: Offer, figures: Sequence[Figure], granted: Entitlements, own: set[str], locale: str) -> Choice:
    parts = [line for line in offer.lines if line.part in (FEATURES, MODULES)]
    kept = {f"feature {name}" for name, on in granted.overrides.features.items() if on}
    return Choice(
        offer,
        way_to(offer.terms.plan),
        [told for figure in figures if (told := _too_small(offer.terms, figure, granted, locale))],
        [line.label for line in parts if line.held and line.key not in own],
        [line.label for line in parts if not line.held and line.key in own and line.key not in kept],
    )


def _granted() -> Entitlements:
    """What the organisation has; also while it is suspended, when it may use none of it."""
    return replace(entitlements(), in_service=True)


def _has(granted: Entitlements, line: Line) -> bool:
    kind, _, name = line.key.partition(" ")
    if kind == "feature":
        return granted.allows(name)
    return granted.has_module(name) if kind == "module" else line.held


def _too_small(terms: Terms, figure: Figure, granted: Entitlements, locale: str) -> str:
    """What does not fit into a plan, in words; what was given beside the plan stays."""
    meter, count = figure.meter, used_under(terms, figure)
    limit = granted.overrides.limits.get(meter, terms.limits.get(meter))
    if limit is None or count <= limit:
        return ""
    used = amount_of(meter, count, locale=locale)
    have = f"{used}{'' if figure.standing else ' used this month'}"
    return f"{figure.about.label}: {have}, this plan has {amount_of(meter, limit, locale=locale) if limit else 'none'}"


def list_locked() -> list[Locked]:
    """Features, modules and meters that the organisation in scope does not have, with the plans that have them."""
    granted, sold = _granted(), catalogue()
    features = [
        Locked(feature.label, feature.sentence, _labels(plans_with_feature(name)))
        for name, feature in sold.features.items()
        if not granted.allows(name)
    ]
    modules = [
        Locked(label, "", _labels(plans_with_module(name)))
        for name, label in offered_modules().items()
        if not granted.has_module(name)
    ]
    meters = [
        Locked(meter.label, "", _labels(plans_with_limit(name, Decimal(1))))
        for name, meter in sold.meters.items()
        if granted.limit(name) == 0
    ]
    return [*modules, *features, *meters]


def _labels(plans: Sequence[str]) -> list[str]:
    return [catalogue().plans[name].label for name in plans]


def support_address() -> str:
    """Where one asks for what is agreed on."""
    return settings().support_address
