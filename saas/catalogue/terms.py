"""What a catalogue holds. Every name here but Terms is a key of the file; ``docs/catalogue.md`` explains each.

Amounts are decimals in the catalogue's currency, never floats. A limit of None is unlimited. What a meter counts is in the
meter's own unit.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

UNLIMITED = "unlimited"
LARGEST = 10**15
"""More of anything than a plan can name; amounts of money end there too."""
LONGEST_TRIAL = 30
FREE_ROLES, SEATED = ("team_admin", "member", "viewer"), ("owner", "admin")
"""Roles that a plan can let people have without a seat, and those whose people always take one."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


def _amount(value: Any) -> Decimal:
    """An amount as the file writes it: a number, or a number in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError('must be an amount such as "29.99"')
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError('must be an amount such as "29.99"') from None
    if not amount.is_finite() or amount >= LARGEST:
        raise ValueError('must be an amount such as "29.99"')
    if amount < 0:
        raise ValueError("must not be below zero")
    return Decimal(f"{amount.normalize():f}")


def _limit(value: Any) -> int | None:
    if value == UNLIMITED or value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LARGEST:
        raise ValueError('must be a whole number from 0 up, or "unlimited"')
    return value


def _free_role(value: Any) -> Any:
    if value in SEATED:
        raise ValueError(
            f"cannot be free: whoever is {value} always takes a seat; choose among {', '.join(FREE_ROLES)}"
        )
    if value not in FREE_ROLES:
        raise ValueError(f"must be one of {', '.join(FREE_ROLES)}")
    return value


Amount = Annotated[Decimal, BeforeValidator(_amount)]
Limit = Annotated[int | None, BeforeValidator(_limit)]
Count = Annotated[int, Field(strict=True, ge=0, lt=LARGEST)]
FreeRole = Annotated[str, BeforeValidator(_free_role)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Kind(StrEnum):
    """How a meter counts: all that happens in a period; what stands at the moment; the most that stood in a period; what
    stood, weighed by how long (GB-months)."""

    SUM = "sum"
    COUNT = "count"
    MAXIMUM = "maximum"
    STORAGE = "storage"


class Part(BaseModel):
    """A table of the file; keys that are not known are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(Part):
    """A step of a graduated price: what each unit costs up to ``up_to`` (None: all beyond)."""

    up_to: Count | None = None
    price: Amount


class Rating(Part):
    """What use costs, in one of five ways: a ``price`` for each unit or for each begun package of ``per`` units, ``tiers``,
    ``prices`` by a dimension of the use, or ``flat`` for any use in a period."""

    price: Amount | None = None
    per: Annotated[int, Field(strict=True, ge=1, lt=LARGEST)] = 1
    tiers: tuple[Tier, ...] = ()
    prices: Mapping[Name, Amount] = {}
    flat: Amount | None = None

    @property
    def is_priced(self) -> bool:
        """Whether use costs anything."""
        return bool(self.price or self.flat or self.tiers or self.prices)

    @property
    def ways(self) -> list[str]:
        """In which ways it is priced: none or one, unless the file is wrong."""
        given = {
            "price": self.price is not None,
            "tiers": self.tiers,
            "prices": self.prices,
            "flat": self.flat is not None,
        }
        return [name for name, there in given.items() if there]


class Meter(Rating):
    """Something that is counted. ``limit`` holds in plans that do not name the meter; ``dimension`` is what prices go by;
    what is ``whole`` has no halves."""

    label: Words
    unit: Words
    units: Annotated[str, Field(max_length=200)] = ""
    kind: Kind = Kind.SUM
    dimension: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39})?$")] = ""
    limit: Limit = 0
    whole: bool = False

    @property
    def is_standing(self) -> bool:
        """Whether it counts what stands at the moment, and so never begins anew."""
        return self.kind in (Kind.COUNT, Kind.STORAGE)


class Feature(Part):
    """Something that a plan has or has not."""

    label: Words
    sentence: Annotated[str, Field(max_length=300)] = ""


class Session(Part):
    """How long a sign-in holds: without a page, and in all."""

    idle_minutes: Annotated[int, Field(strict=True, ge=5, le=43_200)] = 720
    absolute_hours: Annotated[int, Field(strict=True, ge=1, le=8760)] = 336


class Rates(Part):
    """How often an organisation may call: in an hour, in a minute for what is costly, and each person in a second."""

    per_hour: Annotated[int, Field(strict=True, ge=1, lt=LARGEST)] = 1000
    costly_per_minute: Annotated[int, Field(strict=True, ge=1, lt=LARGEST)] = 10
    per_user_second: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 10


class Plan(Part):
    """What an organisation has. ``custom`` has no price and is agreed on; a ``hidden`` one only operators give.

    People with one of the ``free_roles`` take no seat.
    ``limits`` are never passed; ``included`` is free and what goes beyond costs the meter's price, or the one in ``overage``.
    """

    label: Words
    sentence: Annotated[str, Field(max_length=300)] = ""
    month: Amount | None = None
    year: Amount | None = None
    custom: bool = False
    hidden: bool = False
    trial_days: Annotated[int, Field(strict=True, ge=0, le=LONGEST_TRIAL)] | None = None
    limits: Mapping[Name, Limit] = {}
    included: Mapping[Name, Count] = {}
    overage: Mapping[Name, Rating] = {}
    features: tuple[Name, ...] = ()
    modules: tuple[Name, ...] | None = None
    free_roles: tuple[FreeRole, ...] | None = None
    support: Annotated[str, Field(max_length=200)] = ""
    sla: Annotated[str, Field(max_length=50)] = ""
    session: Session | None = None
    audit_days: Annotated[int, Field(strict=True, ge=30, le=3653)] | None = None
    rates: Rates | None = None


