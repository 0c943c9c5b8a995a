"""The table of streams: what is planned, what is on air, what it took."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.modules.streams.encoder import QUALITIES, audience, gigabytes

TITLE_LENGTH = 100
DESCRIPTION_LENGTH = 2000
LONGEST = timedelta(hours=12)
"""How long a stream can be on air: then it ends by itself."""
WAS_DELETED = "It was deleted."
"""The note about a recording that somebody deleted."""


class Status(StrEnum):
    """Stations of a stream."""

    PLANNED = "planned"
    LIVE = "live"
    ENDED = "ended"


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Stream(TenantModel):
    """A show that goes out once. Sizes in GB; ``seconds``, ``viewers`` and ``bandwidth_gb`` are final when it has ended.

    ``ended_because`` says why it ended when nobody ended it, ``recording_note`` why a recording that was wanted is not there.
    """

    __tablename__ = "streams"
    __table_args__ = (_one_of("status", Status), _one_of("quality", QUALITIES))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    channels: Mapped[list[str]] = mapped_column(JSONB)
    quality: Mapped[str] = mapped_column(Text)
    keep_recording: Mapped[bool] = mapped_column(default=True)
    status: Mapped[str] = mapped_column(Text, default=Status.PLANNED)
    planned_at: Mapped[datetime | None] = mapped_column(Moment)
    started_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    started_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_because: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[int] = mapped_column(default=0)
    viewers: Mapped[int] = mapped_column(default=0)
    bandwidth_gb: Mapped[Decimal] = mapped_column(Numeric(asdecimal=True), default=Decimal(0))
    recording_gb: Mapped[Decimal | None] = mapped_column(Numeric(asdecimal=True))
    recording_note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now)
    started_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def version(self) -> str:
        """What differs after each change: forms carry it, so that nobody overwrites what they have not seen."""
        return self.updated_at.astimezone(UTC).isoformat()

    @property
    def audience(self) -> dict[str, int]:
        """How many watch on each channel, on average."""
        return audience(self.channels, seed=str(self.id))

    def on_air(self, moment: datetime) -> int:
        """For how many whole seconds it has been on air at a moment; no longer than it can be."""
        if self.started_at is None:
            return 0
        return int(min(max(moment - self.started_at, timedelta()), LONGEST).total_seconds())

    def sent(self, seconds: int) -> Decimal:
        """What goes out to all who watch in so many seconds, in GB."""
        return gigabytes(self.quality, seconds, copies=sum(self.audience.values()))
