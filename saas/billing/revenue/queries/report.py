"""The report of a month: the months before it, and what holds at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from saas.billing.revenue.flows import TRAILING, Flow, LifetimeValue, lifetime_value
from saas.billing.revenue.queries.ledger import (
    Ledger,
    Part,
    ScheduledLoss,
    list_flows_and_whole,
    list_parts,
    list_scheduled_losses,
)
from saas.core.clock import now


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC, by its first moment, and what moved in it."""

    start: datetime
    flow: Flow


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a month in one currency. ``months`` end with it, ``whole`` is all of them as one period. ``losses`` are told
    of a month that is not over only."""

    currency: str
    months: Sequence[Month]
    whole: Flow
    value: LifetimeValue | None
    margin: Fraction
    parts: Sequence[Part]
    losses: Sequence[ScheduledLoss]
    so_far: bool

    @property
    def month(self) -> Month:
        """The month that is reported."""
        return self.months[-1]


def get_report(ledger: Ledger, month: datetime, *, months: int, margin: Fraction) -> Report:
    """The report of the month that begins at a moment, with at most so many months in all: none before the ledger begins.

    ``margin`` is the part of revenue that is left after what serving customers costs.
    """
    end, first = month_after(month), month_start(ledger.since)
    shown = max(1, min(months, months_between(first, month) + 1))
    bounds = [month_after(month, 1 - back) for back in range(max(shown, TRAILING + 1), -1, -1)]
    flows, whole = list_flows_and_whole(ledger, bounds, bounds[-shown - 1])
    every = [Month(*one) for one in zip(bounds[:-1], flows, strict=True)]
    present = now()
    over = [one.flow for one in every if month_after(one.start) <= present]
    return Report(
        currency=ledger.currency,
        months=every[-shown:],
        whole=whole,
        value=lifetime_value(flows[-1].arpa, margin, over),
        margin=margin,
        parts=list_parts(ledger, end),
        losses=list_scheduled_losses(ledger.currency, present) if end > present else (),
        so_far=end > present,
    )


def month_start(moment: datetime) -> datetime:
    """The first moment of a moment's month, in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(start: datetime, number: int = 1) -> datetime:
    """The start of the month that comes so many months after a month's start; before it, below zero."""
    years, month = divmod(start.year * 12 + start.month - 1 + number, 12)
    return start.replace(year=years, month=month + 1)


def months_between(earlier: datetime, later: datetime) -> int:
    """How many months a month's start lies after another's."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month
