"""Streams for programs: list them, put them on air, take them off."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from saas.modules.streams import operations, queries
from saas.modules.streams.models import Stream
from saas.modules.streams.module import RUN, VIEW
from saas.web.access import requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor

bp = Blueprint("streams_api", __name__, subdomain="tenant", url_prefix="/api/streams")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Streams, 25 a page; ``q``, ``status``, ``sort`` and ``page`` mean what they mean on the page for people."""
    listing = Listing.of_request(queries.SORTABLE, "-created")
    query = queries.find_streams(q=listing.q, status=request.args.get("status", ""))
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return jsonify(items=[_stream(each) for each in page.items], page=page.page, pages=page.pages, total=page.total)


@bp.get("/<uuid:stream_id>")
@requires(VIEW)
def show(stream_id: UUID) -> ResponseReturnValue:
    """How a stream is going, or how it went."""
    return jsonify(_stream(queries.get_stream(stream_id)))


@bp.post("/<uuid:stream_id>/start")
@requires(RUN)
def start(stream_id: UUID) -> ResponseReturnValue:
    """Put a planned stream on air."""
    stream = queries.get_stream(stream_id, to_change=True)
    operations.start_stream(stream, actor=current_actor())
    return jsonify(_stream(stream))


@bp.post("/<uuid:stream_id>/end")
@requires(RUN)
def end(stream_id: UUID) -> ResponseReturnValue:
    """Take a stream off air; the answer holds what it took."""
    stream = queries.get_stream(stream_id, to_change=True)
    operations.end_stream(stream, actor=current_actor())
    return jsonify(_stream(stream))


def _stream(stream: Stream) -> dict[str, Any]:
    moments = {name: getattr(stream, name) for name in ("planned_at", "started_at", "ended_at", "created_at")}
    return {
        "id": str(stream.id),
        "title": stream.title,
        "description": stream.description,
        "channels": stream.channels,
        "quality": stream.quality,
        "status": stream.status,
        "seconds": stream.seconds,
        "viewers": stream.viewers,
        "bandwidth_gb": str(stream.bandwidth_gb),
        "recording_gb": None if stream.recording_gb is None else str(stream.recording_gb),
        "recording_note": stream.recording_note,
        "ended_because": stream.ended_because,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }
