"""Gates that an organisation made itself."""

import pytest

from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Conflict, NotAllowed
from saas.modules.validations.operations import gates
from saas.modules.validations.operations.gates import GateDraft, change_gate, create_gate
from saas.modules.validations.queries import get_gate, list_gates
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.log import news
from tests.modules.validations.conftest import BARE

NEW = "/validations/gates/new"
FORM = {"label": "No promises", "kind": "must_not", "phrase": "guaranteed returns", "severity": "high", "mend": ""}


def test_an_admin_makes_a_gate_and_documents_are_checked_for_it(acme, browse, check):
    adam = browse(acme, "Adam")
    assert "No gates of your own yet" in adam.get("/validations/gates").text
    assert "No promises" in adam.follow(adam.post(NEW, FORM)).text
    assert "1 gate that your organisation made itself." in browse(acme, "Bob").get("/validations/new").text
    validation_id = check(acme, "Letter", text=BARE, rule_sets=["custom"])
    page = adam.get(f"/validations/{validation_id}").text
    assert "Take out the words “guaranteed returns”." in page
    assert "1 of 1 failed" in page


def test_a_gate_is_changed_and_deleted_while_what_it_found_stays(acme, browse, check, gate):
    gate_id = gate(acme, "No promises", phrase="guaranteed returns")
    validation_id = check(acme, "Letter", text=BARE, rule_sets=["custom"])
    adam = browse(acme, "Adam")
    assert 'value="guaranteed returns"' in adam.get(f"/validations/gates/{gate_id}/edit").text
    changed = adam.post(f"/validations/gates/{gate_id}/edit", FORM | {"label": "No slogans", "phrase": "best"})
    assert "No slogans" in adam.follow(changed).text
    deleted = adam.post(f"/validations/gates/{gate_id}/delete")
    assert "“No slogans” is deleted." in adam.follow(deleted).text
    assert "No promises" in adam.get(f"/validations/{validation_id}").text
    assert adam.get(f"/validations/gates/{gate_id}/edit").status_code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": ""}, "This is needed."),
        ({"phrase": "x" * 201}, "Use at most 200 characters."),
        ({"kind": "maybe"}, "Please choose one of these."),
        ({"severity": "huge"}, "Please choose one of these."),
        ({"mend": "x" * 501}, "Use at most 500 characters."),
        ({"mend": "a\0b"}, "characters that cannot be used"),
    ],
)
def test_what_is_wrong_with_a_gate_is_said(acme, browse, change, message):
    adam = browse(acme, "Adam")
    refused = adam.post(NEW, FORM | change)
    assert refused.status_code == 422
    assert message in refused.text
    with tenant_scope(acme):
        assert list_gates() == []


def test_members_see_gates_and_admins_make_them(acme, browse, gate):
    gate_id = gate(acme, "No promises", phrase="guaranteed")
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    assert "No promises" in bob.get("/validations/gates").text
    for path in (NEW, f"/validations/gates/{gate_id}/edit"):
        assert bob.get(path).status_code == 403
        assert adam.get(path).status_code == 200
    with tenant_scope(acme), pytest.raises(NotAllowed):
        create_gate(GateDraft("A", "must", "b", "low"), actor=Actor("member", "Bob"))


def test_there_is_a_most_of_gates(acme, browse, gate, monkeypatch):
    monkeypatch.setattr(gates, "MOST_GATES", 1)
    gate(acme, "One", phrase="one")
    with tenant_scope(acme), pytest.raises(Conflict, match="that is the most"):
        create_gate(GateDraft("Two", "must", "two", "low"), actor=SYSTEM)
    assert "that is the most" in browse(acme, "Adam").post(NEW, FORM).text


def test_the_log_tells_what_changed_and_nothing_where_nothing_did(acme, gate):
    with news(acme) as made:
        gate_id = gate(acme, "One", phrase="one")
    assert (made.only.event, made.only.changes["phrase"]) == ("validations.gate.created", [None, "one"])
    draft = GateDraft("One", "must_not", "two", "high")
    with news(acme) as changed, tenant_work(acme):
        change_gate(get_gate(gate_id, to_change=True), draft, actor=SYSTEM)
    assert changed.only.changes == {"phrase": ["one", "two"]}
    with news(acme) as same, tenant_work(acme):
        change_gate(get_gate(gate_id, to_change=True), draft, actor=SYSTEM)
    assert same.entries == []


def test_nobody_checks_against_the_gates_of_others(cast, browse, check, gate):
    theirs = gate(cast.umbrella, "Secret", phrase="guaranteed")
    ours = gate(cast.acme, "Ours", phrase="fund")
    validation_id = check(cast.acme, "Letter", text=BARE, rule_sets=["custom"])
    alice = browse(cast.acme, "Alice")
    assert "1 of 1 gates" in alice.get(f"/validations/{validation_id}").text
    assert alice.get(f"/validations/gates/{ours}/edit").status_code == 200
    assert alice.get(f"/validations/gates/{theirs}/edit").status_code == 404
