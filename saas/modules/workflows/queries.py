"""Reads about workflows and their runs, in the tenant's scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import joinedload, selectinload

from saas.core.database import db
from saas.core.errors import NotFound
from saas.modules.workflows.models import RunStatus, Status, Workflow, WorkflowRun

SORTABLE = {"name": func.lower(Workflow.name), "status": Workflow.status, "updated": Workflow.updated_at}
RUNS_SORTABLE = {"queued": WorkflowRun.queued_at, "duration": WorkflowRun.duration_ms, "tokens": WorkflowRun.tokens}
"""What lists can be ordered by, under the names that addresses use."""


def find_workflows(*, q: str = "", status: str = "") -> Select[Workflow]:
    """Workflows with their steps whose name or description holds a text; an unknown status counts as none."""
    query = select(Workflow).options(selectinload(Workflow.steps))
    if q:
        query = query.where(
            Workflow.name.icontains(q, autoescape=True) | Workflow.description.icontains(q, autoescape=True)
        )
    return query.where(Workflow.status == status) if status in set(Status) else query


def get_workflow(workflow_id: UUID, *, to_change: bool = False) -> Workflow:
    """A workflow with its steps, locked when it is about to change; raises NotFound."""
    query = find_workflows().where(Workflow.id == workflow_id)
    workflow = db.session.scalars(query.with_for_update() if to_change else query).one_or_none()
    if workflow is None:
        raise NotFound
    return workflow


@dataclass(frozen=True, slots=True)
class LatestRun:
    """How a workflow's newest run stands, and when it was asked for."""

    status: str
    queued_at: datetime


def latest_runs(workflow_ids: Iterable[UUID]) -> dict[UUID, LatestRun]:
    """The newest run of each workflow that has one; reads one run of each, however many there are."""
    newest = (
        select(WorkflowRun.status, WorkflowRun.queued_at)
        .where(WorkflowRun.workflow_id == Workflow.id)
        .order_by(WorkflowRun.queued_at.desc())
        .limit(1)
        .lateral()
    )
    query = select(Workflow.id, newest).join(newest, true()).where(Workflow.id.in_(workflow_ids))
    return {row[0]: LatestRun(row[1], row[2]) for row in db.session.execute(query)}


def count_workflows() -> int:
    """How many workflows there are, drafts too."""
    return db.session.scalar(select(func.count()).select_from(Workflow)) or 0


def find_runs(workflow_id: UUID) -> Select[WorkflowRun]:
    """A workflow's runs with the people who started them."""
    return select(WorkflowRun).where(WorkflowRun.workflow_id == workflow_id).options(joinedload(WorkflowRun.started_by))


def get_run(workflow_id: UUID, run_id: UUID) -> WorkflowRun:
    """A run of this workflow with its AI requests and whoever started it; raises NotFound."""
    query = find_runs(workflow_id).where(WorkflowRun.id == run_id).options(selectinload(WorkflowRun.requests))
    run = db.session.scalars(query).one_or_none()
    if run is None:
        raise NotFound
    return run


def is_first_success(run: WorkflowRun) -> bool:
    """Whether no other run has succeeded here."""
    other = select(WorkflowRun.id).where(WorkflowRun.status == RunStatus.SUCCEEDED, WorkflowRun.id != run.id)
    return run.status == RunStatus.SUCCEEDED and db.session.scalar(other.limit(1)) is None


_A_RUN = select(WorkflowRun.__table__.c.id).limit(1)


def has_runs() -> bool:
    """Whether any workflow has ever been run here."""
    return db.session.execute(_A_RUN).first() is not None


def count_runs_at_work() -> int:
    """How many runs wait for their turn or are under way."""
    at_work = WorkflowRun.status.in_((RunStatus.QUEUED, RunStatus.RUNNING))
    return db.session.scalar(select(func.count()).where(at_work)) or 0


def count_runs_of(user_id: UUID) -> int:
    """How many runs somebody has started."""
    return (
        db.session.scalar(select(func.count()).select_from(WorkflowRun).where(WorkflowRun.started_by_id == user_id))
        or 0
    )
