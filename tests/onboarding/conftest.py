"""What tests of the public site share: nobody has used up a limit, and some schemas are ready."""

import pytest
from flask import Flask

from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.tenancy.provisioning import owner_connection, top_up
from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> None:
    with app.app_context():
        limiter.reset()
    with owner_connection() as connection:
        top_up(connection, 2)


@pytest.fixture
def wanted() -> dict[str, str]:
    """A sign-up that nothing is wrong with."""
    return {
        "organisation": "Initech",
        "slug": f"initech-{short_id(8)}",
        "name": "Ines Roth",
        "email": "ines@initech.example.com",
        "password": PASSWORD,
    }
