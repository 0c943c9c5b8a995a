"""The pages of validations."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, Invalid
from saas.modules.validations import queries
from saas.modules.validations.checking import LABELS
from saas.modules.validations.figures import Part, get_analytics
from saas.modules.validations.forms import KINDS, DocumentForm, GateForm
from saas.modules.validations.gates import SEVERITIES
from saas.modules.validations.models import DOCUMENT_TYPES, TEXT_LENGTH, CustomGate, GateResult, Validation
from saas.modules.validations.module import CUSTOM_GATES, DELETE, GATES, RUN, VIEW
from saas.modules.validations.offer import get_offer
from saas.modules.validations.operations.gates import change_gate, create_gate
from saas.modules.validations.operations.gates import delete_gate as remove_gate
from saas.modules.validations.operations.validations import delete_validation, run_validation
from saas.tenancy.locales import day_in
from saas.web.access import costly, feature, requires
from saas.web.charts import Chart, Series, stacked_bar_chart
from saas.web.csv import csv_response
from saas.web.format import number
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("validations", __name__, subdomain="tenant", url_prefix="/validations", template_folder="templates")
blueprints = (bp,)

PERIODS = (30, 90)
MOST_LINES = 1000
RESULTS = {"pass": "Pass", "fail": "Fail"}


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of this module may name."""
    return {
        "document_types": DOCUMENT_TYPES,
        "results": RESULTS,
        "severities": SEVERITIES,
        "set_labels": LABELS,
        "text_length": TEXT_LENGTH,
        "gate_kinds": KINDS,
    }


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """All documents that were checked."""
    listing, kind, result = _listing()
    query = queries.find_validations(q=listing.q, document_type=kind, result=result)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template("validations/index.html", page=page, listing=listing, kind=kind, result=result)


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, kind, result = _listing()
    query = queries.find_validations(q=listing.q, document_type=kind, result=result)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(validation) for validation in batch]

    head = ("Title", "Type", "Result", "Rule sets", "Gates", "Failed", "Failed gates", "By", "Checked")
    return csv_response("validations.csv", head, batches, current_entry())


def _row(one: Validation) -> tuple[Any, ...]:
    sets = ", ".join(label for name, label in LABELS.items() if name in one.rule_sets)
    failed, by = "; ".join(one.failed.values()), one.checked_by.name if one.checked_by else ""
    checked = one.created_at.isoformat(timespec="seconds")
    return one.title, one.type_label, RESULTS[one.result], sets, one.gates, one.failures, failed, by, checked


def _listing() -> tuple[Listing, str, str]:
    listing = Listing.of_request(queries.SORTABLE, "-created")
    return listing, request.args.get("type", ""), request.args.get("result", "")


@bp.route("/new", methods=["GET", "POST"])
@requires(RUN)
@costly
def new() -> ResponseReturnValue:
    """Check a document."""
    offer = get_offer()
    form = DocumentForm.of(offer.open, rule_sets=list(offer.open)[:1])
    if form.submitted():
        try:
            validation = run_validation(form.draft(), number=form.chosen, actor=current_actor())
            return redirect_with(_said(validation), ".show", validation_id=validation.id)
        except Invalid as error:
            form.refuse(error)
    page = render_template("validations/new.html", form=form, offer=offer)
    return page, 422 if form.errors else 200


def _said(validation: Validation) -> str:
    if validation.passed:
        return "The document passes all gates."
    return f"The document fails at {validation.failures} of {validation.gates} gates."


@bp.get("/<uuid:validation_id>/again")
@requires(RUN)
def again(validation_id: UUID) -> ResponseReturnValue:
    """The form as it was sent for a document, to mend the text and check it once more."""
    offer = get_offer()
    form = DocumentForm.of(offer.open, queries.get_validation(validation_id), rule_sets=[])
    return render_template("validations/new.html", form=form, offer=offer)


