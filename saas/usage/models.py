"""Tables of usage: what happened, event by event; what it adds up to; and the same by hours, days and months."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Index, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id

EXACT = Numeric(asdecimal=True)


class UsageEvent(TenantModel):
    """Something that was used, ``quantity`` in the meter's unit; ``cost`` is what it adds to its period's charge, exact.

    It happened ``at``; when it became known stands in its id. ``resource`` names what it was about (``workflow_run:<id>``),
    ``outcome`` is “ok”, “failed” or nothing. ``key`` is what a program calls it, so that sent twice it counts once.
    A row never changes: what is given back is an event of its own, below zero.
    """

    __tablename__ = "usage_events"
    __table_args__ = (
        Index("ix_usage_events_meter_at", "meter", "at"),
        {"info": {"rights": {"scope": "SELECT, INSERT", "archivist": "SELECT, DELETE"}}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    meter: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(EXACT)
    cost: Mapped[Decimal] = mapped_column(EXACT)
    dimension: Mapped[str] = mapped_column(Text, default="")
    module: Mapped[str] = mapped_column(Text, default="")
    resource: Mapped[str] = mapped_column(Text, default="")
    actor_kind: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(Text, default="")
    duration_ms: Mapped[int | None]
    key: Mapped[str | None] = mapped_column(Text, unique=True)


class UsageTotal(TenantModel):
    """What a meter's events of a period add up to. Meters of storage have one row, ``period`` STANDING, for what stands now."""

    __tablename__ = "usage_totals"

    meter: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[Decimal] = mapped_column(EXACT)
    cost: Mapped[Decimal] = mapped_column(EXACT)
    events: Mapped[int] = mapped_column(BigInteger)


class UsageRollup(TenantModel):
    """Events of an hour, day or month (``grain``), begun at ``start`` in UTC, added up; made anew from them at any time.

    ``facet`` says by what they are told apart, ``value`` which part this is: both empty for all of a meter's events,
    else by “dimension”, “module” or “user”. ``duration_ms`` is the sum over the ``timed`` events.
    """

    __tablename__ = "usage_rollups"

    grain: Mapped[str] = mapped_column(Text, primary_key=True)
    meter: Mapped[str] = mapped_column(Text, primary_key=True)
    facet: Mapped[str] = mapped_column(Text, primary_key=True)
    start: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(EXACT)
    cost: Mapped[Decimal] = mapped_column(EXACT)
    events: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    timed: Mapped[int] = mapped_column(BigInteger)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
