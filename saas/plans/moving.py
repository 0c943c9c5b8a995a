"""Moving subscribers from the terms that they bought to those that are sold now, in the platform's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from saas.catalogue.current import catalogue
from saas.catalogue.words import amount_of
from saas.core.database import db
from saas.plans.queries import used_under
from saas.tenancy.models import PlanVersion, Status, Tenant
from saas.tenancy.scope import inside
from saas.usage.queries import get_figures

GONE = (Status.CANCELLED, Status.DELETING)


@dataclass(frozen=True, slots=True)
class Sold:
    """A version of a plan: since when it is sold, how many organisations have it, and whether it is what is sold now."""

    plan: str
    version: str
    since: datetime
    organisations: int
    current: bool


def list_sold() -> Sequence[Sold]:
    """Every version that was sold, by plan and age."""
    having = select(func.count()).select_from(Tenant).where(Tenant.plan_version == PlanVersion.version)
    query = select(PlanVersion, having.where(Tenant.status.not_in(GONE)).scalar_subquery())
    now_sold = {catalogue().terms(name).version for name in catalogue().plans}
    found = db.session.execute(query.order_by(PlanVersion.plan, PlanVersion.first_sold_at))
    return [Sold(v.plan, v.version, v.first_sold_at, number, v.version in now_sold) for v, number in found]


def list_behind(plan: str, *, version: str = "", organisation: str = "") -> Sequence[Tenant]:
    """Organisations that have other terms of a plan than those sold now; of one version or one organisation only."""
    query = select(Tenant).where(Tenant.plan == plan, Tenant.plan_version != catalogue().terms(plan).version)
    query = query.where(Tenant.status.not_in(GONE)).order_by(Tenant.key)
    if version:
        query = query.where(Tenant.plan_version == version)
    return db.session.scalars(query.where(Tenant.key == organisation) if organisation else query).all()


def beyond(tenant: Tenant, plan: str) -> list[str]:
    """What a tenant has or used this month that a plan as sold now would not allow; in words, nothing of it is taken away."""
    terms, given = catalogue().terms(plan), tenant.overrides.get("limits", {})
    told = []
    with inside(tenant):
        for figure in get_figures():
            limit = given.get(figure.meter, terms.limits[figure.meter])
            used = used_under(terms, figure)
            if limit is not None and used > limit:
                told.append(f"{figure.about.label}: {amount_of(figure.meter, used)}, then {limit}")
    return told