@bp.get("/<uuid:validation_id>")
@requires(VIEW)
def show(validation_id: UUID) -> ResponseReturnValue:
    """What was found in a document: each gate with where it looked and how to mend what failed."""
    validation = queries.get_validation(validation_id)
    lines = validation.text.split("\n")
    failing = {result.get("line") for result in validation.results if not result["passed"]}
    return render_template(
        "validations/show.html",
        validation=validation,
        groups=_groups(validation.results),
        lines=[(number, line) for number, line in enumerate(lines[:MOST_LINES], 1) if line.strip()],
        left_out=max(0, len(lines) - MOST_LINES),
        failing=failing,
    )


def _groups(results: Sequence[GateResult]) -> list[tuple[str, list[GateResult]]]:
    """The results rule set by rule set; in each, what failed comes first."""
    parted = groupby(results, key=lambda result: result["rule_set"])
    return [(name, sorted(group, key=lambda result: result["passed"])) for name, group in parted]


@bp.post("/<uuid:validation_id>/delete")
@requires(DELETE)
def delete(validation_id: UUID) -> ResponseReturnValue:
    """Delete a checked document."""
    validation = queries.get_validation(validation_id)
    delete_validation(validation, actor=current_actor())
    return redirect_with(f"“{validation.title}” is deleted.", ".index")


@bp.get("/analytics")
@requires(VIEW)
def analytics() -> ResponseReturnValue:
    """What documents fail at, by type, by rule set and by day."""
    days = next((period for period in PERIODS if request.args.get("days") == str(period)), PERIODS[0])
    found = get_analytics(days=days, zone=current_entry().time_zone)
    labels = [day_in(current_entry().language, day.date, "short") for day in found.days]
    return render_template(
        "validations/analytics.html",
        found=found,
        days=days,
        periods=PERIODS,
        trend=_chart(labels, [Part("", "", day.passed, day.failed) for day in found.days], "Day"),
        types=_chart([part.short for part in found.types], found.types, "Type of document"),
        rule_sets=_chart([part.short for part in found.rule_sets], found.rule_sets, "Rule set"),
    )


def _chart(labels: Sequence[str], parts: Sequence[Part], head: str) -> Chart:
    passed = Series("Pass", [part.passed for part in parts])
    failed = Series("Fail", [part.failed for part in parts], tone="destructive")
    return stacked_bar_chart(labels, (passed, failed), format=number, label_head=head, most_labels=7)


@bp.get("/gates")
@requires(VIEW)
@feature(CUSTOM_GATES)
def gates() -> ResponseReturnValue:
    """The organisation's own gates."""
    return render_template("validations/gates.html", gates=queries.list_gates())


@bp.route("/gates/new", methods=["GET", "POST"])
@requires(GATES)
@feature(CUSTOM_GATES)
def new_gate() -> ResponseReturnValue:
    """Make a gate."""
    form = GateForm.of_request()
    if form.submitted():
        try:
            gate = create_gate(form.draft(), actor=current_actor())
            return redirect_with(f"From now on documents can be checked for “{gate.label}”.", ".gates")
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.form_errors.append(conflict.message)
    return _gate_form(form)


@bp.route("/gates/<uuid:gate_id>/edit", methods=["GET", "POST"])
@requires(GATES)
@feature(CUSTOM_GATES)
def edit_gate(gate_id: UUID) -> ResponseReturnValue:
    """Change a gate."""
    gate = queries.get_gate(gate_id, to_change=request.method == "POST")
    form = GateForm.of(gate)
    if form.submitted():
        try:
            change_gate(gate, form.draft(), actor=current_actor())
            return redirect_with("Your changes are saved.", ".gates")
        except Invalid as error:
            form.refuse(error)
    return _gate_form(form, gate)


def _gate_form(form: GateForm, gate: CustomGate | None = None) -> ResponseReturnValue:
    return render_template("validations/gate.html", form=form, gate=gate), 422 if form.errors else 200


@bp.post("/gates/<uuid:gate_id>/delete")
@requires(GATES)
@feature(CUSTOM_GATES)
def delete_gate(gate_id: UUID) -> ResponseReturnValue:
    """Delete a gate."""
    gate = queries.get_gate(gate_id, to_change=True)
    remove_gate(gate, actor=current_actor())
    return redirect_with(f"“{gate.label}” is deleted.", ".gates")
