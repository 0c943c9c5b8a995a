"""Tables of strategies: the exchanges an organisation trades on, what trades there, and how that did on the past."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.modules.strategies.kinds import KINDS, VENUES

NAME_LENGTH = 100
LATEST_TRADES = 20
_EXACT = Numeric(asdecimal=True)


class Status(StrEnum):
    """Stations of a strategy; only a live one trades."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"


class BacktestStatus(StrEnum):
    """Stations of a backtest."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Plan(TypedDict):
    """What is tried: the strategy as it was when the backtest was asked for. ``last_day`` is the last day of the period."""

    kind: str
    venue: str
    market: str
    parameters: dict[str, str]
    last_day: str


class Trade(TypedDict):
    """A simulated trade; ``at`` in UTC as ISO text, ``profit`` only where something was sold."""

    at: str
    side: str
    price: float
    amount: float
    profit: float | None


class Outcome(TypedDict):
    """What is stored of a backtest: the worth at the end of each day, of the strategy and of holding, and the latest trades."""

    days: list[str]
    curve: list[float]
    holding: list[float]
    trades: list[Trade]


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Exchange(TenantModel):
    """A connection to a simulated exchange; there are no keys to keep."""

    __tablename__ = "exchanges"
    __table_args__ = (_one_of("venue", VENUES),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    venue: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    @property
    def name(self) -> str:
        """What the connection is called, and where it leads."""
        venue = VENUES[self.venue].label
        return venue if self.label == venue else f"{self.label} ({venue})"


class Strategy(TenantModel):
    """Something that trades in one market of one exchange. ``trades`` counts the live ones, ``profit`` is what they brought in
    the market's currency, ``latest`` holds the newest of them, newest first.
    """

    __tablename__ = "strategies"
    __table_args__ = (_one_of("status", Status), _one_of("kind", KINDS))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    exchange_id: Mapped[UUID] = mapped_column(ForeignKey(Exchange.id, ondelete="RESTRICT"), index=True)
    market: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, str]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text, default=Status.DRAFT)
    trades: Mapped[int] = mapped_column(default=0)
    profit: Mapped[Decimal] = mapped_column(_EXACT, default=Decimal(0))
    latest: Mapped[list[Trade]] = mapped_column(JSONB, default=list)
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    exchange: Mapped[Exchange] = relationship(lazy="raise")

    @property
    def version(self) -> str:
        """What differs after each change: forms carry it, so that nobody overwrites what they have not seen."""
        return self.updated_at.astimezone(UTC).isoformat()


class Backtest(TenantModel):
    """A try on the past: ``days`` of it with a starting ``capital``. Shares are parts of 1; ``storage_mb`` is what the stored
    ``outcome`` takes, ``message`` says why it failed.
    """

    __tablename__ = "backtests"
    __table_args__ = (
        _one_of("status", BacktestStatus),
        Index("ix_backtests_strategy_id_queued_at", "strategy_id", "queued_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey(Strategy.id, ondelete="CASCADE"))
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(Text, default=BacktestStatus.QUEUED)
    plan: Mapped[Plan] = mapped_column(JSONB)
    days: Mapped[int]
    capital: Mapped[Decimal] = mapped_column(_EXACT)
    message: Mapped[str] = mapped_column(Text, default="")
    gain: Mapped[Decimal | None] = mapped_column(_EXACT)
    drawdown: Mapped[Decimal | None] = mapped_column(_EXACT)
    trades: Mapped[int] = mapped_column(default=0)
    compute_minutes: Mapped[Decimal] = mapped_column(_EXACT, default=Decimal(0))
    storage_mb: Mapped[Decimal] = mapped_column(_EXACT, default=Decimal(0))
    outcome: Mapped[Outcome | None] = mapped_column(JSONB(none_as_null=True), deferred=True, deferred_raiseload=True)
    queued_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    asked_by: Mapped[User | None] = relationship(lazy="raise")
