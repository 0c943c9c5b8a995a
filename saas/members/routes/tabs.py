"""The pages about people, as tabs: those that are there and that this actor may open."""

from flask import current_app, url_for

from saas.core.module import Permission
from saas.members.module import INVITE, VIEW
from saas.members.queries.joining import count_waiting
from saas.web.visit import current_actor

_PAGES: dict[str, tuple[str, Permission]] = {
    "members.index": ("People", VIEW),
    "roles.index": ("Roles", VIEW),
    "invitations.index": ("Invitations", INVITE),
    "joining.index": ("Requests", INVITE),
    "ownership.index": ("Ownership", VIEW),
}


def people_tabs(here: str) -> list[dict[str, object]]:
    """The tabs, that of requests with how many wait; ``here`` is an endpoint. Who invites into teams only decides no requests."""
    actor = current_actor()
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "active": endpoint == here,
            "count": (count_waiting() or None) if endpoint == "joining.index" else None,
        }
        for endpoint, (label, permission) in _PAGES.items()
        if is_there(endpoint)
        and (actor.can(permission) if endpoint == "joining.index" else actor.can_somewhere(permission))
    ]


def is_there(endpoint: str) -> bool:
    """Whether this deployment has a page."""
    return endpoint in current_app.view_functions
