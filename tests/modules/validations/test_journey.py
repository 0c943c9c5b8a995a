"""LOKI as it is sold: what its plans open, what they refuse, and the way out that each refusal names."""

import pytest

from saas.core.actor import SYSTEM
from saas.tenancy.scope import tenant_work
from saas.usage.operations.consuming import consume
from tests.cast import found
from tests.modules.programs import Program, events_of, move_to, used
from tests.modules.validations.conftest import BARE, FORM
from tests.support import sold

NEW, INVITE = "/validations/new", "/people/invitations/new"
API = "/api/validations"
BODY = {"title": "Letter", "document_type": "nda", "text": BARE, "rule_sets": ["fca_uk"]}


@pytest.fixture
def loki(app):
    """An organisation on the first plan of LOKI, Starter: Ann owns it, two more people work there."""
    with sold("loki"):
        yield found("Loki", owner="Ann", people={"Ben": "member", "Cid": "viewer"})


def test_starter_checks_against_two_rule_sets_and_the_others_are_shown_locked(loki, browse):
    ben = browse(loki, "Ben")
    page = ben.get(NEW).text
    assert page.count('name="rule_sets"') == 2
    assert page.count("In Professional or Enterprise") == 4
    assert 'href="/plan"' in page
    assert ben.post(NEW, FORM | {"rule_sets": ["fca_uk", "gdpr_uk"]}).status_code == 303
    refused = ben.post(NEW, FORM | {"rule_sets": ["fca_uk", "nda_uk"]})
    assert refused.status_code == 402
    assert "“Non-disclosure (UK)” is not in your plan. Professional and Enterprise have it." in refused.text
    assert used(loki, "validations") == 1


def test_professional_opens_all_rule_sets_and_custom_gates(loki, browse):
    ann, gate = browse(loki, "Ann"), {"label": "Mine", "kind": "must_not", "phrase": "fund", "severity": "low"}
    assert ann.get("/validations/gates").status_code == 402
    assert ann.post("/validations/gates/new", gate, page="/validations").status_code == 402
    assert "Custom gates" not in ann.get("/validations").text
    move_to(loki, "professional")
    assert "Custom gates" in ann.get("/validations").text
    assert ann.post("/validations/gates/new", gate).status_code == 303
    everything = ["fca_uk", "gdpr_uk", "tax_uk", "nda_uk", "hr_scottish", "custom"]
    checked = ann.post(NEW, FORM | {"rule_sets": everything})
    assert checked.status_code == 303
    assert "of 40 gates" in ann.follow(checked).text
    move_to(loki, "starter")
    assert ann.post(NEW, FORM | {"rule_sets": ["custom"]}).status_code == 402


def test_each_check_is_one_validation_that_succeeded_whatever_was_found(loki, browse):
    ben = browse(loki, "Ben")
    for text in (FORM["text"], BARE):
        assert ben.post(NEW, FORM | {"text": text}).status_code == 303
    events = events_of(loki, "validations")
    assert [(event.quantity, event.outcome, event.dimension, event.module) for event in events] == [
        (1, "ok", "", "validations"),
        (1, "ok", "", "validations"),
    ]
    assert {event.actor_id for event in events} == {loki.people["Ben"].id}
    assert all(event.duration_ms and event.resource.startswith("validation:") for event in events)


def test_a_fourth_person_is_refused_at_three_and_let_in_by_professional(loki, browse):
    ann = browse(loki, "Ann")
    form = {"addresses": f"dan@{loki.slug}.example.org", "role": "member", "days": "7"}
    refused = ann.post(INVITE, form)
    assert refused.status_code == 402
    assert "3 of 3 seats are in use" in refused.text
    assert "Professional and Enterprise have more." in refused.text
    assert "No seat is left for this person." in refused.text
    move_to(loki, "professional")
    assert ann.post(INVITE, form).status_code == 303


def test_requests_of_programs_count_and_the_10_001st_is_a_problem(loki, app):
    program = Program(app, loki, "validations.view", "validations.run")
    assert program.post(API, BODY).status_code == 201
    assert used(loki, "api_calls") == 1
    with tenant_work(loki):
        consume("api_calls", 9_998, actor=SYSTEM)
    assert program.get(API).status_code == 200
    assert used(loki, "api_calls") == 10_000
    refused = program.post(API, BODY)
    assert refused.status_code == 402
    assert refused.mimetype == "application/problem+json"
    assert (refused.json["code"], refused.json["meter"], refused.json["limit"]) == (
        "limit_reached",
        "api_calls",
        10_000,
    )
    assert refused.json["plans"] == ["professional", "enterprise"]
    assert (used(loki, "api_calls"), used(loki, "validations")) == (10_000, 1)
    move_to(loki, "professional")
    assert program.post(API, BODY).status_code == 201


def test_a_program_is_told_which_plan_has_a_rule_set(loki, app):
    program = Program(app, loki, "validations.view", "validations.run")
    refused = program.post(API, BODY | {"rule_sets": ["nda_uk"]})
    assert (refused.status_code, refused.json["code"], refused.json["feature"]) == (402, "feature_locked", "nda_uk")
    assert refused.json["plans"] == ["professional", "enterprise"]
    move_to(loki, "professional")
    assert program.post(API, BODY | {"rule_sets": ["nda_uk"]}).status_code == 201
