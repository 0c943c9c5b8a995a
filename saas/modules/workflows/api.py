"""Workflows for programs: list them, run them, see how a run went."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.modules.workflows import operations, queries
from saas.modules.workflows.models import Workflow, WorkflowRun
from saas.modules.workflows.module import RUN, VIEW
from saas.web.access import requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor

bp = Blueprint("workflows_api", __name__, subdomain="tenant", url_prefix="/api/workflows")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Workflows, 25 a page; ``q``, ``status``, ``sort`` and ``page`` mean what they mean on the page for people."""
    listing = Listing.of_request(queries.SORTABLE, "-updated")
    query = queries.find_workflows(q=listing.q, status=request.args.get("status", ""))
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    items = [_workflow(workflow) for workflow in page.items]
    return jsonify(items=items, page=page.page, pages=page.pages, total=page.total)


@bp.post("/<uuid:workflow_id>/runs")
@requires(RUN)
def start_run(workflow_id: UUID) -> ResponseReturnValue:
    """Ask for a run; 202, and ``Location`` tells where to see it."""
    run = operations.start_run(queries.get_workflow(workflow_id), actor=current_actor())
    location = url_for(".show_run", workflow_id=workflow_id, run_id=run.id)
    return jsonify(_run(run)), 202, {"Location": location}


@bp.get("/<uuid:workflow_id>/runs/<uuid:run_id>")
@requires(VIEW)
def show_run(workflow_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """How a run is going, or how it went."""
    return jsonify(_run(queries.get_run(workflow_id, run_id)))


def _workflow(workflow: Workflow) -> dict[str, Any]:
    return {
        "id": str(workflow.id),
        "name": workflow.name,
        "description": workflow.description,
        "status": workflow.status,
        "steps": [step.planned for step in workflow.steps],
        "created_at": workflow.created_at.isoformat(),
        "updated_at": workflow.updated_at.isoformat(),
    }


def _run(run: WorkflowRun) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "workflow_id": str(run.workflow_id),
        "status": run.status,
        "complexity": run.complexity,
        "message": run.message,
        "results": run.results,
        "duration_ms": run.duration_ms,
        "ai_requests": run.ai_requests,
        "tokens": run.tokens,
        "queued_at": run.queued_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }
