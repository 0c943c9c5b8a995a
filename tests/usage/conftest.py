"""What tests about usage share: organisations on a plan, and their counters."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.models import UsageEvent, UsageTotal
from saas.usage.operations.consuming import Receipt, consume
from tests.cast import Organisation


@pytest.fixture
def on_plan(acme: Organisation) -> Callable[[str], Organisation]:
    """Acme with a plan of the tests' catalogue."""

    def put(plan: str) -> Organisation:
        with platform_work() as session:
            give_plan(session.get_one(Tenant, acme.id), plan, actor=SYSTEM)
        return acme

    return put


def use(organisation: Organisation, meter: str, quantity: Decimal | int = 1, **about: Any) -> Receipt:
    """Consume in a transaction of its own."""
    with tenant_work(organisation):
        receipt = consume(meter, quantity, actor=SYSTEM, **about)
    assert receipt is not None
    return receipt


def events_of(organisation: Organisation, meter: str) -> list[UsageEvent]:
    """The recorded events of a meter, in their order."""
    with tenant_scope(organisation):
        found = select(UsageEvent).where(UsageEvent.meter == meter).order_by(UsageEvent.id)
        return list(db.session.scalars(found))


def total_of(organisation: Organisation, meter: str) -> UsageTotal:
    """The only total of a meter."""
    with tenant_scope(organisation):
        return db.session.scalars(select(UsageTotal).where(UsageTotal.meter == meter)).one()
