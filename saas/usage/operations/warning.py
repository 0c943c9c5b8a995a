"""Warnings: when a limit or the budget is nearly or wholly used up, people hear of it once in a period."""

from decimal import Decimal

from saas.core.jobs import enqueue
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import LimitReached, refused

WARN_JOB = "usage.warn"
LEVELS = (80, 100)
"""Shares of a limit, in percent, at which people are told."""


def bound_of(meter: str) -> int | None:
    """What use is measured against: the limit, else what is included; None when neither bounds it."""
    limit = entitlements().limit(meter)
    return limit if limit is not None else entitlements().included(meter) or None


def level_of(used: Decimal, bound: Decimal | int | None, levels: tuple[int, ...] = LEVELS) -> int:
    """The highest level that has been reached, 0 when none was."""
    if not bound:
        return 0
    return max((level for level in levels if used * 100 >= bound * level), default=0)


def note_level(meter: str, *, before: Decimal, after: Decimal) -> None:
    """Have people warned with the commit if this very use reached a level."""
    bound = bound_of(meter)
    if (level := level_of(after, bound)) > level_of(before, bound):
        ask_to_warn(meter, level)


def ask_to_warn(meter: str, level: int) -> None:
    """Have people warned with the commit; of many who ask for the same one is heard."""
    enqueue(WARN_JOB, once=f"{WARN_JOB} {meter} {level}", meter=meter, level=level)


@refused.connect
def _note_refusal(error: LimitReached) -> None:
    """Who is refused may never have reached the limit itself: 95 of 100 are used, and 10 were wanted."""
    if error.limit:
        ask_to_warn(error.meter, 100)
