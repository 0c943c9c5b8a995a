"""The demo's strategies: plausible, counted, and never beyond the plan."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import func, select

from saas.core.database import db
from saas.modules.strategies import demo
from saas.modules.strategies.models import Backtest, Exchange, Strategy
from saas.tenancy.entitlements import entitlements
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.programs import events_of, move_to, used
from tests.support import sold

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def fill(where, seed: int = 1) -> None:
    people = [where.people[name].id for name in sorted(where.people)]
    with time_machine.travel(NOW, tick=False), tenant_work(where):
        demo.fill(seed=seed, people=people, days=30)


@pytest.mark.parametrize(("plan", "exchanges", "strategies"), [("starter", 2, 3), ("professional", 3, 6)])
def test_what_is_made_fits_into_the_plan_and_is_counted(app, browse, plan, exchanges, strategies):
    with sold("tradingbot"):
        desk = found("Desk", owner="Ann", people={"Ben": "member"})
        move_to(desk, plan)
        fill(desk)
        with tenant_scope(desk):
            assert db.session.scalar(select(func.count()).select_from(Exchange)) == exchanges
            made = db.session.scalars(select(Strategy)).all()
            tried = db.session.scalars(select(Backtest)).all()
            assert len(made) == strategies
            assert len(made) <= (entitlements().limit("strategies") or 0)
        assert {one.status for one in tried} == {"succeeded"}
        assert max(one.finished_at for one in tried) <= NOW
        assert used(desk, "backtests_run") == len(tried)
        assert used(desk, "compute_minutes") == sum(one.compute_minutes for one in tried)
        assert used(desk, "storage_mb") == sum(one.storage_mb for one in tried)
        trades = events_of(desk, "trades")
        assert len(trades) == sum(one.trades for one in made) > 50
        assert len({event.at.date() for event in trades}) > 20
        assert "Ride the trend" in browse(desk, "Ann").get("/strategies").text


def test_where_the_module_is_not_in_use_nothing_is_filled(app):
    with sold("loki"):
        other = found("Other", owner="Ann", people={})
        fill(other)
        with tenant_scope(other):
            assert db.session.scalar(select(func.count()).select_from(Strategy)) == 0
