"""Running workflows: the queue, the steps, the pages that watch."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from saas.core.access import Rights, Source
from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Conflict, NotAllowed, NotFound
from saas.core.jobs import declared_jobs
from saas.modules.workflows.models import RunStatus
from saas.modules.workflows.operations import RUN_JOB, Draft, change_workflow, delete_workflow, start_run, take_step
from saas.modules.workflows.queries import get_run, get_workflow
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work
from saas.tenancy.worker import run_job
from tests.modules.workflows.conftest import ASK, LOST, TRANSFORM


def test_a_run_is_queued_then_done_and_its_page_tells(acme, browse, make, run_jobs):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, TRANSFORM])
    bob = browse(acme, "Bob")
    bob.get(f"/workflows/{workflow_id}")
    started = bob.post(f"/workflows/{workflow_id}/runs")
    assert started.status_code == 303
    waiting = bob.follow(started).text
    assert "Waiting for its turn" in waiting
    assert "Reload" in waiting
    assert "hx-trigger" in waiting
    assert "Asked for" in waiting
    assert "by Bob" in waiting
    run_jobs()
    done = bob.follow(started).text
    assert "Waiting for its turn" not in done
    assert 'hx-trigger="load' not in done
    assert done.count("Worked out") == 2


def test_between_two_steps_the_page_tells_how_far_the_run_is(acme, browse, make):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, TRANSFORM, TRANSFORM])
    with tenant_work(acme):
        run_id = start_run(get_workflow(workflow_id), actor=SYSTEM).id
    with tenant_work(acme):
        take_step(run_id)
    page = browse(acme, "Vera").get(f"/workflows/{workflow_id}/runs/{run_id}").text
    assert "Step 2 of 3" in page
    assert page.count("Worked out") == 1
    history = browse(acme, "Vera").get(f"/workflows/{workflow_id}").text
    assert "Running" in history
    assert 'hx-trigger="load' in history


def test_a_failing_step_ends_the_run_with_a_plain_message(acme, browse, make, run):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, LOST, TRANSFORM])
    run_id = run(acme, workflow_id)
    with tenant_scope(acme):
        found = get_run(workflow_id, run_id)
        assert found.status == RunStatus.FAILED
        assert found.message == "“Call nobody” failed. There is no server at nobody.invalid."
        assert [result["succeeded"] for result in found.results] == [True, False]
    page = browse(acme, "Vera").get(f"/workflows/{workflow_id}/runs/{run_id}").text
    assert "This run failed" in page
    assert "no server at nobody.invalid" in page
    assert "Skipped" in page


def test_a_run_planned_with_a_kind_that_is_no_more_fails_and_can_still_be_looked_at(acme, browse, make, run_jobs):
    workflow_id = make(acme, "Orders")
    with tenant_work(acme):
        run = start_run(get_workflow(workflow_id), actor=SYSTEM)
        run.plan = [{"kind": "fax", "name": "Send a fax", "settings": {}}]
        run_id = run.id
    run_jobs()
    page = browse(acme, "Vera").get(f"/workflows/{workflow_id}/runs/{run_id}").text
    assert "“Send a fax” failed. This kind of step is no longer there." in page


def test_every_ai_request_is_kept_with_its_model_and_tokens(acme, browse, make, run):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, ASK])
    run_id = run(acme, workflow_id)
    with tenant_scope(acme):
        found = get_run(workflow_id, run_id)
        assert found.requests
        assert {request.model for request in found.requests} == {"swift"}
        assert {request.position for request in found.requests} == {1}
        assert found.ai_requests == len(found.requests)
        assert found.tokens == sum(request.tokens_in + request.tokens_out for request in found.requests)
        assert found.duration_ms == sum(result["duration_ms"] for result in found.results)
        request_id = str(found.requests[0].id)
    page = browse(acme, "Vera").get(f"/workflows/{workflow_id}/runs/{run_id}").text
    assert request_id in page
    assert "This run is simulated" in page
    assert ">Simulated</span>" in page


def test_a_run_keeps_the_steps_it_began_with(acme, make, run_jobs):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, TRANSFORM])
    with tenant_work(acme):
        workflow = get_workflow(workflow_id)
        run_id = start_run(workflow, actor=SYSTEM).id
        change_workflow(workflow, Draft("Orders", steps=[LOST]), actor=SYSTEM)
    run_jobs()
    with tenant_scope(acme):
        assert [step["name"] for step, _ in get_run(workflow_id, run_id).steps] == ["Add tax", "Add tax"]
        assert get_run(workflow_id, run_id).status == RunStatus.SUCCEEDED


def test_a_run_that_is_rolled_back_leaves_no_job(acme, make):
    workflow_id = make(acme, "Orders")
    before = waiting_jobs()
    with tenant_scope(acme):
        start_run(get_workflow(workflow_id), actor=SYSTEM)
    assert waiting_jobs() == before
    with tenant_work(acme):
        start_run(get_workflow(workflow_id), actor=SYSTEM)
    assert waiting_jobs() == before + 1


def waiting_jobs() -> int:
    with platform_scope() as session:
        return session.scalars(text("SELECT waiting FROM jobs.health()")).one()


def test_a_job_that_is_delivered_twice_takes_its_step_once(acme, make):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, TRANSFORM, TRANSFORM])
    with tenant_work(acme):
        run_id = start_run(get_workflow(workflow_id), actor=SYSTEM).id
    for delivered in (-7, -7, -8):
        kwargs = {"place": acme.schema_name, "run_id": str(run_id)}
        queued = Job(
            id=delivered, queue="default", lock=None, queueing_lock=None, task_name=RUN_JOB, task_kwargs=kwargs
        )
        run_job(declared_jobs()[RUN_JOB], queued)
    with tenant_scope(acme):
        assert len(get_run(workflow_id, run_id).results) == 2


def test_a_run_that_has_ended_takes_no_further_step(acme, make, run):
    workflow_id = make(acme, "Orders")
    run_id = run(acme, workflow_id)
    with tenant_work(acme):
        take_step(run_id)
    with tenant_scope(acme):
        assert len(get_run(workflow_id, run_id).results) == 1


def test_the_jobs_of_a_deleted_workflow_do_nothing(acme, make, run_jobs):
    workflow_id = make(acme, "Orders")
    with tenant_work(acme):
        start_run(get_workflow(workflow_id), actor=SYSTEM)
    with tenant_work(acme):
        delete_workflow(get_workflow(workflow_id), actor=SYSTEM)
    run_jobs()


def test_only_an_unpaused_workflow_with_steps_runs(acme, browse, make):
    active, paused, bare = make(acme, "A"), make(acme, "B", status="paused"), make(acme, "C", steps=[])
    with tenant_scope(acme):
        assert start_run(get_workflow(active), actor=SYSTEM).status == RunStatus.QUEUED
        with pytest.raises(Conflict, match="is paused"):
            start_run(get_workflow(paused), actor=SYSTEM)
        with pytest.raises(Conflict, match="no steps yet"):
            start_run(get_workflow(bare), actor=SYSTEM)
    bob = browse(acme, "Bob")
    bob.get("/workflows")
    assert "This workflow is paused." in bob.follow(bob.post(f"/workflows/{paused}/runs")).text


def test_whoever_only_looks_cannot_run(acme, browse, make):
    workflow_id = make(acme, "Orders")
    vera, bob = browse(acme, "Vera"), browse(acme, "Bob")
    assert "Run now" not in vera.get(f"/workflows/{workflow_id}").text
    assert vera.post(f"/workflows/{workflow_id}/runs").status_code == 403
    assert "Run now" in bob.get(f"/workflows/{workflow_id}").text
    assert bob.post(f"/workflows/{workflow_id}/runs").status_code == 303
    with tenant_scope(acme), pytest.raises(NotAllowed):
        start_run(get_workflow(workflow_id), actor=Actor("member", "Vera"))


def test_a_run_of_another_workflow_is_not_found(cast, browse, make, run):
    ours, other, theirs = make(cast.acme, "A"), make(cast.acme, "B"), make(cast.umbrella, "C")
    run_id, their_run = run(cast.acme, ours), run(cast.umbrella, theirs)
    alice = browse(cast.acme, "Alice")
    assert alice.get(f"/workflows/{ours}/runs/{run_id}").status_code == 200
    assert alice.get(f"/workflows/{other}/runs/{run_id}").status_code == 404
    assert alice.get(f"/workflows/{ours}/runs/{their_run}").status_code == 404
    assert alice.get(f"/workflows/{theirs}/runs/{their_run}").status_code == 404


def test_the_history_has_pages_and_costs_the_same_however_long_it_is(acme, browse, make, run, statements):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, ASK])
    run(acme, workflow_id)
    vera = browse(acme, "Vera")
    vera.get(f"/workflows/{workflow_id}")
    statements.clear()
    vera.get(f"/workflows/{workflow_id}")
    few = len(statements)
    with tenant_work(acme):
        for _ in range(26):
            start_run(get_workflow(workflow_id), actor=SYSTEM)
    statements.clear()
    page = vera.get(f"/workflows/{workflow_id}").text
    assert len(statements) == few
    assert "1–25" in page
    assert "Page 2" in page
    assert "26–27" in vera.get(f"/workflows/{workflow_id}?page=2&sort=duration").text


def test_a_person_who_is_gone_leaves_the_history_behind(acme, browse, make):
    workflow_id = make(acme, "Orders")
    bob = acme.people["Bob"]
    with tenant_work(acme):
        actor = Actor("member", "Bob", bob.id, Rights((Source("role", "Member", frozenset({"workflows.run"})),)))
        run_id = start_run(get_workflow(workflow_id), actor=actor).id
    vera = browse(acme, "Vera")
    assert "Bob" in vera.get(f"/workflows/{workflow_id}/runs/{run_id}").text
    with tenant_work(acme) as session:
        session.execute(text("DELETE FROM users WHERE id = :id"), {"id": bob.id})
    assert vera.get(f"/workflows/{workflow_id}/runs/{run_id}").status_code == 200
    assert "A program" in vera.get(f"/workflows/{workflow_id}").text


def test_a_workflow_deleted_or_paused_meanwhile_is_not_run(acme, make):
    deleted, paused, kept = (make(acme, name) for name in ("Deleted", "Paused", "Kept"))
    with tenant_scope(acme):
        seen = [get_workflow(workflow_id) for workflow_id in (deleted, paused, kept)]
        with ThreadPoolExecutor(1) as others:
            others.submit(change_meanwhile, acme, deleted, paused).result()
        with pytest.raises(NotFound, match="deleted"):
            start_run(seen[0], actor=SYSTEM)
        with pytest.raises(Conflict, match="paused"):
            start_run(seen[1], actor=SYSTEM)
        assert start_run(seen[2], actor=SYSTEM).status == RunStatus.QUEUED


def change_meanwhile(acme, deleted, paused):
    """Delete one workflow and pause another, as somebody else does in a transaction of their own."""
    with tenant_work(acme):
        delete_workflow(get_workflow(deleted), actor=SYSTEM)
        change_workflow(get_workflow(paused), Draft("Paused", status="paused"), actor=SYSTEM)
