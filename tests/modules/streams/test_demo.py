"""The demo's streams."""

import pytest

from saas.modules.streams import demo
from saas.modules.streams.models import Status
from saas.modules.streams.queries import find_streams
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.selling import figure, give
from tests.support import sold


@pytest.mark.parametrize("plan", ["free", "professional"])
def test_the_demo_keeps_within_the_plan_and_counts_what_it_shows(app, browse, plan):
    with sold("atlantiplex"):
        where = found("Showtime", owner="Alice", people={"Bob": "member"})
        give(where, plan)
        days = 9 if plan == "free" else 60
        with tenant_work(where):
            demo.fill(seed=3, people=[person.id for person in where.people.values()], days=days)
        with tenant_scope(where) as session:
            streams = session.scalars(find_streams()).all()
        assert {stream.status for stream in streams} == set(Status)
        ended = [stream for stream in streams if stream.status == Status.ENDED]
        assert len(ended) == max(2, days // 4)
        assert not any(stream.ended_because or stream.recording_note for stream in ended)
        storage = sum(stream.recording_gb or 0 for stream in ended)
        assert figure(where, "storage").used == storage
        assert "Open house" in browse(where, "Bob").get("/streams").text


def test_where_streams_are_not_sold_nothing_is_filled(app):
    with sold("auterity"):
        where = found("Clockwork", owner="Alice", people={})
        with tenant_work(where):
            demo.fill(seed=1, people=[where.people["Alice"].id], days=5)
        with tenant_scope(where) as session:
            assert session.scalars(find_streams()).all() == []
