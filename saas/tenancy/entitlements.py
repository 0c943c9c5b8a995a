"""Entitlements: what the organisation in scope may use. Its plan as it was sold, what operators gave it beside that, its standing.

``entitlements()`` is the one door: pages, operations, jobs and the API ask it and nothing else.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Rating, Terms
from saas.core.database import db
from saas.core.scope import current_scope
from saas.tenancy.models import PlanVersion
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import Standing, get_standing

MODULES_OFF = "modules_off"
"""The key in an organisation's config that lists the product modules which its admins switched off."""

_terms: dict[str, Terms] = {}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an organisation has besides its plan: it stands above what the plan says. A limit of None is unlimited."""

    limits: Mapping[str, int | None] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)
    audit_days: int | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Overrides":
        """As stored; what is unknown is left out."""
        return cls(stored.get("limits", {}), stored.get("features", {}), stored.get("audit_days"))

    def stored(self) -> dict[str, Any]:
        """What is kept of it: only what is set."""
        values = {"limits": dict(self.limits), "features": dict(self.features), "audit_days": self.audit_days}
        return {name: value for name, value in values.items() if value not in ({}, None)}


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What one organisation may use. ``in_service`` is False while it is suspended or closed: then it has no feature (its pages are
    closed, its jobs wait)."""

    terms: Terms
    overrides: Overrides
    in_service: bool
    modules_off: frozenset[str] = frozenset()

    def allows(self, feature: str) -> bool:
        """Whether the organisation has a feature. One that the catalogue does not know is nobody's to sell: everybody has it."""
        return self.in_service and self.holds(feature)

    def holds(self, feature: str) -> bool:
        """The same, whether the organisation is in service or not."""
        if (given := self.overrides.features.get(feature)) is not None:
            return given
        return feature in self.terms.features or feature not in catalogue().features

    def limit(self, meter: str) -> int | None:
        """How much of something there may be or be used, in the meter's unit; None when nothing bounds it.

        A meter that the terms do not name is as the plan says today; one that the catalogue does not know is not limited.
        """
        for limits in (self.overrides.limits, self.terms.limits):
            if meter in limits:
                return limits[meter]
        sold = catalogue()
        if meter not in sold.meters:
            return None
        return sold.limit(self.terms.plan, meter) if self.terms.plan in sold.plans else sold.meters[meter].limit

    def included(self, meter: str) -> int:
        """How many units of a period cost nothing."""
        return self.terms.included.get(meter, 0)

    def rating(self, meter: str) -> Rating:
        """What units beyond those cost; nothing for a meter that was not sold."""
        return self.terms.ratings.get(meter) or _FREE

    def has_module(self, name: str) -> bool:
        """Whether the plan holds a product module."""
        return self.terms.modules is None or name in self.terms.modules

    def uses_module(self, name: str) -> bool:
        """Whether the organisation works with a product module: its plan holds it and its admins did not switch it off."""
        return self.has_module(name) and name not in self.modules_off

    @property
    def audit_days(self) -> int | None:
        """For how many days the log is kept; None: as the settings say."""
        return self.overrides.audit_days or self.terms.audit_days


_FREE = Rating()


def entitlements() -> Entitlements:
    """What the tenant in scope may use; raises NoScope in the platform's scope. No query where its standing is known."""
    known = db.session().info
    standing = get_standing()
    if known.get("entitlements", (None, None))[0] is not standing:
        known["entitlements"] = (standing, entitlements_of(standing))
    found: Entitlements = known["entitlements"][1]
    return found


def entitlements_of(standing: Standing) -> Entitlements:
    """What a tenant of this standing may use."""
    return Entitlements(
        terms_of(standing.plan, standing.plan_version),
        Overrides.read(standing.overrides),
        standing.in_service,
        frozenset(standing.config.get(MODULES_OFF, ())),
    )


def terms_of(plan: str, version: str) -> Terms:
    """The terms of a version, remembered for ever: they never change. Without one (or with an unknown one) those of the plan
    today; a plan that is sold no more counts as the first one."""
    if version and version not in _terms:
        _remember(version)
    if version in _terms:
        return _terms[version]
    sold = catalogue()
    return sold.terms(plan if plan in sold.plans else sold.first_plan)


def _remember(version: str) -> None:
    with platform_rights() if current_scope().place.schema else nullcontext():
        stored = db.session.get(PlanVersion, version)
    if stored is not None:
        _terms[version] = Terms.model_validate(stored.terms)
