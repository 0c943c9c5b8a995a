"""The demo's gallery."""

import pytest

from saas.modules.renders import demo
from saas.modules.renders.models import Status
from saas.modules.renders.queries import find_renders
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.selling import figure, give
from tests.support import sold


@pytest.mark.parametrize("plan", ["free", "pro"])
def test_the_demo_keeps_within_the_plan_and_counts_what_it_shows(app, browse, plan):
    with sold("studio"):
        where = found("Showcase", owner="Alice", people={"Bob": "member"})
        give(where, plan)
        with tenant_work(where):
            demo.fill(seed=3, people=[person.id for person in where.people.values()], days=60)
        with tenant_scope(where) as session:
            made = session.scalars(find_renders()).all()
        assert {one.status for one in made} <= {Status.READY, Status.FAILED}
        assert {one.kind for one in made} == {"image", "speech", "film"}
        assert figure(where, "storage").used == sum(one.size_gb for one in made)
        sharpest = any(one.settings.get("resolution") == "4k" for one in made)
        published = any("published_at" in one.result for one in made)
        assert (sharpest, published) == ((plan == "pro"),) * 2
        assert "Nothing matches" not in browse(where, "Bob").get("/renders?kind=image").text


def test_where_renders_are_not_sold_nothing_is_filled(app):
    with sold("auterity"):
        where = found("Clockwork", owner="Alice", people={})
        with tenant_work(where):
            demo.fill(seed=1, people=[where.people["Alice"].id], days=5)
        with tenant_scope(where) as session:
            assert session.scalars(find_renders()).all() == []
