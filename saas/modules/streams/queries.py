"""Reads about streams, in the tenant's scope."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from saas.core.database import db
from saas.core.errors import NotFound
from saas.modules.streams.models import Status, Stream

SORTABLE = {
    "title": func.lower(Stream.title),
    "status": Stream.status,
    "planned": Stream.planned_at,
    "started": Stream.started_at,
    "duration": Stream.seconds,
    "created": Stream.created_at,
}
"""What the list can be ordered by, under the names that addresses use."""


def find_streams(*, q: str = "", status: str = "") -> Select[Stream]:
    """Streams whose title or description holds a text; an unknown status counts as none."""
    query = select(Stream)
    if q:
        query = query.where(
            Stream.title.icontains(q, autoescape=True) | Stream.description.icontains(q, autoescape=True)
        )
    return query.where(Stream.status == status) if status in set(Status) else query


def get_stream(stream_id: UUID, *, to_change: bool = False) -> Stream:
    """A stream with whoever put it on air; locked and read anew, without that, when it is about to change. Raises NotFound."""
    query = select(Stream).where(Stream.id == stream_id)
    query = query.with_for_update() if to_change else query.options(joinedload(Stream.started_by))
    stream = db.session.scalars(query, execution_options={"populate_existing": to_change}).one_or_none()
    if stream is None:
        raise NotFound
    return stream


def find_live(*, to_change: bool = False) -> Select[Stream]:
    """Streams that are on air, the oldest first; without those that somebody is changing when they are about to change."""
    query = select(Stream).where(Stream.status == Status.LIVE).order_by(Stream.started_at, Stream.id)
    return query.with_for_update(skip_locked=True) if to_change else query


_A_STREAM = select(Stream.__table__.c.id).where(Stream.__table__.c.started_at.is_not(None)).limit(1)


def has_been_on_air() -> bool:
    """Whether any stream has ever been put on air here."""
    return db.session.execute(_A_STREAM).first() is not None


def count_live() -> int:
    """How many streams are on air."""
    return db.session.scalar(select(func.count()).where(Stream.status == Status.LIVE)) or 0


def is_first_end(stream: Stream) -> bool:
    """Whether no other stream has been on air to its end here."""
    other = select(Stream.id).where(Stream.status == Status.ENDED, Stream.id != stream.id).limit(1)
    return db.session.scalar(other) is None


def count_streams_of(user_id: UUID) -> int:
    """How many streams somebody has put on air."""
    return db.session.scalar(select(func.count()).select_from(Stream).where(Stream.started_by_id == user_id)) or 0
