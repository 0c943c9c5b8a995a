"""The menu: drawn from what the features declare, for whoever looks."""

from dataclasses import dataclass
from itertools import groupby

from flask import request, url_for

from saas.core.runtime import runtime
from saas.web.visit import current_actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    label: str
    url: str
    icon: str
    active: bool
    badge: str | None = None


def menu() -> list[tuple[str | None, list[Entry]]]:
    """Sections with the entries that this actor may open, in the declared order."""
    actor, here = current_actor(), request.blueprint
    items = [item for item in runtime().registry.navigation if item.permission is None or actor.can(item.permission)]
    items.sort(key=lambda item: (item.section != "", item.order))
    return [
        (section or None, [Entry(i.label, url_for(i.endpoint), i.icon, _is_here(i.endpoint, here)) for i in group])
        for section, group in groupby(items, key=lambda item: item.section)
    ]


def _is_here(endpoint: str, blueprint: str | None) -> bool:
    return endpoint == request.endpoint or (endpoint.partition(".")[0] == blueprint and endpoint.endswith(".index"))
