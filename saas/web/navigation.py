"""The menu: drawn from what the features declare, for whoever looks."""

from dataclasses import dataclass
from itertools import groupby

from flask import request, url_for

from saas.core.module import NavItem
from saas.core.runtime import runtime
from saas.web.plan import has_module, is_in_plan
from saas.web.visit import current_actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    label: str
    url: str
    icon: str
    active: bool
    badge: str | None = None
    locked: bool = False


def menu() -> list[tuple[str | None, list[Entry]]]:
    """Sections with the entries that this actor may open, in the declared order."""
    actor = current_actor()
    items = [item for item in runtime().registry.navigation if has_module(item.module)]
    items = [item for item in items if item.permission is None or actor.can(item.permission)]
    urls = {item.endpoint: url_for(item.endpoint) for item in items}
    here = max(filter(_is_above, urls.values()), key=len, default="")
    return [
        (section or None, [_entry(item, urls[item.endpoint], here) for item in group])
        for section, group in groupby(items, key=lambda item: item.section)
    ]


def _is_above(url: str) -> bool:
    """Whether this page is an entry's own, or below it; the home has none below it."""
    return request.path == url or (url != "/" and request.path.startswith(f"{url}/"))


def _entry(item: NavItem, url: str, here: str) -> Entry:
    """A page belongs to the entry that is next above it."""
    count = runtime().registry.badges.get(item.endpoint)
    waiting = count() if count else 0
    locked = not is_in_plan(item.feature)
    return Entry(item.label, url, item.icon, url == here, str(waiting) if waiting else None, locked)
