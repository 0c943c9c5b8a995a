"""The home's own cards: the organisation at a glance, and who signed in lately."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from saas.accounts.devices import device_of
from saas.core.clock import now
from saas.core.module import Card
from saas.core.runtime import settings
from saas.dashboard.queries import list_recent_sign_ins
from saas.organisations.module import CONFIGURE
from saas.organisations.queries import get_profile
from saas.tenancy.entitlements import entitlements
from saas.tenancy.models import Status
from saas.web.visit import current_account, current_actor, current_entry, current_policy, visit

DAY = timedelta(days=1)


def days_until(moment: datetime | None) -> int | None:
    """Days left until a moment, begun ones counted whole; 0 once it is past, None without a moment."""
    return None if moment is None else max(0, -((now() - moment) // DAY))


def glance() -> Mapping[str, Any]:
    """People, plan and standing of the organisation."""
    profile, standing = get_profile(), visit().standing
    assert standing is not None
    trial_days = days_until(standing.trial_ends_at) if standing.status == Status.TRIALING else None
    return {
        "people": profile.people,
        "plan": entitlements().terms.label,
        "status": standing.status,
        "since": profile.created_at,
        "trial_days": trial_days,
        "trial_ends_at": standing.trial_ends_at,
    }


def sign_ins() -> Mapping[str, Any]:
    """The latest sign-ins: everybody's for whoever may change the settings, else one's own."""
    everybody = current_actor().can(CONFIGURE)
    recent = list_recent_sign_ins(current_policy(), of=None if everybody else current_account().id)
    return {"everybody": everybody, "sign_ins": [(one, device_of(one.agent)) for one in recent]}


def organisation() -> Mapping[str, Any]:
    """Where people sign in and where they ask for help."""
    profile = get_profile()
    host = settings().public_url(current_entry().host, "").partition("://")[2]
    return {"host": host, "support": profile.support_address, "time_zone": profile.time_zone.replace("_", " ")}


cards = (
    Card("dashboard.glance", "dashboard/glance.html", glance, width=12, order=10),
    Card("dashboard.sign_ins", "dashboard/sign_ins.html", sign_ins, width=6, order=900),
    Card("dashboard.organisation", "dashboard/organisation.html", organisation, width=6, order=910),
)
