"""Writes about workflows, in the tenant's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import select

from saas.core.actor import Actor
from saas.core.audit import changes_of, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.jobs import enqueue
from saas.core.milestones import reach
from saas.members.holdings import Holding
from saas.modules.workflows.kinds import KINDS
from saas.modules.workflows.metering import check_room, uses_of
from saas.modules.workflows.models import (
    DESCRIPTION_LENGTH,
    MOST_STEPS,
    NAME_LENGTH,
    RunStatus,
    Status,
    Workflow,
    WorkflowRun,
    WorkflowStep,
)
from saas.modules.workflows.module import (
    CHANGED,
    CREATED,
    DELETE,
    DELETED,
    DUPLICATED,
    EDIT,
    FIRST_RUN,
    RUN,
    RUN_FINISHED,
    RUN_STARTED,
)
from saas.modules.workflows.queries import count_runs_of, count_workflows, is_first_success
from saas.modules.workflows.recording import fields_of, target_of, target_of_run, without
from saas.modules.workflows.running import advance, plan_run, stop
from saas.tenancy.limits import hold
from saas.tenancy.names import clean_name
from saas.usage.operations.trying import attempt, use_together

RUN_JOB = "workflows.run"
RUNNER = Actor("job", "Runner of workflows")


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step as somebody wants it."""

    kind: str
    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A workflow as somebody wants it."""

    name: str
    description: str = ""
    status: str = Status.DRAFT
    steps: Sequence[StepDraft] = ()


def create_workflow(draft: Draft, *, actor: Actor) -> Workflow:
    """Make a workflow; raises Invalid, also for a setting of a step (field ``steps-<position>-<setting>``), and LimitReached."""
    actor.require(EDIT)
    hold("workflows", count_workflows)
    workflow = _add(draft)
    record(CREATED, actor=actor, target=target_of(workflow), changes=changes_of({}, fields_of(workflow)))
    return workflow


def _add(draft: Draft) -> Workflow:
    workflow = Workflow(steps=[])
    _apply(draft, workflow)
    db.session.add(workflow)
    db.session.flush()
    return workflow


def change_workflow(workflow: Workflow, draft: Draft, *, version: str | None = None, actor: Actor) -> None:
    """Make a workflow what the draft says; runs under way keep their steps. Raises Invalid as ``create_workflow`` does.

    ``version`` is that of the workflow which the draft was made from: Conflict when it was changed since.
    """
    actor.require(EDIT)
    if version not in (None, workflow.version):
        raise Conflict("Somebody changed this workflow while you edited it. Save again to replace it with yours.")
    before = fields_of(workflow)
    _apply(draft, workflow)
    changes = changes_of(before, without(before) | fields_of(workflow))
    if changes:
        workflow.updated_at = now()
        record(CHANGED, actor=actor, target=target_of(workflow), changes=changes)
    db.session.flush()


def _apply(draft: Draft, workflow: Workflow) -> None:
    workflow.name = clean_name(draft.name, field="name", longest=NAME_LENGTH)
    if len(draft.description) > DESCRIPTION_LENGTH:
        raise Invalid(f"Use at most {DESCRIPTION_LENGTH} characters.", field="description")
    if draft.status not in set(Status):
        raise Invalid("Please choose one of these.", field="status")
    if len(draft.steps) > MOST_STEPS:
        raise Invalid(f"A workflow has at most {MOST_STEPS} steps.", field="steps")
    workflow.description, workflow.status = draft.description, draft.status
    workflow.steps = [_step(position, step) for position, step in enumerate(draft.steps)]


def _step(position: int, draft: StepDraft) -> WorkflowStep:
    place = f"steps-{position}"
    if draft.kind not in KINDS:
        raise Invalid("There is no such kind of step.", field=f"{place}-kind")
    settings = {setting.name: draft.settings.get(setting.name, "") for setting in KINDS[draft.kind].settings}
    for setting in KINDS[draft.kind].settings:
        if fault := setting.fault(settings[setting.name]):
            raise Invalid(fault, field=f"{place}-{setting.name}")
    name = clean_name(draft.name, field=f"{place}-name", longest=NAME_LENGTH)
    return WorkflowStep(position=position, kind=draft.kind, name=name, settings=settings)


def duplicate_workflow(workflow: Workflow, *, actor: Actor) -> Workflow:
    """Make a draft with the same steps; raises LimitReached."""
    actor.require(EDIT)
    hold("workflows", count_workflows)
    steps = [StepDraft(step.kind, step.name, step.settings) for step in workflow.steps]
    name = f"{workflow.name[: NAME_LENGTH - len(' (copy)')]} (copy)"
    copy = _add(Draft(name, workflow.description, Status.DRAFT, steps))
    changes = changes_of({}, fields_of(copy))
    record(
        DUPLICATED, actor=actor, target=target_of(copy), changes=changes, copy_of=workflow.name, original=workflow.id
    )
    return copy


def delete_workflow(workflow: Workflow, *, actor: Actor) -> None:
    """Delete a workflow with its runs; one under way ends at its next step."""
    actor.require(DELETE)
    fields = fields_of(workflow)
    record(DELETED, actor=actor, target=target_of(workflow), changes=changes_of(fields, without(fields)))
    db.session.delete(workflow)


def start_run(workflow: Workflow, *, actor: Actor) -> WorkflowRun:
    """Ask for a run of the steps as they are now; it begins with the commit.

    Raises Conflict when it cannot run, NotFound when it was deleted meanwhile, LimitReached when what it needs is used up.
    """
    actor.require(RUN)
    held = select(Workflow.status).where(Workflow.id == workflow.id).with_for_update(read=True)
    status = db.session.scalar(held)
    if status is None:
        raise NotFound("This workflow was deleted.")
    if status == Status.PAUSED:
        raise Conflict("This workflow is paused. Set it to active to run it.")
    if not workflow.steps:
        raise Conflict("This workflow has no steps yet. Add one to run it.")
    run = plan_run(workflow, started_by_id=actor.id if actor.kind == "member" else None, at=now())
    check_room(run)
    db.session.add(run)
    record(RUN_STARTED, actor=actor, target=target_of_run(run, workflow), workflow=workflow.id, steps=len(run.plan))
    db.session.flush()
    enqueue(RUN_JOB, run_id=str(run.id))
    return run


def take_step(run_id: UUID) -> None:
    """Take a run's next step and enqueue the one after it; nothing is left to do for a run that ended or is gone.

    A step, its result and the job of the next step are one transaction: whoever looks in between sees how far the run
    has come, and a worker that dies loses no more than the step it was at. Beyond a limit of the plan, or the budget, the
    step was never taken and the run has failed for that reason.
    """
    run = db.session.get(WorkflowRun, run_id, with_for_update=True)
    if run is None or run.finished_at:
        return
    if refusal := attempt(partial(_go_on, run)):
        stop(run, refusal, at=now())
        _record_end(run)


def _go_on(run: WorkflowRun) -> None:
    asked = advance(run, at=now())
    db.session.add_all(asked)
    if run.finished_at:
        _record_end(run)
        if is_first_success(run):
            reach(FIRST_RUN, by=run.started_by_id)
    else:
        enqueue(RUN_JOB, run_id=str(run.id))
    use_together(uses_of(run, asked), actor=RUNNER)


def _record_end(run: WorkflowRun) -> None:
    """Who asked for the run stands at its beginning; what ends it is the last of its jobs."""
    workflow = db.session.get_one(Workflow, run.workflow_id)
    record(
        RUN_FINISHED,
        actor=RUNNER,
        target=target_of_run(run, workflow),
        changes={"status": (RunStatus.RUNNING, run.status)},
        workflow=workflow.id,
        message=run.message,
        steps_taken=len(run.results),
        duration_ms=run.duration_ms,
        tokens=run.tokens,
    )


holdings = (Holding("workflows.runs", "Workflow runs", count_runs_of, one="Workflow run"),)
