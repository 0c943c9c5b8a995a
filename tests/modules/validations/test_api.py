"""Validations for programs, with a key."""

import pytest

from tests.modules.programs import Program
from tests.modules.validations.conftest import BARE, PROMOTION

PATH = "/api/validations"
BODY = {"title": "Letter", "document_type": "financial_promotion", "text": PROMOTION, "rule_sets": ["fca_uk"]}


@pytest.fixture
def program(app, acme) -> Program:
    """A program that may check and look."""
    return Program(app, acme, "validations.view", "validations.run")


def test_a_document_is_checked_and_can_be_read_again(program, acme, browse):
    made = program.post(PATH, BODY | {"text": f"Hello\n{BARE}"})
    assert made.status_code == 201
    assert (made.json["result"], made.json["title"], made.json["gates"]) == ("FAIL", "Letter", 8)
    assert "fca_uk.no_guarantee" in made.json["failed"]
    found = next(one for one in made.json["results"] if one["gate"] == "fca_uk.no_guarantee")
    assert (found["line"], found["excerpt"], found["severity"]) == (2, BARE, "high")
    again = program.get(made.headers["Location"]).json
    assert again["results"] == made.json["results"]
    assert program.post(PATH, BODY).json["result"] == "PASS"
    assert "A program" in browse(acme, "Vera").get("/validations").text


def test_the_list_has_pages_and_filters(program):
    for title in ("One", "Two"):
        program.post(PATH, BODY | {"title": title})
    program.post(PATH, BODY | {"title": "Three", "text": BARE, "document_type": "other"})
    listed = program.get(f"{PATH}?sort=title").json
    assert (listed["total"], listed["pages"]) == (3, 1)
    assert [item["title"] for item in listed["items"]] == ["One", "Three", "Two"]
    assert [item["title"] for item in program.get(f"{PATH}?result=fail").json["items"]] == ["Three"]
    assert "text" not in listed["items"][0]


def test_the_figures_are_those_of_the_page(program):
    program.post(PATH, BODY)
    program.post(PATH, BODY | {"text": BARE})
    found = program.get(f"{PATH}/analytics?days=7").json
    assert (found["checked"], found["pass_rate"], len(found["days"])) == (2, 0.5, 7)
    assert found["rule_sets"] == [{"label": "FCA (UK)", "passed": 1, "failed": 1}]
    assert len(program.get(f"{PATH}/analytics").json["days"]) == 30


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        (BODY | {"title": 7}, "text"),
        (BODY | {"title": ["Letter"]}, "text"),
        (BODY | {"title": {"a": 1}}, "text"),
        (BODY | {"document_type": ["nda"]}, "text"),
        (BODY | {"rule_sets": {"fca_uk": 1}}, "list"),
        ([BODY], "title"),
        (BODY | {"text": ["a"]}, "text"),
        (BODY | {"rule_sets": "fca_uk"}, "list"),
        (BODY | {"rule_sets": [1]}, "list"),
        (BODY | {"document_type": "poem"}, "choose"),
        ([], "title"),
    ],
)
def test_what_is_wrong_is_a_problem(program, body, field):
    refused = program.post(PATH, body)
    assert refused.status_code == 422
    assert refused.mimetype == "application/problem+json"
    assert program.get(PATH).json["total"] == 0


@pytest.mark.parametrize("days", ["0", "367", "x", "99999", "-1"])
def test_a_period_that_is_none_is_refused(program, days):
    assert program.get(f"{PATH}/analytics?days={days}").status_code == 422
    assert program.get(f"{PATH}/analytics?days=366").status_code == 200


def test_a_key_that_only_looks_checks_nothing(app, acme, program):
    viewer = Program(app, acme, "validations.view")
    assert viewer.post(PATH, BODY).status_code == 403
    assert viewer.get(PATH).json["total"] == 0
    assert program.post(PATH, BODY).status_code == 201
