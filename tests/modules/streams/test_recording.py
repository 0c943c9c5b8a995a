"""What the log tells of streams."""

from datetime import timedelta

from saas.core.actor import SYSTEM
from saas.modules.streams.operations import (
    Draft,
    change_stream,
    create_stream,
    delete_recording,
    delete_stream,
    end_stream,
    start_stream,
)
from saas.modules.streams.queries import get_stream
from saas.tenancy.scope import tenant_work
from tests.log import news
from tests.modules.streams.conftest import end


def test_each_step_of_a_stream_is_one_entry(acme):
    with news(acme) as told:
        with tenant_work(acme):
            number = create_stream(Draft("News"), actor=SYSTEM).id
        with tenant_work(acme):
            change_stream(get_stream(number, to_change=True), Draft("Other news", quality="1080p"), actor=SYSTEM)
        with tenant_work(acme):
            change_stream(get_stream(number, to_change=True), Draft("Other news", quality="1080p"), actor=SYSTEM)
        with tenant_work(acme):
            start_stream(get_stream(number, to_change=True), actor=SYSTEM)
        with tenant_work(acme):
            end_stream(get_stream(number, to_change=True), actor=SYSTEM)
        with tenant_work(acme):
            delete_stream(get_stream(number, to_change=True), actor=SYSTEM)
    words = [event.removeprefix("streams.stream.") for event in told.events if event.startswith("streams.")]
    assert words == ["created", "changed", "started", "ended", "deleted"]
    assert told.entries[1].changes == {"title": ["News", "Other news"], "quality": ["720p", "1080p"]}
    assert told.entries[2].changes == {"status": ["planned", "live"]}


def test_a_deleted_recording_is_told_with_its_size(acme, on_air):
    number = end(acme, on_air(acme, "News", since=timedelta(hours=1))).id
    with news(acme) as told, tenant_work(acme):
        size = get_stream(number).recording_gb
        delete_recording(get_stream(number, to_change=True), actor=SYSTEM)
    assert [(entry.event, entry.facts) for entry in told.entries] == [
        ("streams.recording.deleted", {"gigabytes": str(size)})
    ]
