"""Asking whether there is room for more, before work begins that will use it."""

from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.tenancy.limits import LimitReached
from saas.usage.queries import check_limit


def require_room(meter: str, quantity: Decimal | int = 1) -> None:
    """Raise LimitReached when so much more would be beyond the limit now. Nothing is reserved: ``consume`` decides later.

    Of a meter that this deployment does not sell there is always room.
    """
    if meter not in catalogue().meters:
        return
    answer = check_limit(meter, quantity)
    if answer.allowed or answer.limit is None:
        return
    raise LimitReached(meter, limit=answer.limit, used=answer.usage, wanted=quantity, resets_at=answer.resets_at)
