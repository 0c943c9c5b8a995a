"""An organisation's home."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from saas.core.clock import now
from saas.core.runtime import settings
from saas.organisations.queries import get_profile
from saas.web.access import signed_in
from saas.web.cards import filled_cards
from saas.web.visit import current_account, current_entry, visit

bp = Blueprint("dashboard", __name__, subdomain="tenant")
blueprints = (bp,)
NEW = timedelta(hours=1)


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """The home: a greeting and the cards of all features."""
    standing, profile, account = visit().standing, get_profile(), current_account()
    assert standing is not None
    is_new = account.role == "owner" and now() - profile.created_at < NEW
    return render_template(
        "dashboard/index.html",
        greeting="Welcome" if is_new else greeting(now().astimezone(ZoneInfo(current_entry().time_zone)).hour),
        is_new=is_new,
        cards=filled_cards(),
        removed_on=None if standing.verified else profile.created_at + timedelta(days=settings().unverified_days),
    )


def greeting(hour: int) -> str:
    """What one says at this hour of the day."""
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"
