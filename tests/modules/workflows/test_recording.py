"""What the audit log tells of workflows: each operation one entry, and a run's end another."""

from dataclasses import replace

import pytest

from saas.core.actor import SYSTEM
from saas.core.errors import Invalid
from saas.modules.workflows.models import Status
from saas.modules.workflows.operations import (
    Draft,
    change_workflow,
    create_workflow,
    delete_workflow,
    duplicate_workflow,
    start_run,
)
from saas.modules.workflows.queries import get_workflow
from saas.tenancy.scope import tenant_work
from tests.log import log_of, news
from tests.modules.workflows.conftest import ASK, LOST, TRANSFORM

DRAFT = Draft("Orders", "Of the shop", Status.DRAFT, (ASK, TRANSFORM))


@pytest.fixture
def made(acme):
    """A workflow's id."""
    with tenant_work(acme):
        return create_workflow(DRAFT, actor=SYSTEM).id


def change(organisation, workflow_id, **differences):
    with tenant_work(organisation):
        change_workflow(get_workflow(workflow_id, to_change=True), replace(DRAFT, **differences), actor=SYSTEM)


def test_a_new_workflow_is_told_with_all_it_says(acme, browse):
    bob = browse(acme, "Bob")
    bob.get("/workflows/new")
    with news(acme) as told:
        assert bob.post("/workflows/new", {"name": "Orders", "description": "", "status": "draft"}).status_code == 303
    entry = told.only
    assert (entry.event, entry.actor_kind, entry.actor_name) == ("workflows.workflow.created", "member", "Bob")
    assert (entry.actor_id, entry.actor_email) == (acme.people["Bob"].id, acme.email("Bob"))
    assert (entry.address, bool(entry.request_id), bool(entry.agent)) == ("127.0.0.1", True, True)
    assert (entry.target_kind, entry.target_label) == ("workflow", "Orders")
    assert entry.changes == {"name": [None, "Orders"], "description": [None, ""], "status": [None, "draft"]}


def test_a_change_is_told_field_by_field_and_step_by_step(acme, made):
    with news(acme) as told:
        change(acme, made, name="Big orders", steps=(ASK, LOST))
    entry = told.only
    assert (entry.event, entry.target_id, entry.target_label) == ("workflows.workflow.changed", str(made), "Big orders")
    assert entry.changes.keys() == {"name", "step 2"}
    assert entry.changes["name"] == ["Orders", "Big orders"]
    before, after = entry.changes["step 2"]
    assert (TRANSFORM.name in before, LOST.name in after, LOST.settings["url"] in after) == (True, True, True)


def test_a_step_taken_out_is_told_as_what_it_was(acme, made):
    with news(acme) as told:
        change(acme, made, steps=(ASK,))
    assert told.only.changes["step 2"][1] is None


def test_a_form_saved_as_it_was_is_no_change(acme, made):
    with news(acme) as told:
        change(acme, made)
    assert told.entries == []


def test_a_refused_change_leaves_nothing_in_the_log(acme, made):
    with news(acme) as told, pytest.raises(Invalid):
        change(acme, made, name="")
    assert told.entries == []


def test_a_copy_and_a_deletion_are_one_entry_each(acme, made):
    with news(acme) as copied, tenant_work(acme):
        copy = duplicate_workflow(get_workflow(made), actor=SYSTEM)
    assert copied.only.event == "workflows.workflow.duplicated"
    assert copied.only.facts == {"copy_of": "Orders", "original": str(made)}
    with news(acme) as deleted, tenant_work(acme):
        delete_workflow(get_workflow(copy.id, to_change=True), actor=SYSTEM)
    assert deleted.only.event == "workflows.workflow.deleted"
    assert deleted.only.changes["name"] == ["Orders (copy)", None]


@pytest.mark.parametrize(("step", "status"), [(TRANSFORM, "succeeded"), (LOST, "failed")])
def test_a_run_is_told_at_its_beginning_and_once_at_its_end(acme, run_jobs, step, status):
    with tenant_work(acme):
        workflow = create_workflow(replace(DRAFT, steps=(TRANSFORM, step)), actor=SYSTEM)
        run = start_run(workflow, actor=SYSTEM)
    run_jobs()
    started, ended = log_of(acme, "workflows.run.started", "workflows.run.finished")
    assert (started.actor_kind, ended.actor_kind, ended.actor_name) == ("system", "job", "Runner of workflows")
    assert {started.target_id, ended.target_id} == {str(run.id)}
    assert {started.facts["workflow"], ended.facts["workflow"]} == {str(workflow.id)}
    assert {started.target_label, ended.target_label} == {"Orders"}
    assert ended.changes == {"status": ["running", status]}
    assert ended.facts["steps_taken"] == 2


def test_whoever_may_see_the_log_finds_the_history_on_the_workflows_page(acme, browse, made, run_jobs):
    change(acme, made, name="Big orders")
    with tenant_work(acme):
        start_run(get_workflow(made), actor=SYSTEM)
    run_jobs()
    page = browse(acme, "Adam").get(f"/workflows/{made}").text
    history = page.partition('id="history"')[2]
    assert "made the workflow" in history
    assert "changed the workflow" in history
    assert "started a run of" not in history
    assert f"/audit?target=workflow:{made}" in history
    assert 'id="history"' not in browse(acme, "Bob").get(f"/workflows/{made}").text
