"""Checking documents on the pages: the form, the list, what was found, deletion."""

import csv
import re
from io import StringIO

import pytest
from sqlalchemy import text

from saas.core.access import Rights, Source
from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Invalid, NotAllowed
from saas.modules.validations.models import TEXT_LENGTH
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.modules.validations.queries import get_validation
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.log import news
from tests.modules.validations.conftest import BARE, FORM, PROMOTION

NEW = "/validations/new"


def titles(page: str) -> list[str]:
    """The titles of the documents in a list, in their order."""
    return re.findall(r'<a class="strong" href="/validations/[^"]+">([^<]*)</a>', page)


def number(page: str) -> str:
    """The id that the form's validation will have."""
    return re.search(r'name="number"[^>]*value="([^"]*)"', page)[1]


def test_a_complete_document_passes_and_the_page_says_where_each_gate_looked(acme, browse):
    bob = browse(acme, "Bob")
    checked = bob.post(NEW, FORM)
    assert checked.status_code == 303
    page = bob.follow(checked).text
    assert "The document passes all gates." in page
    assert "All 8 passed" in page
    assert "Capital at risk" in page
    assert 'href="#line-4"' in page
    assert ">Fail<" not in page


def test_what_fails_is_told_with_line_excerpt_and_mend(acme, browse):
    bob = browse(acme, "Bob")
    page = bob.follow(bob.post(NEW, FORM | {"text": f"Dear all,\n{BARE}"})).text
    assert "The document fails" in page
    assert "The document says “guaranteed returns”." in page
    assert 'href="#line-2"' in page
    assert "Take out every promise of a return." in page
    assert "Nothing like this stands in the document." in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "This is needed."),
        ({"title": "x" * 151}, "Use at most 150 characters."),
        ({"document_type": "poem"}, "Please choose one of these."),
        ({"text": " \n "}, "Paste or type the document first."),
        ({"text": "…"}, "Paste or type the document first."),
        ({"text": "x " * 26_000}, "Use at most 50,000 characters; these are 51,999."),
        ({"rule_sets": []}, "Choose at least one rule set."),
        ({"rule_sets": ["fca_mars"]}, "There is no rule set “fca_mars”."),
        ({"rule_sets": ["custom"]}, "Your organisation has no gates of its own yet."),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_stays(acme, browse, change, message):
    bob = browse(acme, "Bob")
    refused = bob.post(NEW, FORM | change)
    assert refused.status_code == 422
    assert message in refused.text
    assert "Spring letter" in refused.text or "title" in change
    assert "Capital at risk" in refused.text or "text" in change
    assert titles(bob.get("/validations").text) == []


