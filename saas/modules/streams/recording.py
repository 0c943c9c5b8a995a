"""Streams as the audit log tells of them."""

from saas.core.audit import Target
from saas.modules.streams.encoder import CHANNELS
from saas.modules.streams.models import Stream

Fields = dict[str, str | None]


def target_of(stream: Stream) -> Target:
    """A stream to which something is done."""
    return Target("stream", stream.id, stream.title)


def fields_of(stream: Stream) -> Fields:
    """Each field with its value."""
    return {
        "title": stream.title,
        "description": stream.description,
        "channels": ", ".join(CHANNELS[name].label for name in stream.channels),
        "quality": stream.quality,
        "planned start": stream.planned_at.isoformat() if stream.planned_at else None,
        "keep recording": "yes" if stream.keep_recording else "no",
    }


def without(fields: Fields) -> Fields:
    """The same fields without values: what is left of something deleted."""
    return dict.fromkeys(fields)
