"""The card “Getting started” and the steps that belong to no other feature."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Step
from saas.onboarding.progress import is_hidden, progress
from saas.organisations.module import CONFIGURE
from saas.organisations.operations import DETAILS
from saas.organisations.queries import get_profile
from saas.web.visit import current_account


def getting_started() -> Mapping[str, Any] | None:
    """What is done and what is left; nothing once all is done or an admin put it away."""
    if is_hidden():
        return None
    items = progress()
    return {"items": items} if any(not item["done"] for item in items) else None


cards = (
    Card(
        "onboarding.getting_started", "onboarding/getting_started.html", getting_started, CONFIGURE, width=12, order=0
    ),
)
steps = (
    Step(
        "onboarding.verify",
        label="Verify your e-mail address",
        sentence="Open the link that we sent you, so that we know how to reach you.",
        endpoint="accounts.profile",
        done=lambda: current_account().verified,
        order=10,
        personal=True,
    ),
    Step(
        "onboarding.details",
        label="Complete your organisation's details",
        sentence="Choose the time zone you work in and where your people ask for help.",
        endpoint="organisations.settings",
        done=lambda: bool(get_profile().config.get(DETAILS)),
        permission=CONFIGURE,
        order=20,
    ),
)
