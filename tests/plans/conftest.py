"""What tests about plans share: organisations on a plan, in their trial or after it, and a catalogue that changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from saas.catalogue.current import catalogue, install_catalogue
from saas.core.actor import SYSTEM
from saas.tenancy.models import Status, Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_scope, platform_work
from tests.cast import Organisation

Put = Callable[..., Organisation]


@pytest.fixture
def on_plan(acme: Organisation) -> Put:
    """Acme with a plan of the tests' catalogue, which it pays for unless it is still ``trying``."""

    def put(plan: str, *, trying: bool = False) -> Organisation:
        with platform_work() as session:
            tenant = session.get_one(Tenant, acme.id)
            give_plan(tenant, plan, actor=SYSTEM)
            if not trying:
                tenant.status, tenant.trial_ends_at = Status.ACTIVE, None
        return acme

    return put


@contextmanager
def sold_as(plan: str, **terms: Any) -> Iterator[None]:
    """Sell a plan on other terms, for a block."""
    before = catalogue()
    changed = before.plans[plan].model_copy(update=terms)
    install_catalogue(before.model_copy(update={"plans": {**before.plans, plan: changed}}))
    try:
        yield
    finally:
        install_catalogue(before)


def plan_of(organisation: Organisation) -> str:
    """The plan that an organisation has."""
    with platform_scope() as session:
        return session.get_one(Tenant, organisation.id).plan
