"""What runs use of a plan: themselves by their complexity, requests to language models, and the tokens of these by model."""

from collections.abc import Sequence
from typing import Any

from saas.modules.workflows.models import AiRequest, RunStatus, WorkflowRun
from saas.usage.room import require_room
from saas.usage.uses import Use

RUNS, REQUESTS, TOKENS = "workflow_runs", "ai_requests", "ai_tokens"
_MODULE = "workflows"
_MODELS_ARE_ASKED_BY = "ai_prompt"


def check_room(run: WorkflowRun) -> None:
    """Raise LimitReached when what a run needs first of all is used up before it begins."""
    require_room(RUNS)
    if any(step["kind"] == _MODELS_ARE_ASKED_BY for step in run.plan):
        require_room(REQUESTS)


def uses_of(run: WorkflowRun, asked: Sequence[AiRequest]) -> list[Use]:
    """What a step has used that asked these things of models; with the last step the run itself counts."""
    about: dict[str, Any] = {"resource": f"workflow_run:{run.id}", "module": _MODULE, "user_id": run.started_by_id}
    uses = []
    for request in asked:
        tokens = request.tokens_in + request.tokens_out
        uses.append(Use(REQUESTS, dimension=request.model, outcome="ok", at=request.at, **about))
        uses.append(Use(TOKENS, tokens, dimension=request.model, outcome="ok", at=request.at, **about))
    if run.finished_at:
        outcome = "failed" if run.status == RunStatus.FAILED else "ok"
        took: dict[str, Any] = {"outcome": outcome, "duration_ms": run.duration_ms, "at": run.finished_at}
        uses.append(Use(RUNS, dimension=run.complexity, **took, **about))
    return uses
