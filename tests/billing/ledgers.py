"""Rows of the ledger for tests of revenue, and its arithmetic done slowly: moment by moment, subscription by subscription."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from saas.billing.models import SubscriptionState

PAYING = ("active", "past_due")


def day(text: str) -> datetime:
    """A day's first moment, or the moment written after it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def customer(number: int) -> UUID:
    """The organisation of a number."""
    return UUID(int=number + 1)


@dataclass(frozen=True)
class Row:
    """One state; what is not said is a monthly subscription to “pro” that is paid for."""

    who: int
    at: datetime
    amount: int
    status: str = "active"
    sub: str = "a"
    source: str = "1 evt"
    months: int = 1
    plan: str = "pro"
    reason: str = ""
    currency: str = "EUR"

    @property
    def id(self) -> str:
        return f"sub_{self.who}_{self.sub}"

    @property
    def worth(self) -> Fraction:
        return Fraction(self.amount, self.months) if self.status in PAYING else Fraction(0)


def write(session: Session, rows: Iterable[Row]) -> None:
    """Have the ledger hold these rows and no others."""
    session.execute(SubscriptionState.__table__.delete())
    session.add_all(
        SubscriptionState(
            subscription_id=row.id,
            at=row.at,
            source=row.source,
            tenant_id=customer(row.who),
            status=row.status,
            paying=row.status in PAYING and row.amount > 0,
            plan=row.plan,
            cycle="year" if row.months == 12 else "month",
            currency=row.currency,
            amount=row.amount,
            months=row.months,
            reason=row.reason,
        )
        for row in rows
    )
    session.flush()


def worth_at(rows: Iterable[Row], who: int, moment: datetime) -> Fraction:
    """What a customer is worth with all that happened up to a moment, and at it."""
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.source)):
        if row.who == who and row.at <= moment:
            newest[row.id] = row
    return sum((row.worth for row in newest.values()), Fraction(0))


Told = tuple[datetime, UUID, str, Fraction]


def walk(rows: list[Row]) -> list[Told]:
    """Every movement: when, whose, which, by how much; by moment and customer."""
    told = []
    for who in {row.who for row in rows}:
        before, paid = Fraction(0), False
        for moment in sorted({row.at for row in rows if row.who == who}):
            after = worth_at(rows, who, moment)
            if after != before:
                told.append((moment, customer(who), _kind(before, after, paid), after - before))
            before, paid = after, paid or after > 0
    return sorted(told)


def _kind(before: Fraction, after: Fraction, paid: bool) -> str:
    if not before:
        return "reactivation" if paid else "new"
    if not after:
        return "churn"
    return "expansion" if after > before else "contraction"
