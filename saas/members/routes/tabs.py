"""The pages about people, as tabs: those that are there and that this actor may open."""

from flask import current_app, url_for

from saas.core.module import Permission
from saas.members.module import INVITE, VIEW
from saas.web.visit import current_actor

_PAGES: dict[str, tuple[str, Permission]] = {
    "members.index": ("People", VIEW),
    "roles.index": ("Roles", VIEW),
    "invitations.index": ("Invitations", INVITE),
    "joining.index": ("Requests", INVITE),
    "ownership.index": ("Ownership", VIEW),
}


def people_tabs(here: str) -> list[dict[str, object]]:
    """The tabs; ``here`` is an endpoint."""
    return [
        {"label": label, "url": url_for(endpoint), "active": endpoint == here}
        for endpoint, (label, permission) in _PAGES.items()
        if is_there(endpoint) and current_actor().can_somewhere(permission)
    ]


def is_there(endpoint: str) -> bool:
    """Whether this deployment has a page."""
    return endpoint in current_app.view_functions
