"""The table of renders: what was ordered, how far it has come, what came of it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.modules.renders.kinds import KINDS, Settings


class Status(StrEnum):
    """Stations of a render."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Render(TenantModel):
    """A piece of work: ``settings`` as its kind asks for them (see ``kinds``), ``result`` says what came of it.

    ``steps_done`` of ``steps`` are behind it; ``size_gb`` is what it takes up once it is ready. ``receipt_id`` is the event
    by which it was counted when it was ordered. ``message`` says why it failed.
    """

    __tablename__ = "renders"
    __table_args__ = (_one_of("kind", KINDS), _one_of("status", Status))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default=Status.QUEUED)
    settings: Mapped[Settings] = mapped_column(JSONB)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    message: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[int]
    steps_done: Mapped[int] = mapped_column(default=0)
    size_gb: Mapped[Decimal] = mapped_column(Numeric(asdecimal=True), default=Decimal(0))
    receipt_id: Mapped[UUID | None]
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    made_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def amount(self) -> int:
        """How much of its kind's meter it uses."""
        return KINDS[self.kind].amount(self.settings)