class Brand(Part):
    """How the product looks until an organisation has a brand of its own."""

    primary: Colour
    accent: Colour | None = None


class Theme(Part):
    """Colours that an organisation of some industry can begin its own brand with."""

    label: Words
    primary: Colour
    accent: Colour


class Catalogue(Part):
    """All that is sold. Plans are in the order of the file; what a plan does not say, ``session``, ``audit_days``, ``rates``,
    ``trial_days``, ``free_roles`` and ``modules`` of the catalogue say. New organisations ``begin`` with a plan: the first one
    without it. Without ``modules`` every product module is offered."""

    product: Words
    sentence: Annotated[str, Field(max_length=300)] = ""
    begin: Name | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    trial_days: Annotated[int, Field(strict=True, ge=0, le=LONGEST_TRIAL)] = 14
    budget: Amount | None = None
    modules: tuple[Name, ...] | None = None
    free_roles: tuple[FreeRole, ...] = ()
    brand: Brand | None = None
    themes: Mapping[Name, Theme] = {}
    session: Session = Session()
    audit_days: Annotated[int, Field(strict=True, ge=30, le=3653)] | None = None
    rates: Rates = Rates()
    meters: Mapping[Name, Meter] = {}
    features: Mapping[Name, Feature] = {}
    plans: Annotated[Mapping[Name, Plan], Field(min_length=1)]

    @property
    def first_plan(self) -> str:
        """The plan that new organisations begin with."""
        return self.begin or next(name for name, plan in self.plans.items() if not plan.hidden and not plan.custom)

    @property
    def free_plan(self) -> str | None:
        """The plan that costs nothing and that anybody can have, if there is one."""
        free = (name for name, plan in self.plans.items() if plan.month == 0 and not plan.hidden)
        return next(free, None)

    def limit(self, plan: str, meter: str) -> int | None:
        """What a plan lets an organisation have or use of something; None when nothing bounds it."""
        return self.plans[plan].limits.get(meter, self.meters[meter].limit)

    def rating(self, plan: str, meter: str) -> Rating:
        """What use beyond the included units costs in a plan."""
        return self.plans[plan].overage.get(meter, self.meters[meter])

    def terms(self, name: str) -> "Terms":
        """All that holds in a plan, with what the catalogue says where the plan is silent."""
        plan = self.plans[name]
        ratings = {
            meter: Rating(**self.rating(name, meter).model_dump(include=set(Rating.model_fields)))
            for meter in self.meters
        }
        return Terms(
            **plan.model_dump(exclude=_LOOKED_UP),
            plan=name,
            currency=self.currency,
            limits={meter: self.limit(name, meter) for meter in self.meters},
            ratings=ratings,
            modules=self.modules if plan.modules is None else plan.modules,
            free_roles=self.free_roles if plan.free_roles is None else plan.free_roles,
            trial_days=self._trial_days(plan),
            session=plan.session or self.session,
            audit_days=plan.audit_days or self.audit_days,
            rates=plan.rates or self.rates,
        )

    def _trial_days(self, plan: Plan) -> int:
        """A plan that costs nothing is not tried first."""
        if plan.month == 0:
            return 0
        return self.trial_days if plan.trial_days is None else plan.trial_days


_LOOKED_UP = {"overage", "limits", "modules", "free_roles", "session", "audit_days", "rates", "trial_days"}
_SHOWN_ONLY = {"label", "sentence", "hidden", "support"}
_SETS = ("features", "modules", "free_roles")
_LATER = ("free_roles",)
"""What terms did not have from the beginning: it is part of a version only where it says something."""


class Terms(Part):
    """What was sold: everything that a plan says, looked up and kept for whoever has it, whatever the file says later."""

    plan: Name
    label: Words
    sentence: str = ""
    currency: str
    month: Amount | None = None
    year: Amount | None = None
    custom: bool = False
    hidden: bool = False
    trial_days: int
    limits: Mapping[Name, Limit] = {}
    included: Mapping[Name, Count] = {}
    ratings: Mapping[Name, Rating] = {}
    features: tuple[Name, ...] = ()
    modules: tuple[Name, ...] | None = None
    free_roles: tuple[FreeRole, ...] = ()
    support: str = ""
    sla: str = ""
    session: Session
    audit_days: int | None = None
    rates: Rates

    @property
    def version(self) -> str:
        """Twelve hex digits that stand for what binds in these terms: other ones, another version. Wording does not bind."""
        silent = {name for name in _LATER if not getattr(self, name)}
        binding = self.model_dump(mode="json", exclude=_SHOWN_ONLY | silent)
        binding |= {name: sorted(getattr(self, name)) for name in _SETS if getattr(self, name)}
        return sha256(dumps(binding, sort_keys=True).encode()).hexdigest()[:12]
