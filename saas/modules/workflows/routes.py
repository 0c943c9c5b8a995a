"""The pages of workflows."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, Invalid
from saas.modules.workflows import operations, queries
from saas.modules.workflows.figures import Period, get_period
from saas.modules.workflows.forms import STATUSES, WorkflowForm
from saas.modules.workflows.kinds import KINDS
from saas.modules.workflows.models import MOST_STEPS, Workflow
from saas.modules.workflows.module import DELETE, EDIT, RUN, VIEW
from saas.tenancy.limits import LimitReached
from saas.tenancy.locales import day_in
from saas.web.access import requires
from saas.web.charts import Chart, Series, stacked_bar_chart
from saas.web.csv import csv_response
from saas.web.format import number
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("workflows", __name__, subdomain="tenant", url_prefix="/workflows", template_folder="templates")
blueprints = (bp,)

CHART_DAYS = 30


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of this module may name."""
    return {"kinds": KINDS, "statuses": STATUSES, "most_steps": MOST_STEPS}


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """All workflows."""
    listing, status = _listing()
    query = queries.find_workflows(q=listing.q, status=status)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    latest = queries.latest_runs(workflow.id for workflow in page.items)
    return render_template("workflows/index.html", page=page, listing=listing, status=status, latest=latest)


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, status = _listing()
    query = queries.find_workflows(q=listing.q, status=status)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(workflow) for workflow in batch]

    head = ("Name", "Status", "Steps", "Description", "Created", "Changed")
    return csv_response("workflows.csv", head, batches, current_entry())


def _row(workflow: Workflow) -> tuple[Any, ...]:
    moments = (moment.isoformat(timespec="seconds") for moment in (workflow.created_at, workflow.updated_at))
    return workflow.name, workflow.status, len(workflow.steps), workflow.description, *moments


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "-updated"), request.args.get("status", "")


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Make a workflow."""
    form = WorkflowForm.of_request()
    if rearranged := form.rearranged():
        return _form(rearranged)
    if form.submitted():
        try:
            workflow = operations.create_workflow(form.draft(), actor=current_actor())
            return redirect_with("The workflow is ready.", ".show", workflow_id=workflow.id)
        except Invalid as error:
            form.refuse(error)
    return _form(form)


@bp.route("/<uuid:workflow_id>/edit", methods=["GET", "POST"])
@requires(EDIT)
def edit(workflow_id: UUID) -> ResponseReturnValue:
    """Change a workflow."""
    workflow = queries.get_workflow(workflow_id, to_change=request.method == "POST")
    form = WorkflowForm.of(workflow)
    if rearranged := form.rearranged():
        return _form(rearranged, workflow)
    if form.submitted():
        try:
            version = form.version.data or ""
            operations.change_workflow(workflow, form.draft(), version=version, actor=current_actor())
            return redirect_with("Your changes are saved.", ".show", workflow_id=workflow.id)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.overtaken(conflict.message, workflow)
    return _form(form, workflow)


def _form(form: WorkflowForm, workflow: Workflow | None = None) -> ResponseReturnValue:
    template = "workflows/edit.html" if workflow else "workflows/new.html"
    page = render_template(template, form=form, workflow=workflow)
    return page, 422 if form.errors else 200


@bp.get("/<uuid:workflow_id>")
@requires(VIEW)
def show(workflow_id: UUID) -> ResponseReturnValue:
    """A workflow: its steps, how its runs went lately, and all its runs."""
    workflow = queries.get_workflow(workflow_id)
    listing = Listing.of_request(queries.RUNS_SORTABLE, "-queued")
    runs = paginate(listing.ordered(queries.find_runs(workflow_id), queries.RUNS_SORTABLE), listing.page)
    period = get_period(days=CHART_DAYS, zone=current_entry().time_zone, workflow_id=workflow_id)
    return render_template(
        "workflows/show.html", workflow=workflow, listing=listing, runs=runs, period=period, chart=_chart(period)
    )


def _chart(period: Period) -> Chart:
    labels = [day_in(current_entry().language, day.date, "short") for day in period.days]
    succeeded = Series("Succeeded", [day.succeeded for day in period.days])
    failed = Series("Failed", [day.failed for day in period.days], tone="destructive")
    return stacked_bar_chart(labels, (succeeded, failed), format=number, label_head="Day", most_labels=5)


@bp.post("/<uuid:workflow_id>/duplicate")
@requires(EDIT)
def duplicate(workflow_id: UUID) -> ResponseReturnValue:
    """Make a draft with the same steps and go on with that."""
    copy = operations.duplicate_workflow(queries.get_workflow(workflow_id), actor=current_actor())
    return redirect_with("This is your copy. Change what should be different.", ".edit", workflow_id=copy.id)


@bp.post("/<uuid:workflow_id>/delete")
@requires(DELETE)
def delete(workflow_id: UUID) -> ResponseReturnValue:
    """Delete a workflow with its runs."""
    workflow = queries.get_workflow(workflow_id, to_change=True)
    operations.delete_workflow(workflow, actor=current_actor())
    return redirect_with(f"“{workflow.name}” is deleted.", ".index")


@bp.post("/<uuid:workflow_id>/runs")
@requires(RUN)
def start_run(workflow_id: UUID) -> ResponseReturnValue:
    """Run a workflow and watch."""
    try:
        run = operations.start_run(queries.get_workflow(workflow_id), actor=current_actor())
    except LimitReached:
        raise
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", workflow_id=workflow_id)
    return redirect_with("The run has started.", ".show_run", workflow_id=workflow_id, run_id=run.id)


@bp.get("/<uuid:workflow_id>/runs/<uuid:run_id>")
@requires(VIEW)
def show_run(workflow_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """A run, step by step; the page asks again by itself until the run has ended."""
    workflow, run = queries.get_workflow(workflow_id), queries.get_run(workflow_id, run_id)
    return render_template("workflows/run.html", workflow=workflow, run=run)
