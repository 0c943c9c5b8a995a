"""The demo's workflows and runs."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from saas.core.database import db
from saas.modules.workflows import demo
from saas.modules.workflows.figures import Period, get_period
from saas.modules.workflows.models import AiRequest, Workflow, WorkflowRun
from saas.tenancy.scope import tenant_work
from tests.modules.selling import events

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)


def filled(where, seed: int) -> Period:
    people = [person.id for person in where.people.values()]
    with time_machine.travel(NOW, tick=False), tenant_work(where):
        demo.fill(seed=seed, people=people, days=30)
        return get_period(days=31, zone="UTC")


def test_the_demo_is_plausible_and_traceable(acme, browse):
    period = filled(acme, 7)
    assert 300 < period.finished < 900
    assert period.success_rate is not None
    assert 0.8 < period.success_rate < 1
    weekend = [day.succeeded for day in period.days if day.date.weekday() in (5, 6)]
    assert max(weekend) < max(day.succeeded for day in period.days)
    with tenant_work(acme):
        assert db.session.scalar(select(func.count()).select_from(Workflow)) == len(demo.WORKFLOWS)
        assert db.session.scalar(select(func.max(WorkflowRun.queued_at))) <= NOW
        tokens = db.session.scalar(select(func.sum(AiRequest.tokens_in + AiRequest.tokens_out)))
        assert tokens == period.total("tokens")
        runs = db.session.scalars(select(WorkflowRun)).all()
        assert {run.finished_at - run.started_at - timedelta(milliseconds=run.duration_ms) for run in runs} == {
            timedelta(0)
        }
        assert db.session.scalar(select(func.max(WorkflowRun.finished_at))) <= NOW
    assert "Answer support tickets" in browse(acme, "Vera").get("/workflows").text


def test_the_same_seed_makes_the_same_runs(cast):
    first, again = filled(cast.acme, 3), filled(cast.umbrella, 3)
    assert first.days == again.days


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_makes_others(cast, seed):
    assert filled(cast.acme, seed).days != filled(cast.umbrella, seed + 10).days


def test_what_the_runs_used_is_counted_when_they_ended(acme):
    period = filled(acme, 5)
    runs, tokens = events(acme, "workflow_runs"), events(acme, "ai_tokens")
    assert len(runs) == period.finished
    assert sum(event.quantity for event in tokens) == period.total("tokens")
    assert max(event.at for event in runs) <= NOW
    assert {event.actor_id for event in runs} <= {person.id for person in acme.people.values()}
