"""What journeys through a catalogue share: moving to a plan, using much at once, what was counted, calling as a program."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.runtime import settings
from saas.core.tokens import sign_token
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan, set_overrides
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.models import UsageEvent
from saas.usage.operations.consuming import consume
from saas.usage.queries import Figure, get_figure
from tests.cast import Organisation


def give(organisation: Organisation, plan: str) -> None:
    """Put an organisation on a plan, as operators do."""
    with platform_work() as session:
        give_plan(session.get_one(Tenant, organisation.id), plan, actor=SYSTEM)


def allow(organisation: Organisation, **limits: int) -> None:
    """Give an organisation limits of its own."""
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, organisation.id), limits=limits, actor=SYSTEM)


def use(organisation: Organisation, meter: str, quantity: Decimal | int, **about: Any) -> None:
    """Use so much of a meter at once."""
    with tenant_work(organisation):
        assert consume(meter, quantity, actor=SYSTEM, **about) is not None


def figure(organisation: Organisation, meter: str) -> Figure:
    """How a meter stands this month."""
    with tenant_scope(organisation):
        return get_figure(meter)


def events(organisation: Organisation, meter: str) -> Sequence[UsageEvent]:
    """What was recorded of a meter, in its order."""
    with tenant_scope(organisation):
        return db.session.scalars(select(UsageEvent).where(UsageEvent.meter == meter).order_by(UsageEvent.id)).all()


def call(app: Flask, organisation: Organisation, person: str, method: str, path: str, **options: Any) -> TestResponse:
    """Call the API as somebody's program, with a bearer token."""
    secret = settings().jwt_secret.get_secret_value()
    token = sign_token(secret, subject=str(organisation.people[person].id), tenant_id=str(organisation.id))
    headers = {"Host": organisation.host, "Authorization": f"Bearer {token}"}
    return app.test_client().open(path, method=method, headers=headers, **options)
