"""Going on air, coming off, and what that counts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import ago, now
from saas.core.errors import Conflict
from saas.modules.streams.encoder import gigabytes
from saas.modules.streams.models import Status
from saas.modules.streams.operations import (
    delete_recording,
    delete_stream,
    end_overdue,
    end_stream,
    start_stream,
)
from saas.modules.streams.queries import find_live, get_stream
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.selling import allow, events, figure, give, use
from tests.modules.streams.conftest import end, read
from tests.support import sold

HOUR = timedelta(hours=1)


@pytest.fixture
def studio(app):
    """An organisation at Atlantiplex on a plan with room for everything."""
    with sold("atlantiplex"):
        organisation = found("Northlight", owner="Alice", people={"Bob": "member", "Vera": "viewer"})
        give(organisation, "enterprise")
        yield organisation


def test_what_a_stream_took_is_counted_when_it_ends(studio, on_air):
    number = on_air(studio, "News", since=HOUR, by="Bob", quality="1080p", channels=("youtube", "page"))
    assert events(studio, "stream_hours") == []
    stream = end(studio, number)
    assert 3600 <= stream.seconds < 3660
    assert stream.ended_at == stream.started_at + timedelta(seconds=stream.seconds)
    [hours], [sent], [kept] = (events(studio, meter) for meter in ("stream_hours", "bandwidth", "storage"))
    assert round(hours.quantity * 3600) == stream.seconds
    assert sent.quantity == stream.bandwidth_gb == gigabytes("1080p", stream.seconds, copies=stream.viewers)
    assert stream.viewers == sum(stream.audience.values())
    assert kept.quantity == stream.recording_gb == gigabytes("1080p", stream.seconds)
    for event in (hours, sent, kept):
        assert (event.actor_kind, event.actor_id) == ("member", studio.people["Bob"].id)
        assert (event.module, event.resource, event.outcome) == ("streams", f"stream:{number}", "ok")
        assert event.at == stream.ended_at


def test_without_a_recording_no_storage_is_used(studio, on_air):
    stream = end(studio, on_air(studio, "News", since=HOUR, keep_recording=False))
    assert (stream.recording_gb, stream.recording_note) == (None, "")
    assert events(studio, "storage") == []


def test_a_recording_without_place_is_not_kept_and_the_stream_is_fine(studio, on_air, browse):
    allow(studio, storage=1)
    first = end(studio, on_air(studio, "First", since=timedelta(minutes=50), quality="720p"))  # 0.9375 GB
    second = end(studio, on_air(studio, "Second", since=HOUR, quality="720p"))
    assert first.recording_gb
    assert second.recording_gb is None
    assert (second.status, second.seconds >= 3600, second.ended_because) == (Status.ENDED, True, "")
    page = browse(studio, "Vera").get(f"/streams/{second.id}").text
    assert "There was no place for the recording" in page
    assert "Your plan has 1 GB;" in page
    assert "Compare plans" in page
    assert figure(studio, "storage").used == first.recording_gb


def test_a_deleted_recording_gives_its_storage_back_once(studio, on_air):
    number = end(studio, on_air(studio, "News", since=HOUR)).id
    assert figure(studio, "storage").used > 1
    with tenant_work(studio):
        delete_recording(get_stream(number, to_change=True), actor=SYSTEM)
    assert figure(studio, "storage").used == 0
    with tenant_scope(studio), pytest.raises(Conflict, match="no recording"):
        delete_recording(get_stream(number, to_change=True), actor=SYSTEM)
    with tenant_work(studio):
        delete_stream(get_stream(number, to_change=True), actor=SYSTEM)
    assert figure(studio, "storage").used == 0


def test_a_deleted_stream_takes_its_recording_along(studio, on_air):
    number = end(studio, on_air(studio, "News", since=HOUR)).id
    with tenant_work(studio):
        delete_stream(get_stream(number, to_change=True), actor=SYSTEM)
    assert figure(studio, "storage").used == 0


def test_one_that_is_on_air_is_neither_deleted_nor_put_on_air_again(studio, on_air):
    number = on_air(studio, "News", since=HOUR)
    with tenant_scope(studio):
        stream = get_stream(number, to_change=True)
        with pytest.raises(Conflict, match="End it first"):
            delete_stream(stream, actor=SYSTEM)
        with pytest.raises(Conflict, match="on air already"):
            start_stream(stream, actor=SYSTEM)
    end(studio, number)
    with tenant_scope(studio):
        stream = get_stream(number, to_change=True)
        with pytest.raises(Conflict, match="has ended"):
            start_stream(stream, actor=SYSTEM)
        with pytest.raises(Conflict, match="not on air"):
            end_stream(stream, actor=SYSTEM)
        delete_stream(stream, actor=SYSTEM)


def test_going_on_air_needs_a_gigabyte_of_bandwidth(studio, plan):
    first, second = plan(studio, "First"), plan(studio, "Second")
    allow(studio, bandwidth=10)
    use(studio, "bandwidth", Decimal("9"))
    with tenant_work(studio):
        start_stream(get_stream(first, to_change=True), actor=SYSTEM)
    use(studio, "bandwidth", Decimal("0.5"))
    with tenant_scope(studio), pytest.raises(LimitReached, match=r"9\.5 GB are in use"):
        start_stream(get_stream(second, to_change=True), actor=SYSTEM)
    assert read(studio, second).status == Status.PLANNED


@pytest.mark.usefixtures("within_a_month")
def test_after_twelve_hours_a_stream_ends_by_itself(studio, on_air):
    long, short = (on_air(studio, f"{hours} h", since=timedelta(hours=hours)) for hours in (13, 11))
    with tenant_work(studio):
        end_overdue()
    ended = read(studio, long)
    assert (ended.status, ended.seconds) == (Status.ENDED, 12 * 3600)
    assert ended.ended_at == ended.started_at + timedelta(hours=12)
    assert "12 hours, the longest a stream can be" in ended.ended_because
    assert read(studio, short).status == Status.LIVE
    assert figure(studio, "stream_hours").used == 12


def test_the_job_that_ends_it_waits_from_the_start(studio, plan, run_jobs):
    number = plan(studio, "Overnight")
    with tenant_work(studio), ago(timedelta(hours=12, seconds=2)):
        start_stream(get_stream(number, to_change=True), actor=SYSTEM)
    run_jobs()
    assert read(studio, number).status == Status.ENDED


@pytest.mark.usefixtures("within_a_month")
def test_when_the_bandwidth_is_used_up_the_stream_ended_then(studio, on_air):
    number = on_air(studio, "News", since=HOUR, quality="720p")
    each = read(studio, number).sent(1)
    allow(studio, bandwidth=int(each * 1800) + 1)
    with tenant_work(studio):
        end_overdue()
    stream = read(studio, number)
    assert stream.status == Status.ENDED
    assert 1800 <= stream.seconds < 3600
    assert stream.ended_because == "The bandwidth of your plan was used up."
    told = figure(studio, "bandwidth")
    assert told.used == stream.bandwidth_gb <= told.limit < stream.sent(stream.seconds + 1)
    assert stream.ended_at < now() - timedelta(minutes=1)


def test_streams_on_air_at_once_share_what_is_left(studio, on_air):
    numbers = [on_air(studio, name, since=HOUR, quality="1080p") for name in ("A", "B", "C")]
    allow(studio, bandwidth=10)
    with tenant_work(studio):
        end_overdue()
    streams = [read(studio, number) for number in numbers]
    assert {stream.status for stream in streams} <= {Status.ENDED, Status.LIVE}
    for stream in streams:
        if stream.status == Status.LIVE:
            end(studio, stream.id)
    assert figure(studio, "bandwidth").used <= 10
    with tenant_scope(studio) as session:
        assert session.scalars(find_live()).all() == []


def test_one_that_ends_at_once_uses_nothing(studio, on_air):
    stream = end(studio, on_air(studio, "Oops", since=timedelta(0)))
    assert stream.seconds < 5
    assert stream.status == Status.ENDED
