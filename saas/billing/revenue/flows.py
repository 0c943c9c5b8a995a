"""What moved in a period, and the figures that follow from it: arithmetic only.

Money is an exact fraction of minor units of one currency; a rate is a fraction of 1, None where there is nothing to divide by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

NOTHING = Fraction(0)
LONGEST_LIFE = 60
"""Months that a customer is taken to stay at most: at little churn, one divided by it says nothing."""
TRAILING, FEWEST = 6, 3
"""Months over which churn is averaged for the value of a customer, and how many there must be at least."""


@dataclass(frozen=True, slots=True)
class Movements:
    """Sums of movements, each zero or more: what came, and what went."""

    new: Fraction = NOTHING
    reactivation: Fraction = NOTHING
    expansion: Fraction = NOTHING
    contraction: Fraction = NOTHING
    churn: Fraction = NOTHING

    @property
    def net(self) -> Fraction:
        """What they come to together."""
        return self.new + self.reactivation + self.expansion - self.contraction - self.churn


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers that came, came back and left; one that leaves twice counts twice."""

    new: int = 0
    reactivated: int = 0
    lost: int = 0

    @property
    def net(self) -> int:
        """What they come to together."""
        return self.new + self.reactivated - self.lost


@dataclass(frozen=True, slots=True)
class Loss:
    """What left over one cause: how many customers, and their MRR."""

    customers: int = 0
    mrr: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials that ended in a period, and how many of these were paid for afterwards."""

    ended: int = 0
    converted: int = 0

    @property
    def conversion(self) -> Fraction | None:
        """The part of them that was paid for."""
        return share(self.converted, self.ended)


@dataclass(frozen=True, slots=True)
class Flow:
    """A period and what moved in it, from the state just before it to the state at its end.

    ``kept`` is how the MRR of those who paid at its start changed until its end or until they first left, ``cut`` what they
    lost alone, nobody more than they had at the start. ``losses`` parts churn by its cause: “asked”, “payment” or “paused”.
    """

    start: Fraction
    customers_at_start: int
    moved: Movements
    customers_moved: Customers
    kept: Fraction
    cut: Fraction
    losses: Mapping[str, Loss]
    trials: Trials

    @property
    def mrr(self) -> Fraction:
        """Monthly recurring revenue at the end."""
        return self.start + self.moved.net

    @property
    def arr(self) -> Fraction:
        """What the MRR at the end comes to in a year."""
        return 12 * self.mrr

    @property
    def customers(self) -> int:
        """Customers who pay at the end."""
        return self.customers_at_start + self.customers_moved.net

    @property
    def arpa(self) -> Fraction | None:
        """MRR by customer."""
        return share(self.mrr, self.customers)

    @property
    def logo_churn(self) -> Fraction | None:
        """Customers lost, of those at the start."""
        return share(self.customers_moved.lost, self.customers_at_start)

    @property
    def gross_churn(self) -> Fraction | None:
        """MRR lost, of that at the start."""
        return share(self.moved.contraction + self.moved.churn, self.start)

    @property
    def net_churn(self) -> Fraction | None:
        """MRR lost less what others spend more; below zero where they spend more than was lost."""
        return share(self.moved.contraction + self.moved.churn - self.moved.expansion, self.start)

    @property
    def nrr(self) -> Fraction | None:
        """What those of the start are worth at the end, of what they were."""
        return share(self.start + self.kept, self.start)

    @property
    def grr(self) -> Fraction | None:
        """The same without what they spend more."""
        return share(self.start - self.cut, self.start)


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """What a customer is worth in all, in minor units. ``churn`` is the mean of months before; ``capped``: there is too little of
    it to tell how long people stay, so the longest life stands in."""

    value: Fraction
    churn: Fraction | None
    capped: bool


def lifetime_value(arpa: Fraction | None, margin: Fraction, months: Sequence[Flow]) -> LifetimeValue | None:
    """ARPA × margin × months that customers stay, by the churn of months that are over, oldest first; None without customers."""
    if arpa is None:
        return None
    counted = [month for month in months if month.customers_at_start][-TRAILING:]
    lost = sum(month.customers_moved.lost for month in counted)
    churn = share(lost, sum(month.customers_at_start for month in counted)) if len(counted) >= FEWEST else None
    capped = not churn or churn < Fraction(1, LONGEST_LIFE)
    life = Fraction(LONGEST_LIFE) if capped or not churn else 1 / churn
    return LifetimeValue(arpa * margin * life, churn, capped)


def share(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """A part of a whole; None where there is no whole."""
    return Fraction(part) / whole if whole else None
