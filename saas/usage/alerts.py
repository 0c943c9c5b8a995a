"""What people should know on every page: a limit that is near or reached, a budget that is spent, a trial that ends.

The organisation's standing, which every request knows, says of which levels people were warned. Only where one of them is
near is it asked how things stand now, so that a page of everybody else costs nothing more.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from saas.core.clock import now
from saas.core.marks import mark_of
from saas.tenancy.models import Status
from saas.tenancy.standing import SUBSCRIBED, Standing
from saas.usage.budget import get_budget
from saas.usage.levels import get_levels
from saas.usage.operations.budgets import BUDGET_METER
from saas.usage.operations.warning import LEVELS, level_of
from saas.usage.periods import period_of
from saas.usage.queries import ALERTS, spent_in

TRIAL_NEAR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something near or ``reached``. ``kind`` is “meter”, “budget”, “trial” or “due”; ``at`` is when a trial ends (UTC), ``why``
    tells what is due.

    ``used`` and ``bound`` are in the meter's unit, or sums of money; ``limited`` says that the bound is never passed.
    """

    kind: str
    reached: bool
    meter: str = ""
    used: Decimal = Decimal(0)
    bound: Decimal = Decimal(0)
    limited: bool = True
    at: datetime | None = None
    why: str = ""

    @property
    def what(self) -> tuple[object, ...]:
        """What it is about: the same while nothing new is to be told."""
        return self.kind, self.meter, self.reached, self.at, self.why


def list_alerts(standing: Standing) -> list[Alert]:
    """What there is to tell the tenant in scope, the most pressing first."""
    found = [*_of_trial(standing), *_of_use(standing)]
    return sorted(found, key=lambda alert: not alert.reached)


def version_of(alerts: Collection[Alert]) -> str:
    """What differs as soon as there is something new to tell, and in each period."""
    return mark_of(period_of(now()).key, [alert.what for alert in alerts])


def _of_trial(standing: Standing) -> Iterator[Alert]:
    ends = standing.trial_ends_at
    if standing.status == Status.TRIALING and ends is not None and ends <= now() + TRIAL_NEAR:
        yield Alert("trial", ends <= now(), at=ends)
    if standing.status == Status.PAST_DUE and not standing.config.get(SUBSCRIBED):
        yield Alert("due", True, why=standing.reason)


def _of_use(standing: Standing) -> Iterator[Alert]:
    warned = [meter for meter, told in standing.config.get(ALERTS, {}).items() if _counts(told)]
    if BUDGET_METER in warned:
        yield from _of_budget()
    meters = [meter for meter in warned if meter != BUDGET_METER]
    for level in get_levels(meters) if meters else ():
        if level.bound is not None and (reached := level_of(level.used, level.bound)):
            limited = level.limit is not None
            yield Alert("meter", reached >= LEVELS[-1], level.meter, level.used, Decimal(level.bound), limited)


def _counts(told: Mapping[str, Any]) -> bool:
    """Whether a warning is still about the present: what stands has no period."""
    return told["level"] >= LEVELS[0] and told["period"] in ("", period_of(now()).key.isoformat())


def _of_budget() -> Iterator[Alert]:
    budget = get_budget()
    if budget.amount is None:
        return
    spent = spent_in(period_of(now()))
    if spent >= budget.amount:
        yield Alert("budget", True, used=spent, bound=budget.amount, limited=budget.stop)
