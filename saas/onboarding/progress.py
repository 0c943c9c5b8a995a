"""How far an organisation has come with getting started, for whoever looks at the page."""

from typing import Any

from flask import url_for

from saas.core.runtime import runtime
from saas.onboarding.operations import HIDDEN
from saas.organisations.queries import get_profile
from saas.web.plan import has_module
from saas.web.visit import current_actor


def progress() -> list[dict[str, Any]]:
    """The steps that this person may take, as items of the checklist component."""
    actor = current_actor()
    return [
        {"label": step.label, "text": step.sentence, "done": step.done(), "url": url_for(step.endpoint)}
        for step in runtime().registry.steps
        if has_module(step.module) and (step.permission is None or actor.can(step.permission))
    ]


def is_hidden() -> bool:
    """Whether an admin put the checklist away."""
    return bool(get_profile().config.get(HIDDEN))
