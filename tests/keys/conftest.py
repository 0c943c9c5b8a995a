"""What tests of API keys share: a way to make keys, to call with one, and limits that start anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from saas.core.actor import SYSTEM, Actor
from saas.core.clock import now
from saas.core.database import db
from saas.core.extensions import limiter
from saas.keys.models import ApiKey
from saas.keys.operations import create_key
from saas.members.rights import identification
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation

ME = "/api/me"


@dataclass(frozen=True, slots=True)
class Made:
    """A key of an organisation with its secret."""

    organisation: Organisation
    id: UUID
    secret: str

    @property
    def row(self) -> ApiKey:
        with tenant_scope(self.organisation):
            return db.session.get_one(ApiKey, self.id)

    def put(self, **values: Any) -> None:
        """Change columns behind the operations' back."""
        with tenant_work(self.organisation):
            db.session.execute(update(ApiKey).where(ApiKey.id == self.id).values(**values))


def actor_of(organisation: Organisation, person: str) -> Actor:
    """Somebody with the rights that the next request would find."""
    user = organisation.people[person]
    with tenant_scope(organisation):
        return Actor("member", user.name, user.id, identification.rights_of(user.id), email=user.email)


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def make() -> Callable[..., Made]:
    """Make a key: ``make(acme, "workflows.view", days=30, by="Adam")``; days None: for ever."""

    def make_key(
        where: Organisation, *permissions: str, days: int | None = 30, by: str = "", name: str = "Robot"
    ) -> Made:
        actor = actor_of(where, by) if by else SYSTEM
        with tenant_work(where):
            expires_at = now() + timedelta(days=days) if days else None
            given = permissions or ("workflows.view",)
            key, secret = create_key(name=name, permissions=given, expires_at=expires_at, actor=actor)
            return Made(where, key.id, secret)

    return make_key


@pytest.fixture
def call(app: Flask) -> Callable[..., TestResponse]:
    """Call the API with a secret: ``call(acme.host, secret, "/api/me")``."""

    def send(
        host: str, secret: str, path: str = ME, method: str = "GET", headers: Any = (), **options: Any
    ) -> TestResponse:
        told = {"Host": host, "Authorization": f"Bearer {secret}", **dict(headers)}
        return app.test_client().open(path, method=method, headers=told, base_url=f"http://{host}", **options)

    return send


@pytest.fixture
def workflow(acme: Organisation) -> UUID:
    """The id of a workflow that can be run."""
    with tenant_work(acme):
        step = StepDraft("transform", "Add tax", {"expression": "order.total * 1.2"})
        return create_workflow(Draft("Orders", "", "active", (step,)), actor=SYSTEM).id
