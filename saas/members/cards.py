"""What people see of people on their home: that the ownership is offered to them."""

from collections.abc import Mapping
from typing import Any

from saas.core.module import Card, Role
from saas.members.queries.ownership import offer_to
from saas.web.visit import current_account


def offered() -> Mapping[str, Any] | None:
    """The offer that whoever looks can accept; owners are not asked about."""
    if current_account().role == Role.OWNER:
        return None
    offer = offer_to(current_account().id)
    return {"offer": offer} if offer else None


cards = (Card("members.ownership", "members/ownership/card.html", offered, width=12, order=-10),)
