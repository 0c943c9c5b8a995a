"""How a run is planned and how it goes on, step by step. Works on objects; storing them is the operations' part."""

from datetime import datetime
from uuid import UUID

from saas.core.ids import new_id
from saas.modules.workflows.kinds import complexity_of
from saas.modules.workflows.models import AiRequest, RunStatus, StepResult, Workflow, WorkflowRun
from saas.modules.workflows.simulator import Outcome, simulate


def plan_run(workflow: Workflow, *, started_by_id: UUID | None, at: datetime) -> WorkflowRun:
    """A run of the steps as they are now, waiting for its turn."""
    plan = [step.planned for step in workflow.steps]
    return WorkflowRun(
        id=new_id(),
        workflow_id=workflow.id,
        started_by_id=started_by_id,
        status=RunStatus.QUEUED,
        complexity=complexity_of(step["kind"] for step in plan),
        plan=plan,
        results=[],
        message="",
        duration_ms=0,
        ai_requests=0,
        tokens=0,
        queued_at=at,
    )


def advance(run: WorkflowRun, *, at: datetime) -> list[AiRequest]:
    """Take a run's next step; the run has ended when ``finished_at`` is set. Returns what the step asked of models."""
    position = len(run.results)
    step = run.plan[position]
    outcome = simulate(step["kind"], step["settings"], seed=f"{run.id}/{position}")
    run.status, run.started_at = RunStatus.RUNNING, run.started_at or at
    _add_up(run, outcome)
    if not outcome.goes_on or len(run.results) == len(run.plan):
        run.status = RunStatus.SUCCEEDED if outcome.succeeded else RunStatus.FAILED
        run.message = "" if outcome.succeeded else f"“{step['name']}” failed. {outcome.message}"
        run.finished_at = at
    return [
        AiRequest(
            run_id=run.id,
            position=position,
            model=call.model,
            tokens_in=call.tokens_in,
            tokens_out=call.tokens_out,
            at=at,
        )
        for call in outcome.ai_calls
    ]


def stop(run: WorkflowRun, reason: str, *, at: datetime) -> None:
    """End a run whose next step was refused; it is as if that step had not been tried."""
    run.status, run.message = RunStatus.FAILED, reason
    run.started_at, run.finished_at = run.started_at or at, at


def _add_up(run: WorkflowRun, outcome: Outcome) -> None:
    result: StepResult = {
        "succeeded": outcome.succeeded,
        "message": outcome.message,
        "duration_ms": outcome.duration_ms,
    }
    run.results = [*run.results, result]
    run.duration_ms += outcome.duration_ms
    run.ai_requests += len(outcome.ai_calls)
    run.tokens += sum(call.tokens_in + call.tokens_out for call in outcome.ai_calls)
