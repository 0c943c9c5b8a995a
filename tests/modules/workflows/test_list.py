"""The list of workflows: search, filter, order, pages, CSV."""

import csv
import re
from io import StringIO

import pytest

from saas.core.actor import SYSTEM
from saas.modules.workflows.operations import start_run
from saas.modules.workflows.queries import get_workflow, latest_runs
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.modules.workflows.conftest import ASK, LOST, TRANSFORM


def names(page: str) -> list[str]:
    """The names of the workflows in a list, in their order."""
    return re.findall(r'<a class="strong" href="/workflows/[^"]+">([^<]*)</a>', page)


def test_an_empty_list_says_what_to_do_to_whoever_may_do_it(acme, browse):
    assert "No workflows yet" in browse(acme, "Vera").get("/workflows").text
    assert 'href="/workflows/new"' not in browse(acme, "Vera").get("/workflows").text
    assert 'href="/workflows/new"' in browse(acme, "Bob").get("/workflows").text


def test_the_list_is_searched_filtered_and_ordered(acme, browse, make):
    make(acme, "Zebra", status="paused")
    make(acme, "apple")
    make(acme, "100 % Mango")
    vera = browse(acme, "Vera")
    assert names(vera.get("/workflows").text) == ["100 % Mango", "apple", "Zebra"]
    assert names(vera.get("/workflows?sort=name").text) == ["100 % Mango", "apple", "Zebra"]
    assert names(vera.get("/workflows?sort=-name").text) == ["Zebra", "apple", "100 % Mango"]
    assert names(vera.get("/workflows?q=APP").text) == ["apple"]
    assert names(vera.get("/workflows?q=about+z").text) == ["Zebra"]
    assert names(vera.get("/workflows?q=%25").text) == ["100 % Mango"]
    assert names(vera.get("/workflows?status=paused").text) == ["Zebra"]
    nothing = vera.get("/workflows?q=pear&status=draft").text
    assert "Nothing matches" in nothing
    assert "No workflows yet" not in nothing


@pytest.mark.parametrize(
    "query", ["sort=password", "sort=--name", "page=0", "page=-1", "page=x", "page=999999999", "status=asleep", "q=%00"]
)
def test_an_address_that_makes_no_sense_shows_the_list(acme, browse, make, query):
    make(acme, "Orders")
    vera = browse(acme, "Vera")
    for path in ("/workflows", "/workflows/export.csv", "/api/workflows"):
        answer = vera.get(f"{path}?{query}&_scheme=x&_external=1")
        assert answer.status_code == 200
        assert "Orders" in answer.text


def test_pages_hold_25(acme, browse, make):
    for number in range(27):
        make(acme, f"Flow {number:02}")
    vera = browse(acme, "Vera")
    first, second = vera.get("/workflows?sort=name").text, vera.get("/workflows?sort=name&page=2").text
    assert names(first) == [f"Flow {number:02}" for number in range(25)]
    assert names(second) == ["Flow 25", "Flow 26"]
    assert "1–25" in first
    assert "26–27" in second


def test_the_list_costs_the_same_however_long_it_is(acme, browse, make, run, statements):
    vera = browse(acme, "Vera")
    run(acme, make(acme, "Orders", steps=[TRANSFORM, ASK]))
    vera.get("/workflows")
    statements.clear()
    vera.get("/workflows")
    few = len(statements)
    for number in range(10):
        run(acme, make(acme, f"Flow {number}", steps=[TRANSFORM, ASK, TRANSFORM]))
    statements.clear()
    assert len(names(vera.get("/workflows").text)) == 11
    assert len(statements) == few


def test_of_many_runs_the_newest_is_shown_and_the_others_are_not_read(acme, browse, make, run, statements):
    workflow_id, idle = make(acme, "Orders", steps=[LOST]), make(acme, "Idle")
    for _ in range(3):
        run(acme, workflow_id)
    with tenant_work(acme):
        start_run(get_workflow(workflow_id), actor=SYSTEM)
    page = browse(acme, "Vera").get("/workflows").text
    assert page.count("Queued") == 1
    assert "Failed" not in page
    assert "Never" in page
    (sent,) = [statement for statement in statements if "FROM workflows JOIN LATERAL" in statement]
    assert "results" not in sent
    with tenant_scope(acme):
        assert set(latest_runs([workflow_id, idle])) == {workflow_id}
        assert latest_runs([]) == {}


def test_the_csv_holds_what_the_list_finds_and_no_formula(acme, browse, make):
    make(acme, "=SUM(A1)", steps=[TRANSFORM, ASK])
    make(acme, "Paused", status="paused")
    answer = browse(acme, "Vera").get("/workflows/export.csv?sort=name")
    assert answer.mimetype == "text/csv"
    assert 'filename="workflows.csv"' in answer.headers["Content-Disposition"]
    head, *rows = csv.reader(StringIO(answer.text))
    assert head == ["Name", "Status", "Steps", "Description", "Created", "Changed"]
    assert [row[:3] for row in rows] == [["'=SUM(A1)", "active", "2"], ["Paused", "paused", "1"]]
    filtered = browse(acme, "Vera").get("/workflows/export.csv?status=paused").text
    assert "Paused" in filtered
    assert "SUM" not in filtered


def test_nobody_sees_another_organisations_workflows(cast, browse, make):
    secret = make(cast.umbrella, "Secret")
    own = make(cast.acme, "Orders")
    alice = browse(cast.acme, "Alice")
    page = alice.get("/workflows").text
    assert "Orders" in page
    assert "Secret" not in page
    for path in ("", "/edit"):
        assert alice.get(f"/workflows/{own}{path}").status_code == 200
        assert alice.get(f"/workflows/{secret}{path}").status_code == 404
    for path in ("/edit", "/duplicate", "/runs", "/delete"):
        assert alice.post(f"/workflows/{secret}{path}", {"name": "x"}, page="/workflows").status_code == 404
    assert "Secret" in browse(cast.umbrella, "Charlie").get(f"/workflows/{secret}").text


def test_only_admins_delete_and_the_runs_go_too(acme, browse, make, run):
    workflow_id = make(acme, "Orders")
    run_id = run(acme, workflow_id)
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    assert "Delete this workflow?" not in bob.get(f"/workflows/{workflow_id}").text
    assert bob.post(f"/workflows/{workflow_id}/delete").status_code == 403
    assert "Delete this workflow?" in adam.get(f"/workflows/{workflow_id}").text
    deleted = adam.post(f"/workflows/{workflow_id}/delete")
    assert "“Orders” is deleted." in adam.follow(deleted).text
    assert adam.get(f"/workflows/{workflow_id}").status_code == 404
    assert adam.get(f"/workflows/{workflow_id}/runs/{run_id}").status_code == 404


@pytest.mark.parametrize("path", ["/workflows/none", "/workflows/01a1fd26-b999-7760-8fe3-81b22121fc17", "/workflows/'"])
def test_an_unknown_workflow_is_not_found(acme, browse, path):
    assert browse(acme, "Alice").get(path).status_code == 404
