"""What bounds streams on air: hours, bandwidth and the budget; and that what has happened is counted all the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from saas.catalogue.current import install_catalogue
from saas.core.actor import SYSTEM
from saas.core.errors import Conflict, NotFound
from saas.modules.streams.models import Status
from saas.modules.streams.operations import delete_recording, delete_stream, end_overdue, end_stream, start_stream
from saas.modules.streams.queries import get_stream
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.operations.budgets import BudgetSpent, set_budget
from tests.cast import found
from tests.modules.selling import allow, events, figure, give, use
from tests.modules.streams.conftest import end, read
from tests.support import sold

HOUR = timedelta(hours=1)


@pytest.fixture
def studio(app):
    """An organisation at Atlantiplex on a plan with room for everything."""
    with sold("atlantiplex"):
        organisation = found("Northlight", owner="Alice", people={"Bob": "member"})
        give(organisation, "enterprise")
        yield organisation


@pytest.fixture
def priced(app):
    """The same where bandwidth costs, beyond 10 GB a month."""
    with sold("atlantiplex") as before:
        meters = before.meters | {"bandwidth": before.meters["bandwidth"].model_copy(update={"price": Decimal("0.10")})}
        plans = before.plans | {
            "enterprise": before.plans["enterprise"].model_copy(update={"included": {"bandwidth": 10}})
        }
        install_catalogue(before.model_copy(update={"meters": meters, "plans": plans}))
        organisation = found("Northlight", owner="Alice", people={"Bob": "member"})
        give(organisation, "enterprise")
        yield organisation


@pytest.mark.usefixtures("within_a_month")
def test_streams_at_once_share_the_hours_and_then_nothing_goes_on_air(studio, plan, on_air):
    numbers = [on_air(studio, name, since=3 * HOUR, keep_recording=False) for name in ("First", "Second")]
    allow(studio, stream_hours=1)
    streams = [end(studio, number) for number in numbers]
    for stream in streams:
        assert 1795 <= stream.seconds <= 1805
        assert stream.ended_because == "The hours on air of your plan were used up."
    told = figure(studio, "stream_hours")
    assert Decimal("0.99") < told.used <= 1
    assert len(events(studio, "bandwidth")) == 2
    third = plan(studio, "Third")
    with tenant_scope(studio), pytest.raises(LimitReached, match=r"1 hour a month.*needs 0\.1 hours more"):
        start_stream(get_stream(third), actor=SYSTEM)
    allow(studio, stream_hours=2)
    with tenant_work(studio):
        start_stream(get_stream(third), actor=SYSTEM)


def test_who_was_on_air_alone_has_used_more_of_what_is_shared(studio, on_air):
    early = on_air(studio, "Early", since=3 * HOUR)
    late = on_air(studio, "Late", since=2 * HOUR)
    allow(studio, stream_hours=2)
    assert 5395 <= end(studio, late).seconds + 3600 <= 5405
    assert 5395 <= end(studio, early).seconds <= 5405


def test_what_happened_is_counted_whatever_the_budget_says(priced, on_air):
    use(priced, "bandwidth", 11)
    number = on_air(priced, "News", since=HOUR, quality="1080p")
    with tenant_work(priced):
        set_budget(Decimal("0.10"), stop=True, actor=SYSTEM)
    stream = end(priced, number)
    assert (stream.status, stream.ended_because) == (Status.ENDED, "")
    assert figure(priced, "bandwidth").used == 11 + stream.bandwidth_gb
    assert figure(priced, "stream_hours").used > Decimal("0.99")


def test_with_a_spent_budget_nothing_goes_on_air_that_costs(priced, plan):
    free, costs = plan(priced, "Free"), plan(priced, "Costs")
    with tenant_work(priced):
        set_budget(Decimal("0"), stop=True, actor=SYSTEM)
        start_stream(get_stream(free), actor=SYSTEM)
    use(priced, "bandwidth", 10)
    with tenant_scope(priced), pytest.raises(BudgetSpent, match="Your admins can raise it"):
        start_stream(get_stream(costs), actor=SYSTEM)
    with tenant_work(priced):
        set_budget(Decimal("0"), stop=False, actor=SYSTEM)
        start_stream(get_stream(costs), actor=SYSTEM)


@pytest.mark.parametrize(("old", "new", "seconds"), [(1, 2, 7200), (1, 0, 3600), (0, 2, 1800)])
def test_across_the_first_of_a_month_all_of_it_counts_in_the_new_one(studio, plan, old, new, seconds):
    """January has an hour and a half left, or half an hour: then it ends before midnight. February has two hours, or one."""
    number = plan(studio, "New month", keep_recording=False)
    with time_machine.travel(datetime(2027, 1, 31, 23, tzinfo=UTC), tick=False) as clock:
        allow(studio, stream_hours=2)
        use(studio, "stream_hours", Decimal("0.5") if old else Decimal("1.5"))
        with tenant_work(studio):
            start_stream(get_stream(number), actor=SYSTEM)
        clock.move_to(datetime(2027, 2, 1, 0, 30, tzinfo=UTC))
        if new == 0:
            use(studio, "stream_hours", 1)
        clock.move_to(datetime(2027, 2, 1, 3, tzinfo=UTC))
        stream = end(studio, number)
        assert stream.seconds == seconds
        assert stream.ended_at == stream.started_at + timedelta(seconds=seconds)
        assert figure(studio, "stream_hours").used == {7200: 2, 3600: 2, 1800: 0}[seconds]


def test_the_watch_asks_as_little_for_many_as_for_one(studio, on_air, statements):
    allow(studio, bandwidth=1000, stream_hours=100)
    on_air(studio, "A", since=HOUR)
    sent = []
    for name in ("B", "C"):
        statements.clear()
        with tenant_work(studio):
            end_overdue()
        sent.append(len(statements))
        on_air(studio, name, since=HOUR)
    assert sent[0] == sent[1]


@pytest.mark.parametrize("deletes", [delete_recording, delete_stream])
def test_two_deletes_at_once_give_back_once(studio, on_air, deletes):
    end(studio, on_air(studio, "Kept", since=HOUR))
    number = end(studio, on_air(studio, "News", since=HOUR)).id
    kept = figure(studio, "storage").used / 2

    def meanwhile() -> None:
        with tenant_work(studio):
            deletes(get_stream(number), actor=SYSTEM)

    with tenant_scope(studio):
        seen = get_stream(number)
        with ThreadPoolExecutor(1) as others:
            others.submit(meanwhile).result()
        with pytest.raises((Conflict, NotFound)):
            deletes(seen, actor=SYSTEM)
    assert round(figure(studio, "storage").used, 2) == round(kept, 2)
    assert len(events(studio, "storage")) == 3


def test_two_ends_at_once_count_once(studio, on_air):
    number = on_air(studio, "News", since=HOUR)
    with tenant_scope(studio):
        seen = get_stream(number)
        with ThreadPoolExecutor(1) as others:
            others.submit(end, studio, number).result()
        with pytest.raises(Conflict, match="not on air"):
            end_stream(seen, actor=SYSTEM)
    assert read(studio, number).seconds >= 3600
    assert len(events(studio, "stream_hours")) == 1
