"""Giving plans to tenants, and more or less than their plan says; in the platform's scope."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from saas.catalogue.current import catalogue
from saas.catalogue.terms import LARGEST, Terms
from saas.core.actor import Actor
from saas.core.audit import changes_of
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.tenancy.entitlements import Overrides, terms_of
from saas.tenancy.models import PlanVersion, Tenant
from saas.tenancy.module import OVERRIDES_CHANGED, PLAN_CHANGED
from saas.tenancy.recording import record_about


def check_plan(name: str) -> str:
    """The name of a plan that is sold; raises Invalid."""
    plans = catalogue().plans
    if name not in plans:
        raise Invalid(f"There is no plan “{name}”. Choose one of: {', '.join(plans)}.", field="plan")
    return name


def is_open(name: str) -> bool:
    """Whether anybody can begin with a plan: it is sold, to all, for a price that is known, and costs nothing or is tried first."""
    plan = catalogue().plans.get(name)
    if plan is None or plan.hidden or plan.custom:
        return False
    return plan.month == 0 or trial_of(catalogue().terms(name)) is not None


def trial_of(terms: Terms) -> timedelta | None:
    """How long a plan is tried before it is paid for; None where there is nothing to try."""
    days = terms.trial_days if settings().default_trial_days is None else settings().default_trial_days
    return timedelta(days=days) if days and terms.month != 0 else None


def keep_terms(terms: Terms) -> str:
    """Store terms as they are sold, once; returns their version."""
    values = {"version": terms.version, "plan": terms.plan, "terms": terms.model_dump(mode="json")}
    db.session.execute(insert(PlanVersion).values(values).on_conflict_do_nothing())
    return terms.version


def give_plan(tenant: Tenant, plan: str, *, actor: Actor) -> bool:
    """Put a tenant on a plan as it is sold now; False when it has these very terms already. Raises Invalid.

    Nothing that it has is taken away: what is beyond a limit stays, and nothing is added until it fits.
    """
    return give_terms(tenant, check_plan(plan), "", actor=actor)


def give_terms(tenant: Tenant, plan: str, version: str, *, actor: Actor) -> bool:
    """Put a tenant on a plan in a version that was sold, also one that is sold no more; without one, as it is sold now."""
    terms = terms_of(plan, version)
    db.session.refresh(tenant, ["plan", "plan_version"], with_for_update=True)
    before = {"plan": tenant.plan, "version": tenant.plan_version}
    changes = changes_of(before, {"plan": terms.plan, "version": keep_terms(terms)})
    if not changes:
        return False
    tenant.plan, tenant.plan_version = terms.plan, terms.version
    record_about(tenant, PLAN_CHANGED, actor=actor, changes=changes)
    return True


def set_overrides(
    tenant: Tenant,
    *,
    limits: Mapping[str, int | str | None] | None = None,
    features: Mapping[str, bool | None] | None = None,
    audit_days: int | None = None,
    actor: Actor,
) -> bool:
    """Give a tenant more or less than its plan says; False when it is so already. Raises Invalid.

    In ``limits`` a number bounds, “unlimited” lifts the bound, None leaves it to the plan again; so does None in ``features``.
    """
    db.session.refresh(tenant, ["overrides"], with_for_update=True)
    before = Overrides.read(tenant.overrides)
    after = replace(
        before,
        limits=_merged(before.limits, {name: _bound(name, value) for name, value in (limits or {}).items()}),
        features=_merged(before.features, {name: _flag(name, value) for name, value in (features or {}).items()}),
        audit_days=before.audit_days if audit_days is None else audit_days,
    )
    changes = changes_of(_told(before), dict.fromkeys(_told(before)) | _told(after))
    if not changes:
        return False
    tenant.overrides = after.stored()
    record_about(tenant, OVERRIDES_CHANGED, actor=actor, changes=changes)
    return True


_PLAN = object()
"""Stands for a value that the plan gives again."""


def _bound(meter: str, value: int | str | None) -> Any:
    if meter not in catalogue().meters:
        known = ", ".join(catalogue().meters)
        raise Invalid(f"There is no meter “{meter}”. Choose one of: {known}.", field="meter")
    if value is None:
        return _PLAN
    if value == "unlimited":
        return None
    if not isinstance(value, int) or not 0 <= value < LARGEST:
        raise Invalid("Give a whole number from 0 up, “unlimited” or “plan”.", field="limit")
    return value


def _flag(feature: str, value: bool | None) -> Any:
    if feature not in catalogue().features:
        known = ", ".join(catalogue().features)
        raise Invalid(f"There is no feature “{feature}”. Choose one of: {known}.", field="feature")
    return _PLAN if value is None else value


def _merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**before, **given}.items() if value is not _PLAN}


def _told(overrides: Overrides) -> dict[str, object]:
    limits = {f"limit {name}": "unlimited" if one is None else one for name, one in overrides.limits.items()}
    return {**limits, **{f"feature {name}": one for name, one in overrides.features.items()}, **_days(overrides)}


def _days(overrides: Overrides) -> dict[str, object]:
    return {"audit_days": overrides.audit_days} if overrides.audit_days else {}


def settle_versions() -> int:
    """Write down for each tenant that has none which terms it has: those of its plan today. Returns for how many."""
    settled = 0
    plans = db.session.scalars(select(Tenant.plan).where(Tenant.plan_version == "").distinct()).all()
    for plan in plans:
        terms = terms_of(plan, "")
        values = {"plan": terms.plan, "plan_version": keep_terms(terms), "updated_at": now()}
        change = update(Tenant).where(Tenant.plan == plan, Tenant.plan_version == "").values(values)
        found = db.session.scalars(change.returning(Tenant.id).execution_options(synchronize_session=False)).all()
        settled += len(found)
    return settled
