"""What the tests of renders share: orders of each kind, a way to place them, and one that works them off."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.modules.renders.models import Render
from saas.modules.renders.operations import order_render
from saas.modules.renders.queries import get_render
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation

IMAGE = {"prompt": "A harbour at dawn", "size": "square", "number": 2}
SPEECH = {"text": "Good morning, and welcome.", "voice": "alto"}
FILM = {"title": "How we work", "minutes": 3, "resolution": "1080p"}
ORDERS = {"image": IMAGE, "speech": SPEECH, "film": FILM}

Make = Callable[..., UUID]


@pytest.fixture
def order() -> Make:
    """Order something: ``order(acme, "image", number=3)`` gives its id."""

    def place(where: Organisation, kind: str, **changes: Any) -> UUID:
        with tenant_work(where):
            return order_render(kind, ORDERS[kind] | changes, actor=SYSTEM).id

    return place


@pytest.fixture
def make(order: Make, run_jobs: Callable[[], None]) -> Make:
    """Order something and work it off: ``make(acme, "film")`` gives its id."""

    def work(where: Organisation, kind: str, **changes: Any) -> UUID:
        number = order(where, kind, **changes)
        run_jobs()
        return number

    return work


def read(where: Organisation, number: UUID) -> Render:
    """A render as it stands."""
    with tenant_scope(where):
        return get_render(number)
