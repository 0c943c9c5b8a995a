"""The demo's documents."""

from datetime import UTC, datetime

import time_machine
from sqlalchemy import func, select

from saas.core.database import db
from saas.modules.validations import demo
from saas.modules.validations.figures import Analytics, get_analytics
from saas.modules.validations.models import Validation
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.programs import events_of
from tests.support import sold

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def filled(where, seed: int) -> Analytics:
    people = [where.people[name].id for name in sorted(where.people) if name != "Vera"]
    with time_machine.travel(NOW, tick=False), tenant_work(where):
        demo.fill(seed=seed, people=people, days=30)
        return get_analytics(days=31, zone="UTC")


def test_the_demo_is_plausible_and_its_use_is_recorded(app):
    with sold("loki"):
        loki = found("Loki", owner="Ann", people={"Ben": "member", "Cid": "member"})
        analytics = filled(loki, 1)
        assert 30 < analytics.checked < 150
        assert 0.2 < (analytics.pass_rate or 0) < 0.9
        events = events_of(loki, "validations")
        assert len(events) == analytics.checked
        assert {(event.outcome, event.module, event.dimension) for event in events} == {("ok", "validations", "")}
        assert len({event.at.date() for event in events}) > 15
        assert max(event.at for event in events) <= NOW
        with tenant_scope(loki):
            sets = set(db.session.scalars(select(func.jsonb_object_keys(Validation.rule_sets))))
        assert sets == {"fca_uk", "gdpr_uk"}


def test_where_the_module_is_not_in_use_nothing_is_filled(app):
    with sold("tradingbot"):
        other = found("Other", owner="Ann", people={})
        assert filled(other, 1).checked == 0


def test_the_same_seed_makes_the_same_documents(cast):
    first, again = filled(cast.acme, 3), filled(cast.acme, 3)
    assert [2 * day.passed for day in first.days] == [day.passed for day in again.days]
