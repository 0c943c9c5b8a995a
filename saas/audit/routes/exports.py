"""Exports: asking for one, watching it being written, taking it along."""

from functools import partial
from itertools import chain
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.audit import operations, queries
from saas.audit.exporting import part_name
from saas.audit.module import EXPORT
from saas.audit.routes.blueprint import bp
from saas.audit.search import Search
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.runtime import runtime
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.unit import afterwards
from saas.web.visit import current_actor, current_entry

TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


@bp.get("/exports")
@requires(EXPORT)
def exports() -> ResponseReturnValue:
    """The newest exports; the page asks again by itself while one is being written."""
    listed = queries.list_exports()
    busy = any(one.export.status in operations.UNDER_WAY for one in listed)
    return render_template("audit/exports.html", listed=listed, busy=busy)


@bp.post("/exports")
@requires(EXPORT)
def export() -> ResponseReturnValue:
    """Ask for an export of what was searched for; of everything without a search."""
    try:
        operations.ask_export(
            format=request.form.get("format", ""), search=Search.read(request.form), actor=current_actor()
        )
    except (Conflict, Invalid) as error:
        return redirect_with(error.message, ".exports", "warning")
    return redirect_with("Your export is being written. We send you a mail when it is ready.", ".exports")


@bp.get("/exports/<uuid:export_id>")
@requires(EXPORT)
def download(export_id: UUID) -> ResponseReturnValue:
    """The file of an export, part after part; the first is there before anything is answered."""
    found, tenant_id = queries.get_export(export_id), current_entry().id
    if found.status != "ready" or found.expires_at is None or found.expires_at <= now():
        raise NotFound("This export is not there any more, or not yet.")
    parts = (runtime().storage.get(tenant_id, part_name(found, number)) for number in range(found.parts))
    first = next(parts, b"")
    afterwards(partial(operations.note_download, found, actor=current_actor()))
    response = Response(chain([first], parts), mimetype=TYPES[found.format])
    name = f"audit-log-{current_entry().slug}-{found.created_at:%Y-%m-%d}.{found.format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(found.size)
    return response
