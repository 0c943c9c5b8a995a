"""The numbers of charts and cards: days of the organisation's calendar, each there, in one statement."""

from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import update

from saas.core.runtime import runtime
from saas.modules.workflows.figures import Day, Period, get_period
from saas.modules.workflows.models import WorkflowRun
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.modules.workflows.conftest import LOST

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def move(where, run_id, moment: datetime) -> None:
    with tenant_work(where) as session:
        session.execute(update(WorkflowRun).where(WorkflowRun.id == run_id).values(queued_at=moment))


def test_days_are_those_of_the_time_zone_and_none_is_missing(acme, make, run):
    workflow_id = make(acme, "Orders")
    move(acme, run(acme, workflow_id), datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    with tenant_scope(acme), time_machine.travel(NOON, tick=False):
        utc, tokyo = get_period(days=3, zone="UTC"), get_period(days=3, zone="Asia/Tokyo")
    assert [day.succeeded for day in utc.days] == [0, 1, 0]
    assert [day.succeeded for day in tokyo.days] == [0, 0, 1]
    assert [day.date.day for day in utc.days] == [8, 9, 10]


def test_a_period_counts_finished_runs_of_one_workflow_or_of_all(acme, make, run):
    good, bad = make(acme, "Good"), make(acme, "Bad", steps=[LOST])
    for workflow_id in (good, good, bad):
        move(acme, run(acme, workflow_id), NOON - timedelta(hours=1))
    with tenant_scope(acme), time_machine.travel(NOON, tick=False):
        both, one = get_period(days=30, zone="UTC"), get_period(days=30, zone="UTC", workflow_id=bad)
    assert (both.finished, both.total("failed"), one.finished, one.success_rate) == (3, 1, 1, 0)
    assert both.success_rate == 2 / 3
    assert both.average_ms == both.total("duration_ms") / 3


def test_a_period_without_runs_has_no_rate():
    empty = Period([Day(NOON.date())])
    assert (empty.finished, empty.success_rate, empty.average_ms) == (0, None, None)


def test_the_card_is_one_statement_and_stays_away_while_there_are_no_runs(acme, browse, make, run, statements):
    vera = browse(acme, "Vera")
    assert "Workflow runs" not in vera.get("/").text
    run(acme, make(acme, "Orders"))
    statements.clear()
    page = vera.get("/").text
    assert "Workflow runs" in page
    assert "100% succeeded in the last 14 days" in page
    assert sum("workflow_runs" in statement for statement in statements) == 1


def test_the_step_of_getting_started_is_done_with_the_first_run(acme, make, run):
    step = next(step for step in runtime().registry.steps if step.name == "workflows.first_run")
    with tenant_scope(acme):
        assert not step.done()
    run(acme, make(acme, "Orders"))
    with tenant_scope(acme):
        assert step.done()


def test_the_chart_says_its_numbers_in_a_table(acme, browse, make, run):
    workflow_id = make(acme, "Orders")
    empty = browse(acme, "Vera").get(f"/workflows/{workflow_id}").text
    assert "No runs yet" in empty
    assert "No run has ended in the last 30 days." in empty
    assert '<svg class="chart-y"' not in empty
    run(acme, workflow_id)
    page = browse(acme, "Vera").get(f"/workflows/{workflow_id}").text
    assert page.count('<th scope="row">') == 30
    assert "Succeeded</th>" in page
    assert "Success rate" in page
    assert "100%" in page
