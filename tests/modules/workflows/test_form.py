"""Making and changing workflows, with nothing but a browser that sends forms."""

import re

import pytest

from saas.modules.workflows.queries import get_workflow
from saas.tenancy.scope import tenant_scope
from tests.modules.workflows.conftest import ASK, TRANSFORM

NEW = "/workflows/new"
HTTP = {
    "steps-0-kind": "http_request",
    "steps-0-name": "Fetch",
    "steps-0-method": "GET",
    "steps-0-url": "https://example.com/a",
}
NOTE = {"steps-1-kind": "notify", "steps-1-name": "Tell", "steps-1-channel": "chat", "steps-1-message": "It is done."}
FORM = {"name": "Orders", "description": "All about orders", "status": "active", **HTTP, **NOTE}


def version(page: str) -> str:
    """What an edit form says it was made from."""
    return re.search(r'name="version"[^>]*value="([^"]*)"', page)[1]


def names(page: str) -> list[str]:
    """The names of the steps in a form, in their order."""
    return re.findall(r'name="steps-\d+-name"[^>]*value="([^"]*)"', page)


def test_a_workflow_is_made_with_its_steps_in_order(acme, browse):
    bob = browse(acme, "Bob")
    made = bob.post(NEW, FORM)
    assert made.status_code == 303
    page = bob.follow(made).text
    assert "The workflow is ready." in page
    assert "Fetch" in page
    assert "GET https://example.com/a" in page
    assert "Chat: It is done." in page


def test_a_workflow_without_steps_can_be_made_but_not_without_a_name(acme, browse):
    bob = browse(acme, "Bob")
    assert bob.post(NEW, {"name": "Later", "status": "draft"}).status_code == 303
    refused = bob.post(NEW, {"name": " ", "description": "keep me", "status": "draft"})
    assert refused.status_code == 422
    assert "This is needed." in refused.text
    assert "keep me" in refused.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "x" * 101}, "Use at most 100 characters."),
        ({"description": "x" * 2001}, "Use at most 2000 characters."),
        ({"status": "asleep"}, "Please choose one of these."),
        ({"name": "a\0b"}, "characters that cannot be used"),
        ({"steps-0-name": ""}, "This is needed."),
        ({"steps-0-url": "ftp://example.com"}, "This should look like https://api.example.com/orders."),
        ({"steps-0-url": "http://[::"}, "This should look like"),
        ({"steps-0-method": "STEAL"}, "Please choose one of these."),
        ({"steps-1-message": "x" * 501}, "Use at most 500 characters."),
        ({"steps-1-kind": "dance"}, "There is no such kind of step."),
        ({f"steps-{n}-kind": "notify" for n in range(2, 31)}, "This is needed."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_everything_typed_stays(acme, browse, change, message):
    bob = browse(acme, "Bob")
    refused = bob.post(NEW, FORM | change)
    assert refused.status_code == 422
    assert message in refused.text
    assert "Orders" in refused.text or "name" in change
    assert "https://example.com/a" in refused.text or "steps-0-url" in change
    assert "No workflows yet" in bob.get("/workflows").text


def test_more_steps_than_allowed_are_refused(acme, browse):
    step = {"kind": "transform", "name": "Add", "expression": "1 + 1"}
    many = {f"steps-{n}-{key}": value for n in range(31) for key, value in step.items()}
    bob = browse(acme, "Bob")
    refused = bob.post(NEW, {"name": "Long", "status": "draft", **many})
    assert refused.status_code == 422
    assert "A workflow has at most 30 steps." in refused.text
    few = {key: value for key, value in many.items() if not key.startswith("steps-30-")}
    assert bob.post(NEW, {"name": "Long", "status": "draft", **few}).status_code == 303


@pytest.mark.parametrize("number", ["²", "x", "-1", "9" * 5000, ""])
def test_a_step_whose_number_is_none_is_no_step(acme, browse, number):
    bob = browse(acme, "Bob")
    made = bob.post(NEW, {"name": "Odd", "status": "draft", f"steps-{number}-kind": "notify"})
    assert made.status_code == 303
    assert "No steps yet" in bob.follow(made).text


def test_a_button_adds_a_step_of_its_kind_and_nothing_is_stored(acme, browse):
    bob = browse(acme, "Bob")
    page = bob.post(NEW, {"name": "Orders", "status": "draft", **HTTP, "do": "add:ai_prompt"})
    assert page.status_code == 200
    assert names(page.text) == ["Fetch", "AI prompt"]
    assert 'name="steps-1-prompt"' in page.text
    assert 'value="Orders"' in page.text
    assert "No workflows yet" in bob.get("/workflows").text


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("up:1", ["Tell", "Fetch"]),
        ("down:0", ["Tell", "Fetch"]),
        ("up:0", ["Fetch", "Tell"]),
        ("down:1", ["Fetch", "Tell"]),
        ("remove:0", ["Tell"]),
    ],
)
def test_buttons_move_and_remove_steps(acme, browse, do, order):
    page = browse(acme, "Bob").post(NEW, FORM | {"do": do})
    assert page.status_code == 200
    assert names(page.text) == order


