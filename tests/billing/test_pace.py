"""What use is expected to add to the next invoice, when a month has hardly begun."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from saas.billing.coming import get_coming
from saas.billing.pace import get_pace
from saas.billing.queries.subscriptions import get_subscription
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.operations.consuming import consume
from saas.usage.periods import period_of
from tests.cast import Organisation

MINUTES, DAYS = timedelta(minutes=7), timedelta(days=3)


@pytest.mark.parametrize(("after", "expected"), [(timedelta(0), False), (MINUTES, False), (DAYS, True)])
def test_a_month_that_has_hardly_begun_has_no_pace(
    subscribed: Callable[..., Organisation], after: timedelta, expected: bool
) -> None:
    acme = subscribed("pro")
    begins = period_of(datetime.now(UTC)).end
    with time_machine.travel(begins + after, tick=False):
        with tenant_work(acme):
            consume("images", 30, actor=SYSTEM)
        with tenant_scope(acme):
            subscription = get_subscription()
            assert subscription is not None
            more = get_pace(subscription).cost_until(now() + timedelta(days=20))
    assert (more > 0) == expected
    assert more < Decimal(100)


@pytest.mark.parametrize("after", [timedelta(0), MINUTES])
def test_then_what_is_due_today_is_expected(subscribed: Callable[..., Organisation], after: timedelta) -> None:
    acme = subscribed("pro")
    with time_machine.travel(period_of(datetime.now(UTC)).end + after, tick=False):
        with tenant_work(acme):
            consume("images", 30, actor=SYSTEM)
        with tenant_scope(acme):
            coming = get_coming()
    assert coming is not None
    assert coming.expected == coming.due > 0
