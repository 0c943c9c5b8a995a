"""Validations for programs: check a document, list what was checked, read what was found, ask for the figures."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.errors import Invalid
from saas.modules.validations import queries
from saas.modules.validations.figures import as_dict, get_analytics
from saas.modules.validations.models import Validation
from saas.modules.validations.module import RUN, VIEW
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.web.access import costly, requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor, current_entry

bp = Blueprint("validations_api", __name__, subdomain="tenant", url_prefix="/api/validations")
blueprints = (bp,)

LONGEST_PERIOD = 366


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """What was checked, 25 a page; ``q``, ``type``, ``result``, ``sort`` and ``page`` mean what they mean for people."""
    listing = Listing.of_request(queries.SORTABLE, "-created")
    kind, result = request.args.get("type", ""), request.args.get("result", "")
    query = queries.find_validations(q=listing.q, document_type=kind, result=result)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    items = [_summary(validation) for validation in page.items]
    return jsonify(items=items, page=page.page, pages=page.pages, total=page.total)


@bp.post("")
@requires(RUN)
@costly
def create() -> ResponseReturnValue:
    """Check a document: ``title``, ``document_type``, ``text`` and a list ``rule_sets``. 201 with what was found."""
    validation = run_validation(_draft(), actor=current_actor())
    location = url_for(".show", validation_id=validation.id)
    return jsonify(_whole(validation)), 201, {"Location": location}


@bp.get("/<uuid:validation_id>")
@requires(VIEW)
def show(validation_id: UUID) -> ResponseReturnValue:
    """One document with what every gate found in it."""
    return jsonify(_whole(queries.get_validation(validation_id)))


@bp.get("/analytics")
@requires(VIEW)
def analytics() -> ResponseReturnValue:
    """Figures of the last ``days`` (30 if not said, at most 366)."""
    given = request.args.get("days", "30")
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    if not 1 <= days <= LONGEST_PERIOD:
        raise Invalid(f"Give a number of days from 1 to {LONGEST_PERIOD}.", field="days")
    return jsonify(as_dict(get_analytics(days=days, zone=current_entry().time_zone)))


def _draft() -> Draft:
    sent = request.get_json(silent=True)
    body = sent if isinstance(sent, dict) else {}
    sets = body.get("rule_sets", [])
    if not isinstance(sets, list) or not all(isinstance(name, str) for name in sets):
        raise Invalid("Send the rule sets as a list of their names.", field="rule_sets")
    kind = _text(body, "document_type") or "other"
    return Draft(_text(body, "title"), kind, _text(body, "text"), sets)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid("Send this as a text.", field=name)
    return value


def _summary(validation: Validation) -> dict[str, Any]:
    return {
        "id": str(validation.id),
        "title": validation.title,
        "document_type": validation.document_type,
        "result": validation.result.upper(),
        "rule_sets": sorted(validation.rule_sets),
        "gates": validation.gates,
        "failed": sorted(validation.failed),
        "duration_ms": validation.duration_ms,
        "created_at": validation.created_at.isoformat(),
    }


def _whole(validation: Validation) -> dict[str, Any]:
    return {**_summary(validation), "results": validation.results}
