"""Programs with an API key, for tests of product modules; and plans that an organisation is moved to."""

from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.runtime import runtime
from saas.keys.operations import create_key
from saas.tenancy.entitlements import MODULES_OFF
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.models import UsageEvent, UsageTotal
from tests.cast import Organisation


class Program:
    """Calls the API of an organisation with a key of its own."""

    def __init__(self, app: Flask, organisation: Organisation, *permissions: str) -> None:
        with tenant_work(organisation):
            _, self.secret = create_key(name="Robot", permissions=permissions, expires_at=None, actor=SYSTEM)
        self.app, self.host = app, organisation.host

    def get(self, path: str) -> TestResponse:
        return self._send("GET", path)

    def post(self, path: str, body: Any = None) -> TestResponse:
        return self._send("POST", path, json=body or {})

    def _send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Host": self.host, "Authorization": f"Bearer {self.secret}"}
        return self.app.test_client().open(
            path, method=method, headers=headers, base_url=f"http://{self.host}", **options
        )


def move_to(organisation: Organisation, plan: str) -> None:
    """Give an organisation another plan."""
    with platform_work() as session:
        give_plan(session.get_one(Tenant, organisation.id), plan, actor=SYSTEM)


def work_with_only(organisation: Organisation, *modules: str) -> None:
    """Switch all product modules off but these, as admins do."""
    with platform_work() as session:
        tenant = session.get_one(Tenant, organisation.id)
        tenant.config = {**tenant.config, MODULES_OFF: sorted(runtime().registry.products.keys() - {*modules})}


def events_of(organisation: Organisation, meter: str) -> list[UsageEvent]:
    """The recorded events of a meter, in their order."""
    with tenant_scope(organisation):
        found = select(UsageEvent).where(UsageEvent.meter == meter).order_by(UsageEvent.at, UsageEvent.id)
        return list(db.session.scalars(found))


def used(organisation: Organisation, meter: str) -> Any:
    """What all totals of a meter add up to."""
    with tenant_scope(organisation):
        return db.session.scalar(select(func.coalesce(func.sum(UsageTotal.used), 0)).where(UsageTotal.meter == meter))
