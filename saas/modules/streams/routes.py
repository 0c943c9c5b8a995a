"""The pages of streams."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.modules.streams import operations, queries
from saas.modules.streams.encoder import CHANNELS, QUALITIES, gigabytes
from saas.modules.streams.forms import StreamForm, WordsForm
from saas.modules.streams.metering import NEEDED_TO_START
from saas.modules.streams.models import LONGEST, WAS_DELETED, Status, Stream
from saas.modules.streams.module import DELETE, EDIT, RUN, VIEW
from saas.tenancy.limits import LimitReached
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("streams", __name__, subdomain="tenant", url_prefix="/streams", template_folder="templates")
blueprints = (bp,)

LABELS = {str(Status.PLANNED): "Planned", str(Status.LIVE): "On air", str(Status.ENDED): "Ended"}


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of this module may name."""
    return {
        "labels": LABELS,
        "channels": CHANNELS,
        "qualities": QUALITIES,
        "needed": NEEDED_TO_START,
        "deleted": WAS_DELETED,
        "longest_hours": int(LONGEST.total_seconds()) // 3600,
    }


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """All streams."""
    listing, status = _listing()
    query = queries.find_streams(q=listing.q, status=status)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template("streams/index.html", page=page, listing=listing, status=status)


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC, sizes in GB."""
    listing, status = _listing()
    query = queries.find_streams(q=listing.q, status=status)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(stream) for stream in batch]

    head = (
        "Title",
        "Status",
        "Channels",
        "Quality",
        "Seconds",
        "Viewers",
        "Bandwidth",
        "Recording",
        "Planned",
        "On air",
        "Ended",
    )
    return csv_response("streams.csv", head, batches, current_entry())


def _row(stream: Stream) -> tuple[Any, ...]:
    channels = ", ".join(CHANNELS[name].label for name in stream.channels)
    moments = (stream.planned_at, stream.started_at, stream.ended_at)
    return (
        *(stream.title, LABELS[stream.status], channels, stream.quality, stream.seconds, stream.viewers),
        *(stream.bandwidth_gb, "" if stream.recording_gb is None else stream.recording_gb),
        *(moment.isoformat(timespec="seconds") if moment else "" for moment in moments),
    )


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "-created"), request.args.get("status", "")


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Plan a stream."""
    form = StreamForm.empty()
    if form.submitted():
        try:
            stream = operations.create_stream(form.draft(current_entry().time_zone), actor=current_actor())
            return redirect_with("The stream is planned.", ".show", stream_id=stream.id)
        except Invalid as error:
            form.refuse(error)
    return _form(form)


@bp.route("/<uuid:stream_id>/edit", methods=["GET", "POST"])
@requires(EDIT)
def edit(stream_id: UUID) -> ResponseReturnValue:
    """Change a stream; of one that has been on air, what is said of it."""
    stream, zone = queries.get_stream(stream_id, to_change=request.method == "POST"), current_entry().time_zone
    form = (StreamForm if stream.status == Status.PLANNED else WordsForm).of(stream, zone)
    if form.submitted():
        try:
            draft, version = form.draft_of(stream, zone), form.version.data or ""
            operations.change_stream(stream, draft, version=version, actor=current_actor())
            return redirect_with("Your changes are saved.", ".show", stream_id=stream.id)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.overtaken(conflict.message, stream)
    return _form(form, stream)


def _form(form: WordsForm, stream: Stream | None = None) -> ResponseReturnValue:
    page = render_template("streams/edit.html" if stream else "streams/new.html", form=form, stream=stream)
    return page, 422 if form.errors else 200


@bp.get("/<uuid:stream_id>")
@requires(VIEW)
def show(stream_id: UUID) -> ResponseReturnValue:
    """A stream: how it is going or how it went, channel by channel, and its recording."""
    stream = queries.get_stream(stream_id)
    seconds = stream.on_air(now()) if stream.status == Status.LIVE else stream.seconds
    sent = {name: gigabytes(stream.quality, seconds, copies=viewers) for name, viewers in stream.audience.items()}
    recorded = gigabytes(stream.quality, seconds) if _is_recorded(stream) else stream.recording_gb
    return render_template("streams/show.html", stream=stream, seconds=seconds, sent=sent, recorded=recorded)


def _is_recorded(stream: Stream) -> bool:
    return stream.status == Status.LIVE and stream.keep_recording


@bp.post("/<uuid:stream_id>/start")
@requires(RUN)
def start(stream_id: UUID) -> ResponseReturnValue:
    """Go on air."""
    try:
        operations.start_stream(queries.get_stream(stream_id, to_change=True), actor=current_actor())
    except LimitReached:
        raise
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", stream_id=stream_id)
    return redirect_with("You are on air.", ".show", stream_id=stream_id)


@bp.post("/<uuid:stream_id>/end")
@requires(RUN)
def end(stream_id: UUID) -> ResponseReturnValue:
    """Go off air."""
    try:
        operations.end_stream(queries.get_stream(stream_id, to_change=True), actor=current_actor())
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", stream_id=stream_id)
    return redirect_with("The stream has ended.", ".show", stream_id=stream_id)


@bp.post("/<uuid:stream_id>/recording/delete")
@requires(DELETE)
def delete_recording(stream_id: UUID) -> ResponseReturnValue:
    """Delete the recording of a stream."""
    try:
        operations.delete_recording(queries.get_stream(stream_id, to_change=True), actor=current_actor())
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", stream_id=stream_id)
    return redirect_with("The recording is deleted.", ".show", stream_id=stream_id)


@bp.post("/<uuid:stream_id>/delete")
@requires(DELETE)
def delete(stream_id: UUID) -> ResponseReturnValue:
    """Delete a stream with its recording."""
    stream = queries.get_stream(stream_id, to_change=True)
    try:
        operations.delete_stream(stream, actor=current_actor())
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", stream_id=stream_id)
    return redirect_with(f"“{stream.title}” is deleted.", ".index")
