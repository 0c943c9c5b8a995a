"""Reads about plans."""

from datetime import datetime
from decimal import Decimal

from saas.catalogue.terms import Terms
from saas.core.database import db
from saas.members.queries.seats import PEOPLE, count_seated
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import PlanVersion
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import get_standing
from saas.usage.queries import Figure


def used_under(terms: Terms, figure: Figure) -> Decimal:
    """How much of a meter would be in use under other terms: with other free roles, other people take seats."""
    if figure.meter != PEOPLE or set(terms.free_roles) == set(entitlements().terms.free_roles):
        return figure.used
    return Decimal(count_seated(terms.free_roles))


def terms_since() -> datetime | None:
    """When the terms that the organisation in scope has were sold first; None where nothing is written down."""
    version = get_standing().plan_version
    with platform_rights():
        stored = db.session.get(PlanVersion, version) if version else None
        return stored.first_sold_at if stored else None