def test_the_longest_text_fits(acme, browse):
    bob = browse(acme, "Bob")
    assert bob.post(NEW, FORM | {"text": "word " * (TEXT_LENGTH // 5)}).status_code == 303


def test_checks_are_ordered_so_many_times_a_minute(app):
    marks = {name: view.access.costly for name, view in app.view_functions.items() if name.startswith("validations")}
    assert {name for name, costly in marks.items() if costly} == {"validations.new", "validations_api.create"}


def test_a_form_sent_twice_is_checked_once(acme, browse):
    bob = browse(acme, "Bob")
    form = FORM | {"number": number(bob.get(NEW).text)}
    first, again = bob.post(NEW, form), bob.post(NEW, form)
    assert first.headers["Location"] == again.headers["Location"]
    assert titles(bob.get("/validations").text) == ["Spring letter"]


def test_a_document_is_mended_and_checked_again_with_what_was_typed(acme, browse, check):
    validation_id = check(acme, "Letter", text=BARE, rule_sets=["fca_uk", "gdpr_uk"])
    page = browse(acme, "Bob").get(f"/validations/{validation_id}/again").text
    assert 'value="Letter"' in page
    assert BARE in page
    assert len(re.findall(r'type="checkbox"[^>]* checked', page)) == 2
    assert 'action="/validations/new"' in page


def test_an_empty_list_says_what_to_do_to_whoever_may_do_it(acme, browse):
    assert "No documents yet" in browse(acme, "Vera").get("/validations").text
    assert f'href="{NEW}"' not in browse(acme, "Vera").get("/validations").text
    assert f'href="{NEW}"' in browse(acme, "Bob").get("/validations").text


def test_the_list_is_searched_filtered_ordered_and_cut_into_pages(acme, browse, check):
    check(acme, "Zebra", text=BARE)
    check(acme, "apple", kind="invoice")
    check(acme, "100 % Mango")
    vera = browse(acme, "Vera")
    assert titles(vera.get("/validations").text) == ["100 % Mango", "apple", "Zebra"]
    assert titles(vera.get("/validations?sort=-title").text) == ["Zebra", "apple", "100 % Mango"]
    assert titles(vera.get("/validations?sort=-failures").text)[0] == "Zebra"
    assert titles(vera.get("/validations?q=%25").text) == ["100 % Mango"]
    assert titles(vera.get("/validations?type=invoice").text) == ["apple"]
    assert titles(vera.get("/validations?result=fail").text) == ["Zebra"]
    assert "Nothing matches" in vera.get("/validations?q=pear").text
    for number_ in range(23):
        check(acme, f"Letter {number_}")
    assert "1–25" in vera.get("/validations").text
    assert len(titles(vera.get("/validations?page=2").text)) == 1


@pytest.mark.parametrize("query", ["sort=text", "page=x", "type=poem", "result=maybe", "q=%00"])
def test_an_address_that_makes_no_sense_shows_the_list(acme, browse, check, query):
    check(acme, "Letter")
    for path in ("/validations", "/validations/export.csv", "/api/validations"):
        answer = browse(acme, "Vera").get(f"{path}?{query}")
        assert answer.status_code == 200
        assert "Letter" in answer.text


def test_the_list_reads_neither_texts_nor_results_and_costs_the_same_however_long_it_is(
    acme, browse, check, statements
):
    check(acme, "Letter")
    vera = browse(acme, "Vera")
    vera.get("/validations")
    statements.clear()
    vera.get("/validations")
    few = len(statements)
    (sent,) = [statement for statement in statements if "validations.title" in statement and "LIMIT" in statement]
    assert "validations.text" not in sent
    assert "validations.results" not in sent
    for number_ in range(5):
        check(acme, f"Letter {number_}")
    statements.clear()
    vera.get("/validations")
    assert len(statements) == few


def test_the_csv_holds_what_the_list_finds_and_no_formula(acme, browse, check):
    check(acme, "=SUM(A1)", text=BARE)
    check(acme, "Letter")
    answer = browse(acme, "Vera").get("/validations/export.csv?sort=title")
    head, *rows = csv.reader(StringIO(answer.text))
    assert head[:4] == ["Title", "Type", "Result", "Rule sets"]
    assert [row[:4] for row in rows] == [
        ["'=SUM(A1)", "Financial promotion", "Fail", "FCA (UK)"],
        ["Letter", "Financial promotion", "Pass", "FCA (UK)"],
    ]
    assert "No guaranteed returns" in rows[0][6]


def test_only_admins_delete(acme, browse, check):
    validation_id = check(acme, "Letter")
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    assert "Delete this document?" not in bob.get(f"/validations/{validation_id}").text
    assert bob.post(f"/validations/{validation_id}/delete").status_code == 403
    assert "Delete this document?" in adam.get(f"/validations/{validation_id}").text
    deleted = adam.post(f"/validations/{validation_id}/delete")
    assert "“Letter” is deleted." in adam.follow(deleted).text
    assert adam.get(f"/validations/{validation_id}").status_code == 404


def test_whoever_only_looks_checks_nothing(acme, browse, check):
    validation_id = check(acme, "Letter")
    vera, bob = browse(acme, "Vera"), browse(acme, "Bob")
    for path in (NEW, f"/validations/{validation_id}/again"):
        assert bob.get(path).status_code == 200
        assert vera.get(path).status_code == 403
    assert vera.post(NEW, FORM, page="/validations").status_code == 403
    draft = Draft("Letter", "other", BARE, ["fca_uk"])
    with tenant_scope(acme), pytest.raises(NotAllowed):
        run_validation(draft, actor=Actor("member", "Vera"))


def test_the_log_tells_of_a_check_with_its_result_and_of_a_deletion(acme, browse, check):
    bob = browse(acme, "Bob")
    bob.get(NEW)
    with news(acme) as told:
        bob.post(NEW, FORM | {"text": BARE})
    entry = told.only
    assert (entry.event, entry.target_label) == ("validations.validation.checked", "Spring letter")
    assert (entry.facts["result"], entry.facts["rule_sets"]) == ("fail", ["fca_uk"])
    assert "Risk warning" in entry.facts["failed"]
    validation_id, adam = check(acme, "Letter"), browse(acme, "Adam")
    adam.get("/validations")
    with news(acme) as deleted:
        adam.post(f"/validations/{validation_id}/delete")
    assert deleted.only.event == "validations.validation.deleted"
    with news(acme) as refused, tenant_scope(acme), pytest.raises(Invalid):
        run_validation(Draft("", "other", BARE, ["fca_uk"]), actor=SYSTEM)
    assert refused.entries == []


def test_a_person_who_is_gone_leaves_the_document_behind(acme, browse):
    bob = acme.people["Bob"]
    with tenant_work(acme):
        actor = Actor("member", "Bob", bob.id, Rights((Source("role", "Member", frozenset({"validations.run"})),)))
        validation_id = run_validation(Draft("Letter", "other", PROMOTION, ["fca_uk"]), actor=actor).id
    vera = browse(acme, "Vera")
    assert "by Bob" in vera.get(f"/validations/{validation_id}").text
    with tenant_work(acme) as session:
        session.execute(text("DELETE FROM users WHERE id = :id"), {"id": bob.id})
    assert "by a program" in vera.get(f"/validations/{validation_id}").text


def test_of_a_very_long_document_the_first_lines_are_shown_and_all_are_checked(acme, browse, check):
    validation_id = check(acme, "Letter", text="line\n" * 1200 + BARE)
    page = browse(acme, "Vera").get(f"/validations/{validation_id}").text
    assert "201 more lines were checked and are not shown." in page
    assert 'href="#document">Line 1201' in page
    with tenant_scope(acme):
        assert get_validation(validation_id).text.endswith(BARE)
