"""Writes about streams, in the tenant's scope."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from saas.core.actor import Actor
from saas.core.audit import changes_of, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.jobs import enqueue
from saas.core.milestones import reach
from saas.members.holdings import Holding
from saas.modules.streams import metering
from saas.modules.streams.encoder import CHANNELS, QUALITIES
from saas.modules.streams.models import DESCRIPTION_LENGTH, TITLE_LENGTH, WAS_DELETED, Status, Stream
from saas.modules.streams.module import (
    CHANGED,
    CREATED,
    DELETE,
    DELETED,
    EDIT,
    ENDED,
    FIRST_STREAM,
    RECORDING_DELETED,
    RUN,
    STARTED,
)
from saas.modules.streams.queries import count_streams_of, find_live, get_stream, is_first_end
from saas.modules.streams.recording import fields_of, target_of, without
from saas.tenancy.limits import lock_meter
from saas.tenancy.names import clean_name
from saas.usage.operations.trying import use_together

OVERDUE_JOB = "streams.end_overdue"
WATCH = Actor("job", "Watch over streams")
EARLIEST = timedelta(hours=1)
"""How long ago a planned start may be: whoever plans for now may take a while to say so."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A stream as somebody wants it; ``planned_at`` is aware."""

    title: str
    description: str = ""
    channels: Sequence[str] = ("page",)
    quality: str = "720p"
    planned_at: datetime | None = None
    keep_recording: bool = True

    @classmethod
    def of(cls, stream: Stream) -> Self:
        """A stream as it stands."""
        return cls(
            stream.title, stream.description, stream.channels, stream.quality, stream.planned_at, stream.keep_recording
        )


def create_stream(draft: Draft, *, actor: Actor) -> Stream:
    """Plan a stream; raises Invalid."""
    actor.require(EDIT)
    stream = Stream(seconds=0)
    _apply(draft, stream)
    db.session.add(stream)
    db.session.flush()
    record(CREATED, actor=actor, target=target_of(stream), changes=changes_of({}, fields_of(stream)))
    return stream


def change_stream(stream: Stream, draft: Draft, *, version: str | None = None, actor: Actor) -> None:
    """Make a stream what the draft says; raises Invalid. Of one that has been on air only title and description change:
    Conflict for the rest.

    ``version`` is that of the stream which the draft was made from: Conflict when it was changed since.
    """
    actor.require(EDIT)
    as_it_was = replace(Draft.of(stream), title=draft.title, description=draft.description)
    if stream.status != Status.PLANNED and draft != as_it_was:
        raise Conflict("This stream has been on air: only its title and its description can be changed.")
    if version not in (None, stream.version):
        raise Conflict("Somebody changed this stream while you edited it. Save again to replace it with yours.")
    before = fields_of(stream)
    _apply(draft, stream)
    if changes := changes_of(before, fields_of(stream)):
        stream.updated_at = now()
        record(CHANGED, actor=actor, target=target_of(stream), changes=changes)
    db.session.flush()


def _apply(draft: Draft, stream: Stream) -> None:
    stream.title = clean_name(draft.title, field="title", longest=TITLE_LENGTH)
    if len(draft.description) > DESCRIPTION_LENGTH:
        raise Invalid(f"Use at most {DESCRIPTION_LENGTH} characters.", field="description")
    if not draft.channels or set(draft.channels) - CHANNELS.keys():
        raise Invalid("Please choose among these, one at least.", field="channels")
    if draft.quality not in QUALITIES:
        raise Invalid("Please choose one of these.", field="quality")
    if draft.planned_at and draft.planned_at != stream.planned_at and draft.planned_at < now() - EARLIEST:
        raise Invalid("This lies in the past.", field="planned_at")
    stream.description, stream.quality = draft.description, draft.quality
    stream.channels = [name for name in CHANNELS if name in draft.channels]
    stream.planned_at, stream.keep_recording = draft.planned_at, draft.keep_recording


