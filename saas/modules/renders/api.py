"""Renders for programs: list them, order them, see how far they are."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.errors import Invalid
from saas.modules.renders import operations, queries
from saas.modules.renders.models import Render
from saas.modules.renders.module import MAKE, VIEW
from saas.web.access import costly, requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor

bp = Blueprint("renders_api", __name__, subdomain="tenant", url_prefix="/api/renders")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Renders, 25 a page; ``q``, ``kind``, ``sort`` and ``page`` mean what they mean on the page for people."""
    listing = Listing.of_request(queries.SORTABLE, "-created")
    query = queries.find_renders(q=listing.q, kind=request.args.get("kind", ""))
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return jsonify(items=[_render(each) for each in page.items], page=page.page, pages=page.pages, total=page.total)


@bp.post("")
@requires(MAKE)
@costly
def order() -> ResponseReturnValue:
    """Order something: ``kind`` and its ``settings``; 202, and ``Location`` tells where to see it."""
    body = request.get_json(silent=True)
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("kind"), str)
        or not isinstance(body.get("settings"), dict)
    ):
        raise Invalid("Send a text under “kind” and an object under “settings”.", field="kind")
    render = operations.order_render(body["kind"], body["settings"], actor=current_actor())
    return jsonify(_render(render)), 202, {"Location": url_for(".show", render_id=render.id)}


@bp.get("/<uuid:render_id>")
@requires(VIEW)
def show(render_id: UUID) -> ResponseReturnValue:
    """How far something is, or what came of it."""
    return jsonify(_render(queries.get_render(render_id)))


def _render(render: Render) -> dict[str, Any]:
    return {
        "id": str(render.id),
        "kind": render.kind,
        "title": render.title,
        "status": render.status,
        "settings": render.settings,
        "result": render.result,
        "message": render.message,
        "steps": render.steps,
        "steps_done": render.steps_done,
        "size_gb": str(render.size_gb or 0),
        "created_at": render.created_at.isoformat(),
        "finished_at": render.finished_at.isoformat() if render.finished_at else None,
    }
