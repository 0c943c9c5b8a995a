"""The menu: drawn from what the features declare, for whoever looks."""

from dataclasses import dataclass
from itertools import groupby

from flask import request, url_for

from saas.core.module import NavItem
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
    actor = current_actor()
    items = [item for item in runtime().registry.navigation if item.permission is None or actor.can(item.permission)]
    return [
        (section or None, [_entry(item, url_for(item.endpoint)) for item in group])
        for section, group in groupby(items, key=lambda item: item.section)
    ]


def _entry(item: NavItem, url: str) -> Entry:
    """The pages below an entry's own are its too; the home has none below it."""
    return Entry(item.label, url, item.icon, request.path == url or (url != "/" and request.path.startswith(f"{url}/")))
