"""Streams: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, AuditEvent, Milestone, Module, NavItem, Permission

VIEW = Permission(
    "streams.view", "See streams", EVERYONE, "All streams with their channels, their figures and their recordings."
)
EDIT = Permission(
    "streams.edit",
    "Plan and change streams",
    MEMBERS,
    "Plan streams, and change them until they go on air; their titles and descriptions after that too.",
)
RUN = Permission("streams.run", "Go on air", MEMBERS, "Put planned streams on air, and end them.")
DELETE = Permission(
    "streams.delete", "Delete streams", sentence="Delete streams that are not on air, and recordings that were kept."
)

CREATED = AuditEvent("streams.stream.created", "planned the stream {target}")
CHANGED = AuditEvent("streams.stream.changed", "changed the stream {target}")
DELETED = AuditEvent("streams.stream.deleted", "deleted the stream {target}")
STARTED = AuditEvent("streams.stream.started", "put {target} on air")
ENDED = AuditEvent("streams.stream.ended", "took {target} off air")
RECORDING_DELETED = AuditEvent("streams.recording.deleted", "deleted the recording of {target}")

FIRST_STREAM = Milestone(
    "streams.first_stream",
    "Your first stream has been on air",
    "See how many watched on which channel, and plan the next one while they remember you.",
    "/streams",
    "Open streams",
)

module = Module(
    "streams",
    label="Streams",
    permissions=(VIEW, EDIT, RUN, DELETE),
    events=(CREATED, CHANGED, DELETED, STARTED, ENDED, RECORDING_DELETED),
    milestones=(FIRST_STREAM,),
    navigation=(NavItem("Streams", "streams.index", "broadcast", VIEW, order=20),),
    meters=("stream_hours", "bandwidth", "storage"),
    sentence="Shows that go out live to all of your channels at once, with recordings of those worth keeping.",
)
