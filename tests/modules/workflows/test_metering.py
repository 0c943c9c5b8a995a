"""What runs use of a plan, and what happens when that is used up."""

from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM, Actor
from saas.members.rights import identification
from saas.modules.workflows.models import AiRequest, RunStatus, WorkflowRun
from saas.modules.workflows.operations import delete_workflow, duplicate_workflow, start_run
from saas.modules.workflows.queries import get_run, get_workflow
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.operations.budgets import set_budget
from tests.modules.selling import allow, events, figure, use
from tests.modules.workflows.conftest import ASK, LOST, TRANSFORM


def started(where, workflow_id, person=None):
    """Ask for a run, which waits in the queue."""
    with tenant_work(where):
        actor = SYSTEM
        if person:
            actor = Actor("member", person, where.people[person].id, identification.rights_of(where.people[person].id))
        return start_run(get_workflow(workflow_id), actor=actor).id


def read(where, workflow_id, run_id) -> WorkflowRun:
    with tenant_scope(where):
        return get_run(workflow_id, run_id)


def test_a_run_counts_when_it_has_ended_by_its_complexity_and_for_whoever_started_it(acme, make, run_jobs):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, TRANSFORM])
    run_id = started(acme, workflow_id, "Bob")
    assert events(acme, "workflow_runs") == []
    run_jobs()
    [event] = events(acme, "workflow_runs")
    ended = read(acme, workflow_id, run_id)
    assert (event.quantity, event.dimension, event.outcome) == (1, "simple", "ok")
    assert (event.actor_kind, event.actor_id) == ("member", acme.people["Bob"].id)
    assert (event.module, event.resource) == ("workflows", f"workflow_run:{run_id}")
    assert (event.at, event.duration_ms) == (ended.finished_at, ended.duration_ms)


def test_a_run_that_fails_counts_as_failed(acme, make, run):
    run(acme, make(acme, "Nobody", steps=[LOST]))
    assert [(event.quantity, event.outcome) for event in events(acme, "workflow_runs")] == [(1, "failed")]


def test_what_models_are_asked_counts_request_by_request(acme, make, run):
    workflow_id = make(acme, "Orders", steps=[ASK, ASK])
    ended = read(acme, workflow_id, run(acme, workflow_id))
    asked = [request.tokens_in + request.tokens_out for request in ended.requests]
    assert [event.quantity for event in events(acme, "ai_tokens")] == asked
    assert [event.dimension for event in events(acme, "ai_requests")] == ["swift"] * len(asked)
    assert sum(event.cost for event in events(acme, "ai_tokens")) == ended.tokens * Decimal("0.000001")


def test_a_step_beyond_the_limit_was_never_taken_and_the_run_says_why(acme, make, run_jobs):
    allow(acme, ai_tokens=1)
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, ASK])
    run_id = started(acme, workflow_id)
    run_jobs()
    ended = read(acme, workflow_id, run_id)
    assert (ended.status, len(ended.results), ended.requests) == (RunStatus.FAILED, 1, [])
    assert ended.message.startswith("Your plan has 1 token a month; 0 tokens are in use.")
    assert ended.finished_at
    for meter in ("ai_requests", "ai_tokens", "workflow_runs"):
        assert events(acme, meter) == []
    run_jobs()
    assert read(acme, workflow_id, run_id).finished_at == ended.finished_at


def test_within_the_limit_the_same_run_goes_through(acme, make, run_jobs):
    allow(acme, ai_tokens=10**6)
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, ASK])
    run_id = started(acme, workflow_id)
    run_jobs()
    assert len(read(acme, workflow_id, run_id).results) == 2
    assert figure(acme, "ai_tokens").used > 0


def test_a_spent_budget_ends_a_run_too(acme, make, run_jobs):
    with tenant_work(acme):
        set_budget(Decimal("0.01"), stop=True, actor=SYSTEM)
    use(acme, "ai_tokens", 499, dimension="deep")
    workflow_id = make(acme, "Orders", steps=[ASK_DEEP])
    run_id = started(acme, workflow_id)
    run_jobs()
    ended = read(acme, workflow_id, run_id)
    assert ended.status == RunStatus.FAILED
    assert "The budget of €0.01 for this month is spent." in ended.message
    with tenant_scope(acme) as session:
        assert session.query(AiRequest).count() == 0


ASK_DEEP = type(ASK)("ai_prompt", "Think", {"model": "deep", "prompt": "Think about the order."})


def test_a_run_that_could_not_even_begin_is_refused_at_once(acme, make, run_jobs):
    plain, asking = make(acme, "Plain"), make(acme, "Asking", steps=[TRANSFORM, ASK])
    allow(acme, ai_requests=0)
    started(acme, plain)
    with pytest.raises(LimitReached, match="has no AI requests"):
        started(acme, asking)
    run_jobs()
    allow(acme, workflow_runs=1)
    with pytest.raises(LimitReached, match="1 run is in use"):
        started(acme, plain)
    allow(acme, workflow_runs=2)
    started(acme, plain)


def test_workflows_count_as_long_as_they_stand(acme, make, browse):
    allow(acme, workflows=2)
    first, _ = make(acme, "A"), make(acme, "B")
    assert figure(acme, "workflows").used == 2
    with pytest.raises(LimitReached, match="2 workflows are in use"):
        make(acme, "C")
    with tenant_scope(acme), pytest.raises(LimitReached):
        duplicate_workflow(get_workflow(first), actor=SYSTEM)
    with tenant_work(acme):
        delete_workflow(get_workflow(first), actor=SYSTEM)
    make(acme, "C")


def test_the_page_that_refuses_shows_the_way_out(acme, browse, make):
    workflow_id = make(acme, "Orders")
    allow(acme, workflow_runs=0)
    bob = browse(acme, "Bob")
    refused = bob.post(f"/workflows/{workflow_id}/runs", page="/workflows")
    assert refused.status_code == 402
    assert "Compare plans" in refused.text
    allow(acme, workflow_runs=1)
    assert bob.post(f"/workflows/{workflow_id}/runs").status_code == 303
