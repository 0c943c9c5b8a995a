"""What the tests of streams share: a way to plan one, and one that has been on air for a while."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from saas.core.actor import SYSTEM, Actor
from saas.core.clock import ago, now
from saas.core.database import db
from saas.members.rights import identification
from saas.modules.streams.models import Stream
from saas.modules.streams.operations import Draft, create_stream, end_stream, start_stream
from saas.modules.streams.queries import get_stream
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation

Make = Callable[..., UUID]


@pytest.fixture
def within_a_month() -> Iterator[None]:
    """The middle of this month: hours ago it was the same one, and what was used then counts in it."""
    with time_machine.travel(now().replace(day=15, hour=12)):
        yield


@pytest.fixture
def plan() -> Make:
    """Plan a stream in an organisation: ``plan(acme, "News", quality="1080p")`` gives its id."""

    def plan_stream(where: Organisation, title: str, **draft: Any) -> UUID:
        with tenant_work(where):
            return create_stream(Draft(title, f"About {title}", **draft), actor=SYSTEM).id

    return plan_stream


@pytest.fixture
def on_air(plan: Make) -> Make:
    """Put a stream on air some time ago: ``on_air(acme, "News", since=timedelta(hours=1))`` gives its id."""

    def put_on_air(where: Organisation, title: str, *, since: timedelta, by: str = "", **draft: Any) -> UUID:
        number = plan(where, title, **draft)
        with tenant_work(where), ago(since):
            start_stream(get_stream(number, to_change=True), actor=actor_in(where, by))
            db.session.flush()
        return number

    return put_on_air


def actor_in(where: Organisation, person: str) -> Actor:
    """Somebody as they act, inside the organisation's scope; the system for nobody."""
    if not person:
        return SYSTEM
    number = where.people[person].id
    return Actor("member", person, number, identification.rights_of(number))


def read(where: Organisation, number: UUID) -> Stream:
    """A stream as it stands."""
    with tenant_scope(where):
        return get_stream(number)


def end(where: Organisation, number: UUID) -> Stream:
    """End a stream; returns it as it stands then."""
    with tenant_work(where):
        end_stream(get_stream(number, to_change=True), actor=SYSTEM)
    return read(where, number)
