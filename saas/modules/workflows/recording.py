"""Workflows as the audit log tells of them: what they are called, and what they say, field by field and step by step."""

from saas.core.audit import Target
from saas.modules.workflows.kinds import KINDS
from saas.modules.workflows.models import Workflow, WorkflowRun, WorkflowStep

Fields = dict[str, str | None]


def target_of(workflow: Workflow) -> Target:
    """A workflow to which something is done."""
    return Target("workflow", workflow.id, workflow.name)


def target_of_run(run: WorkflowRun, workflow: Workflow) -> Target:
    """A run of a workflow: runs are no part of the workflow's own history, of which they would be the most."""
    return Target("workflow_run", run.id, workflow.name)


def fields_of(workflow: Workflow) -> Fields:
    """Each field with its value, and each step in one line: ``step 1`` is the first."""
    steps: Fields = {f"step {number}": _line(step) for number, step in enumerate(workflow.steps, 1)}
    return {"name": workflow.name, "description": workflow.description, "status": workflow.status, **steps}


def without(fields: Fields) -> Fields:
    """The same fields without values: what is left of something deleted."""
    return dict.fromkeys(fields)


def _line(step: WorkflowStep) -> str:
    kind = KINDS[step.kind]
    return f"{kind.label} “{step.name}”: {kind.describe(step.settings)}"
