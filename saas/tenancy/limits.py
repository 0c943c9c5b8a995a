"""What a plan refuses: more than its limit of something, and features that it does not hold.

Things that stand (people, teams, workflows) are counted where they stand: ``hold`` locks, counts and refuses. What is used
up in a period is counted by ``saas.usage``, which refuses with the same error.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from blinker import Signal
from sqlalchemy import text

from saas.catalogue.current import catalogue
from saas.catalogue.words import amount_of, in_a_sentence, label_of_meter
from saas.core.database import db
from saas.core.errors import Conflict, DomainError
from saas.core.scope import current_scope
from saas.tenancy.entitlements import entitlements

refused = Signal()
"""Sent with a LimitReached, in a transaction of its own after the one that was refused."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class LimitReached(Conflict):
    """The plan bounds this, and the bound is reached. ``plans`` are those that would lift it, by name; amounts in the
    meter's unit; ``resets_at`` (UTC) is when a new period begins, None for what stands."""

    status, kind = 402, "limit_reached"

    def __init__(
        self,
        meter: str,
        *,
        limit: int,
        used: Decimal | int,
        wanted: Decimal | int = 1,
        resets_at: datetime | None = None,
        message: str = "",
    ) -> None:
        self.meter, self.limit, self.used, self.wanted, self.resets_at = meter, limit, used, wanted, resets_at
        self.plans = plans_with_limit(meter, Decimal(used) + Decimal(wanted))
        super().__init__(f"{message or self._sentence()}{_way_out(self.plans, 'more' if limit else 'some')}")

    def _sentence(self) -> str:
        has = f"Your plan has {amount_of(self.meter, self.limit)}{' a month' if self.resets_at else ''}"
        if not self.limit:
            has = f"Your plan has no {in_a_sentence(label_of_meter(self.meter))}"
        said = f"{has}; {amount_of(self.meter, self.used)} {'is' if self.used == 1 else 'are'} in use."
        if self.wanted != 1:
            said = f"{said} This needs {amount_of(self.meter, self.wanted)} more."
        return said


class FeatureLocked(DomainError):
    """The plan does not hold a feature; ``plans`` are those that do, by name."""

    status, kind = 402, "feature_locked"

    def __init__(self, feature: str) -> None:
        self.feature, self.plans = feature, plans_with_feature(feature)
        known = catalogue().features.get(feature)
        self.label = known.label if known else feature.replace("_", " ").capitalize()
        super().__init__(f"“{self.label}” is not in your plan.{_way_out(self.plans)}")


class ModuleLocked(DomainError):
    """The organisation does not work with a product module; ``switched_off`` when its own admins decided so."""

    status, kind = 402, "module_locked"

    def __init__(self, module: str, *, switched_off: bool) -> None:
        self.module, self.switched_off = module, switched_off
        self.plans = [] if switched_off else plans_with_module(module)
        why = "is switched off in this organisation." if switched_off else "is not in your plan."
        super().__init__(f"“{module.replace('_', ' ').capitalize()}” {why}{_way_out(self.plans)}")


def _way_out(plans: list[str], what: str = "it") -> str:
    if not plans:
        return ""
    labels = [catalogue().plans[name].label for name in plans]
    return (
        f" {labels[0]} has {what}." if len(labels) == 1 else f" {', '.join(labels[:-1])} and {labels[-1]} have {what}."
    )


def plans_with_limit(meter: str, wanted: Decimal) -> list[str]:
    """Plans that anybody can have and that let so much of something stand or be used; not the present one.

    None where the limit was agreed on with this organisation: it holds in every plan.
    """
    sold, granted = catalogue(), entitlements()
    if meter not in sold.meters or meter in granted.overrides.limits:
        return []
    limits = {name: sold.limit(name, meter) for name in _offered()}
    return [name for name, limit in limits.items() if limit is None or limit >= wanted]


def plans_with_feature(feature: str) -> list[str]:
    """Plans that anybody can have and that hold a feature; not the present one."""
    return [name for name in _offered() if feature in catalogue().plans[name].features]


def plans_with_module(module: str) -> list[str]:
    """Plans that anybody can have and that hold a product module; not the present one."""
    return [name for name in _offered() if module in (catalogue().terms(name).modules or (module,))]


def _offered() -> list[str]:
    present = entitlements().terms.plan
    return [name for name, plan in catalogue().plans.items() if not plan.hidden and name != present]


def require_feature(feature: str) -> None:
    """Raise FeatureLocked unless the tenant in scope has a feature."""
    if not entitlements().allows(feature):
        raise FeatureLocked(feature)


def hold(meter: str, count: Callable[[], int], *, more: int = 1) -> None:
    """Make sure that so many more of something that stands fit into the plan; raises LimitReached.

    ``count`` tells how many there are. Whoever adds some at the same time waits until this transaction ends, so that of
    many who want the last place one gets it: do slow work before, and lock rows after it.
    """
    limit = entitlements().limit(meter)
    if limit is None:
        return
    lock_meter(meter)
    if (used := count()) + more > limit:
        raise LimitReached(meter, limit=limit, used=used, wanted=more)


def lock_meter(meter: str) -> None:
    """Let nobody else of this organisation add what a meter counts until the transaction ends."""
    db.session.execute(_LOCK, {"name": f"{meter} {current_scope().place.schema}"})