@pytest.mark.parametrize("do", ["add:dance", "up:7", "up:²", "explode:0", "remove", ":"])
def test_a_button_that_does_not_exist_saves(acme, browse, do):
    assert browse(acme, "Bob").post(NEW, FORM | {"do": do}).status_code == 303


def test_a_full_workflow_offers_no_further_step(acme, browse, make):
    full = make(acme, "Full", steps=[TRANSFORM] * 30)
    page = browse(acme, "Bob").get(f"/workflows/{full}/edit").text
    assert 'value="add:' not in page
    assert "Remove one to add another" in page


def test_changes_replace_the_steps(acme, browse, make):
    workflow_id = make(acme, "Orders", steps=[TRANSFORM, ASK, ASK])
    bob = browse(acme, "Bob")
    page = bob.get(f"/workflows/{workflow_id}/edit").text
    assert names(page) == ["Add tax", "Summarise", "Summarise"]
    bills = FORM | {"name": "Bills", "status": "paused", "version": version(page)}
    changed = bob.post(f"/workflows/{workflow_id}/edit", bills)
    assert changed.status_code == 303
    with tenant_scope(acme):
        workflow = get_workflow(workflow_id)
        assert (workflow.name, workflow.status) == ("Bills", "paused")
        assert [(step.position, step.name) for step in workflow.steps] == [(0, "Fetch"), (1, "Tell")]
        assert workflow.steps[0].settings == {"method": "GET", "url": "https://example.com/a"}


def test_a_refused_change_leaves_the_workflow_alone(acme, browse, make):
    workflow_id = make(acme, "Orders")
    refused = browse(acme, "Bob").post(f"/workflows/{workflow_id}/edit", FORM | {"name": ""})
    assert refused.status_code == 422
    with tenant_scope(acme):
        assert get_workflow(workflow_id).name == "Orders"


def test_of_two_who_edit_the_second_is_told_and_keeps_what_was_typed(acme, browse, make):
    workflow_id = make(acme, "Orders")
    edit = f"/workflows/{workflow_id}/edit"
    alice, bob = browse(acme, "Alice"), browse(acme, "Bob")
    first, second = version(alice.get(edit).text), version(bob.get(edit).text)
    assert alice.post(edit, FORM | {"name": "Alice's", "version": first}).status_code == 303
    refused = bob.post(edit, FORM | {"name": "Bob's", "version": second})
    assert refused.status_code == 422
    assert "Somebody changed this workflow while you edited it." in refused.text
    assert 'value="Bob&#39;s"' in refused.text
    with tenant_scope(acme):
        assert get_workflow(workflow_id).name == "Alice's"
    assert bob.post(edit, FORM | {"name": "Bob's", "version": version(refused.text)}).status_code == 303
    with tenant_scope(acme):
        assert get_workflow(workflow_id).name == "Bob's"


def test_moving_steps_about_does_not_hide_what_others_changed(acme, browse, make):
    workflow_id = make(acme, "Orders")
    edit = f"/workflows/{workflow_id}/edit"
    alice, bob = browse(acme, "Alice"), browse(acme, "Bob")
    seen = version(bob.get(edit).text)
    assert alice.post(edit, FORM | {"version": version(alice.get(edit).text)}).status_code == 303
    moved = bob.post(edit, FORM | {"do": "up:1", "version": seen})
    assert version(moved.text) == seen
    assert bob.post(edit, FORM | {"version": seen}).status_code == 422


@pytest.mark.parametrize("stale", [{}, {"version": ""}, {"version": "x"}, {"version": "2026-01-01T00:00:00+00:00"}])
def test_a_form_that_does_not_say_what_it_was_made_from_replaces_nothing(acme, browse, make, stale):
    workflow_id = make(acme, "Orders")
    assert browse(acme, "Bob").post(f"/workflows/{workflow_id}/edit", FORM | {"name": "X", **stale}).status_code == 422
    with tenant_scope(acme):
        assert get_workflow(workflow_id).name == "Orders"


def test_a_copy_is_a_draft_with_the_same_steps(acme, browse, make):
    workflow_id = make(acme, "x" * 100, steps=[TRANSFORM, ASK])
    bob = browse(acme, "Bob")
    bob.get("/workflows")
    copied = bob.post(f"/workflows/{workflow_id}/duplicate")
    page = bob.follow(copied).text
    assert names(page) == ["Add tax", "Summarise"]
    assert f'value="{"x" * 93} (copy)"' in page
    assert '<option selected value="draft">' in page


def test_whoever_only_looks_can_neither_make_nor_change(acme, browse, make):
    workflow_id = make(acme, "Orders")
    vera, bob = browse(acme, "Vera"), browse(acme, "Bob")
    assert "New workflow" in bob.get("/workflows").text
    assert "New workflow" not in vera.get("/workflows").text
    for path in (NEW, f"/workflows/{workflow_id}/edit"):
        assert bob.get(path).status_code == 200
        assert vera.get(path).status_code == 403
        assert vera.post(path, FORM, page="/workflows").status_code == 403