def start_stream(stream: Stream, *, actor: Actor) -> None:
    """Put a planned stream on air. Raises Conflict for another one, LimitReached when hours or bandwidth are used up,
    BudgetSpent when they cost and the budget is spent."""
    actor.require(RUN)
    stream = get_stream(stream.id, to_change=True)
    if stream.status != Status.PLANNED:
        raise Conflict("This stream is on air already." if stream.status == Status.LIVE else "This stream has ended.")
    metering.check_room()
    stream.status, stream.started_at = Status.LIVE, now()
    stream.started_by_id = actor.id if actor.kind == "member" else None
    stream.updated_at = now()
    record(STARTED, actor=actor, target=target_of(stream), changes={"status": (Status.PLANNED, Status.LIVE)})
    db.session.flush()
    longest, _because = metering.get_bounds().longest(stream)
    enqueue(OVERDUE_JOB, after=timedelta(seconds=longest + 1))


def end_stream(stream: Stream, *, actor: Actor) -> None:
    """Take a stream off air and count what it took; raises Conflict when it is not on air.

    One that was on air for longer than it can be, or than what the plan has left lasted, ended then.
    """
    actor.require(RUN)
    stream = get_stream(stream.id, to_change=True)
    if stream.status != Status.LIVE:
        raise Conflict("This stream is not on air.")
    lock_meter(metering.BANDWIDTH)
    _end(stream, metering.get_bounds(), actor=actor)
    _count([stream], actor=actor)


def end_overdue() -> None:
    """End the streams that have been on air for as long as they can be."""
    live = list(db.session.scalars(find_live(to_change=True)))
    if not live:
        return
    lock_meter(metering.BANDWIDTH)
    bounds = metering.get_bounds()
    overdue = [stream for stream in live if stream.on_air(now()) >= bounds.longest(stream)[0]]
    for stream in overdue:
        _end(stream, bounds, actor=WATCH)
    _count(overdue, actor=WATCH)


def _end(stream: Stream, bounds: metering.Bounds, *, actor: Actor) -> None:
    elapsed, (longest, because) = stream.on_air(now()), bounds.longest(stream)
    stream.status, stream.seconds, stream.updated_at = Status.ENDED, min(elapsed, longest), now()
    stream.ended_at = (stream.started_at or now()) + timedelta(seconds=stream.seconds)
    stream.ended_because = because if elapsed >= longest else ""
    stream.viewers, stream.bandwidth_gb = sum(stream.audience.values()), stream.sent(stream.seconds)
    record(
        ENDED,
        actor=actor,
        target=target_of(stream),
        changes={"status": (Status.LIVE, Status.ENDED)},
        seconds=stream.seconds,
        viewers=stream.viewers,
        because=stream.ended_because,
    )
    if is_first_end(stream):
        reach(FIRST_STREAM, by=stream.started_by_id)
    db.session.flush()


def _count(streams: Sequence[Stream], *, actor: Actor) -> None:
    """Count what streams took, which has happened; a recording for which there is no place is not kept."""
    use_together([use for stream in streams for use in metering.uses_of(stream)], actor=actor, beyond=True)
    for stream in streams:
        metering.store(stream, actor=actor)
    db.session.flush()


def delete_recording(stream: Stream, *, actor: Actor) -> None:
    """Delete a recording and give its storage back; raises Conflict when there is none."""
    actor.require(DELETE)
    stream = get_stream(stream.id, to_change=True)
    size = stream.recording_gb
    if size is None:
        raise Conflict("There is no recording of this stream.")
    record(RECORDING_DELETED, actor=actor, target=target_of(stream), gigabytes=str(size))
    stream.recording_gb, stream.recording_note, stream.updated_at = None, WAS_DELETED, now()
    db.session.flush()
    metering.give_back(size, stream, actor=actor)


def delete_stream(stream: Stream, *, actor: Actor) -> None:
    """Delete a stream with its recording; raises Conflict while it is on air, NotFound when it was deleted meanwhile."""
    actor.require(DELETE)
    stream = get_stream(stream.id, to_change=True)
    if stream.status == Status.LIVE:
        raise Conflict("This stream is on air. End it first.")
    fields = fields_of(stream)
    record(DELETED, actor=actor, target=target_of(stream), changes=changes_of(fields, without(fields)))
    db.session.delete(stream)
    db.session.flush()
    metering.give_back(stream.recording_gb, stream, actor=actor)


holdings = (Holding("streams.started", "Streams put on air", count_streams_of, one="Stream put on air"),)
