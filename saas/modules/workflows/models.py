"""Tables of workflows: what they do, when they ran, and what their runs asked of language models."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.modules.workflows.kinds import KINDS

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 2000
MOST_STEPS = 30


class Status(StrEnum):
    """Stations of a workflow; a paused one does not run."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"


class RunStatus(StrEnum):
    """Stations of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class PlannedStep(TypedDict):
    """A step as it stood when the run was asked for."""

    kind: str
    name: str
    settings: dict[str, str]


class StepResult(TypedDict):
    """How a step of a run went; the duration in milliseconds."""

    succeeded: bool
    message: str
    duration_ms: int


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Workflow(TenantModel):
    """Steps under a name."""

    __tablename__ = "workflows"
    __table_args__ = (_one_of("status", Status),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(Text, default=Status.DRAFT)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    steps: Mapped[list["WorkflowStep"]] = relationship(
        order_by="WorkflowStep.position", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )

    @property
    def version(self) -> str:
        """What differs after each change: forms carry it, so that nobody overwrites what they have not seen."""
        return self.updated_at.astimezone(UTC).isoformat()


class WorkflowStep(TenantModel):
    """One step; ``position`` counts from 0, ``settings`` holds what its kind must be told (see ``kinds``)."""

    __tablename__ = "workflow_steps"
    __table_args__ = (_one_of("kind", KINDS),)

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey(Workflow.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, str]] = mapped_column(JSONB)

    @property
    def planned(self) -> PlannedStep:
        """The step as a run keeps it."""
        return {"kind": self.kind, "name": self.name, "settings": self.settings}


class WorkflowRun(TenantModel):
    """One run: the steps as they were planned, and a result for each one taken so far.

    ``duration_ms``, ``ai_requests`` and ``tokens`` are sums over the steps taken; ``message`` says why a run failed.
    """

    __tablename__ = "workflow_runs"
    __table_args__ = (
        _one_of("status", RunStatus),
        _one_of("complexity", ("simple", "medium", "complex")),
        Index("ix_workflow_runs_workflow_id_queued_at", "workflow_id", "queued_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey(Workflow.id, ondelete="CASCADE"))
    started_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(Text, default=RunStatus.QUEUED)
    complexity: Mapped[str] = mapped_column(Text)
    plan: Mapped[list[PlannedStep]] = mapped_column(JSONB)
    results: Mapped[list[StepResult]] = mapped_column(JSONB, default=list)
    message: Mapped[str] = mapped_column(Text, default="")
    duration_ms: Mapped[int] = mapped_column(default=0)
    ai_requests: Mapped[int] = mapped_column(default=0)
    tokens: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    started_by: Mapped[User | None] = relationship(lazy="raise")
    requests: Mapped[list["AiRequest"]] = relationship(
        order_by="AiRequest.id", cascade="all", passive_deletes=True, lazy="raise"
    )

    @property
    def steps(self) -> list[tuple[PlannedStep, StepResult | None]]:
        """Each planned step with its result; None for one that was not taken."""
        return list(zip_longest(self.plan, self.results))


class AiRequest(TenantModel):
    """One request to a language model, made by the step at ``position`` of a run. Its id names it on a bill."""

    __tablename__ = "workflow_ai_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(WorkflowRun.id, ondelete="CASCADE"), index=True)
    position: Mapped[int]
    model: Mapped[str] = mapped_column(Text)
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment, default=now)
