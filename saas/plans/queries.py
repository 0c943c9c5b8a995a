"""Reads about plans."""

from datetime import datetime

from saas.core.database import db
from saas.tenancy.models import PlanVersion
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import get_standing


def terms_since() -> datetime | None:
    """When the terms that the organisation in scope has were sold first; None where nothing is written down."""
    version = get_standing().plan_version
    with platform_rights():
        stored = db.session.get(PlanVersion, version) if version else None
        return stored.first_sold_at if stored else None
