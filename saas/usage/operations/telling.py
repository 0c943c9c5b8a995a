"""Telling people that a limit or the budget is used up so far: once a month and level, by mail, banner and log."""

from collections.abc import Sequence
from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.catalogue.words import amount_of, label_of_meter, money
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.members.queries.audience import list_holders
from saas.tenancy.config import keep
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import lock_meter, plans_with_limit
from saas.tenancy.standing import forget_standing, get_standing
from saas.usage.budget import THRESHOLDS, get_budget
from saas.usage.emails import Warned, send_warning
from saas.usage.module import BUDGET_NEAR, BUDGET_SPENT, COSTS, LIMIT_NEAR, LIMIT_REACHED
from saas.usage.operations.budgets import BUDGET_METER
from saas.usage.operations.warning import bound_of, level_of
from saas.usage.periods import period_of
from saas.usage.queries import ALERTS, Figure, get_figure, get_figures, spent_in

WATCH = Actor("job", "Watch over limits")
ALL = 100


def tell_level(meter: str, level: int) -> bool:
    """Tell of a level, unless people know of it or a higher one this month; whether they were told now.

    What is told of something that stands is good until there is less of it. The alerts that are kept serve the banner too; those
    of former months are forgotten on the way.
    """
    lock_meter(ALERTS)
    forget_standing()
    month = period_of(now()).key.isoformat()
    known = {name: one for name, one in get_standing().config.get(ALERTS, {}).items() if one["period"] in (month, "")}
    if known.get(meter, {"level": 0})["level"] >= level:
        return False
    sold = catalogue().meters.get(meter)
    keep({ALERTS: {**known, meter: {"level": level, "period": "" if sold and sold.is_standing else month}}})
    _tell(meter, level, _budget() if meter == BUDGET_METER else _meter(meter))
    return True


def _tell(meter: str, level: int, warned: Warned) -> None:
    is_budget = meter == BUDGET_METER
    near, reached = (BUDGET_NEAR, BUDGET_SPENT) if is_budget else (LIMIT_NEAR, LIMIT_REACHED)
    target = Target("budget" if is_budget else "meter", meter, warned.label)
    record(near if level < ALL else reached, actor=WATCH, target=target, level=level, used=warned.used)
    for reader in list_holders(COSTS):
        send_warning(reader.email, warned, level=level, budget=is_budget)


def _meter(meter: str) -> Warned:
    figure = get_figure(meter)
    plans = plans_with_limit(meter, figure.used + 1)
    return Warned(label_of_meter(meter), amount_of(meter, figure.used), amount_of(meter, bound_of(meter)), plans)


def _budget() -> Warned:
    currency, amount = entitlements().terms.currency, get_budget().amount or Decimal(0)
    spent = spent_in(period_of(now()))
    return Warned("Monthly budget", money(spent, currency=currency), money(amount, currency=currency))


def tell_of_all() -> int:
    """Tell of every level of which people do not know: those that nobody's use reaches (people, teams), and those that
    slipped through when several uses came at the same moment. Returns of how many."""
    figures = get_figures()
    _forget_what_fell(figures)
    levels = {figure.meter: level_of(figure.used, figure.bound) for figure in figures}
    levels[BUDGET_METER] = level_of(spent_in(period_of(now())), get_budget().amount, THRESHOLDS)
    return sum(tell_level(meter, level) for meter, level in levels.items() if level)


def _forget_what_fell(figures: Sequence[Figure]) -> None:
    """Of things that stand, forget the alert once there are fewer of them again."""
    known = get_standing().config.get(ALERTS, {})
    standing = {figure.meter: level_of(figure.used, figure.bound) for figure in figures if figure.standing}
    kept = {name: one for name, one in known.items() if standing.get(name, ALL) >= one["level"]}
    if kept != known:
        keep({ALERTS: kept})
