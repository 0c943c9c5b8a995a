"""What people see of people on their home and in the menu: an offered ownership, inviting as a step, who wants to join."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Role, Step
from saas.members.module import INVITE
from saas.members.queries.glance import get_glance
from saas.members.queries.ownership import offer_to
from saas.web.visit import current_account, current_actor


def offered() -> Mapping[str, Any] | None:
    """The offer that whoever looks can accept; owners are not asked about."""
    if current_account().role == Role.OWNER:
        return None
    offer = offer_to(current_account().id)
    return {"offer": offer} if offer else None


def waiting() -> int:
    """How many people whoever looks could let in."""
    return get_glance().waiting if current_actor().can(INVITE) else 0


def has_company() -> bool:
    """Whether somebody besides the first person is here or was invited."""
    glance = get_glance()
    return glance.people > 1 or glance.invited


cards = (Card("members.ownership", "members/ownership/card.html", offered, width=12, order=-10),)
steps = (
    Step(
        "members.invite",
        label="Invite your colleagues",
        sentence="Paste their addresses, choose a role, and each gets a link by mail.",
        endpoint="invitations.new",
        done=has_company,
        permission=INVITE,
        order=30,
    ),
)
badges = {"members.index": waiting}
