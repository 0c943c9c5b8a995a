"""The figures of validations: by day, by type, by rule set, and what most documents fail at."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from saas.core.runtime import runtime
from saas.modules.validations.figures import Violation, get_analytics, get_trend
from saas.modules.validations.models import Validation
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.modules.validations.conftest import BARE

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def move(where, validation_id, moment: datetime) -> None:
    with tenant_work(where) as session:
        session.execute(update(Validation).where(Validation.id == validation_id).values(created_at=moment))


def test_days_are_those_of_the_time_zone_and_none_is_missing(acme, check):
    move(acme, check(acme, "Letter"), datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    with tenant_scope(acme), time_machine.travel(NOON, tick=False):
        utc, tokyo = get_trend(days=3, zone="UTC"), get_trend(days=3, zone="Asia/Tokyo")
    assert [day.passed for day in utc.days] == [0, 1, 0]
    assert [day.passed for day in tokyo.days] == [0, 0, 1]


def test_analytics_add_up_by_type_rule_set_and_gate(acme, check, gate):
    gate(acme, "No promises", phrase="guaranteed")
    made = [
        check(acme, "A"),
        check(acme, "B", text=BARE, rule_sets=["fca_uk", "custom"]),
        check(acme, "C", text=BARE, kind="nda", rule_sets=["custom"]),
    ]
    for validation_id in made:
        move(acme, validation_id, NOON - timedelta(days=2))
    move(acme, check(acme, "Old", text=BARE), NOON - timedelta(days=40))
    with tenant_scope(acme), time_machine.travel(NOON, tick=False):
        found = get_analytics(days=30, zone="UTC")
        more = get_analytics(days=90, zone="UTC")
    assert (found.checked, found.passed, found.failed, found.pass_rate) == (3, 1, 2, 1 / 3)
    assert [(part.label, part.passed, part.failed) for part in found.types] == [
        ("Financial promotion", 1, 1),
        ("Non-disclosure agreement", 0, 1),
    ]
    assert [(part.label, part.passed, part.failed) for part in found.rule_sets] == [
        ("FCA (UK)", 1, 1),
        ("Own gates", 0, 2),
    ]
    first = found.violations[0]
    assert (first.label, first.rule_set, first.count) == ("No promises", "Own gates", 2)
    assert Violation("fca_uk.risk_warning", "Risk warning", "FCA (UK)", 1) in found.violations
    assert more.checked == 4


def test_ten_violations_are_enough(acme, check):
    check(acme, "A", text=BARE, rule_sets=["fca_uk", "gdpr_uk", "nda_uk"])
    with tenant_scope(acme):
        assert len(get_analytics(days=30, zone="UTC").violations) == 10


def test_the_page_shows_charts_with_tables_and_both_periods(acme, browse, check):
    vera = browse(acme, "Vera")
    assert "Nothing was checked in these days" in vera.get("/validations/analytics").text
    check(acme, "A", text=BARE)
    page = vera.get("/validations/analytics").text
    assert page.count('<th scope="row">') == 30 + 1 + 1
    assert "Pass rate" in page
    assert "No guaranteed returns" in page
    assert vera.get("/validations/analytics?days=90").text.count('<th scope="row">') == 92
    assert vera.get("/validations/analytics?days=7").text.count('<th scope="row">') == 32


def test_analytics_cost_the_same_however_many_documents_there_are(acme, browse, check, statements):
    vera = browse(acme, "Vera")
    check(acme, "A", text=BARE)
    vera.get("/validations/analytics")
    statements.clear()
    vera.get("/validations/analytics")
    few = len(statements)
    for name in "BCD":
        check(acme, name, text=BARE)
    statements.clear()
    vera.get("/validations/analytics")
    assert len(statements) == few


def test_the_card_is_one_statement_and_stays_away_while_nothing_was_checked(acme, browse, check, statements):
    vera = browse(acme, "Vera")
    assert "Documents checked" not in vera.get("/").text
    check(acme, "Letter")
    statements.clear()
    page = vera.get("/").text
    assert "Documents checked" in page
    assert "100% passed in the last 14 days" in page
    assert sum("FROM validations" in statement for statement in statements) == 1


@pytest.mark.parametrize("name", ["validations.first_check"])
def test_the_step_of_getting_started_is_done_with_the_first_document(acme, check, name):
    step = next(step for step in runtime().registry.steps if step.name == name)
    with tenant_scope(acme):
        assert not step.done()
    check(acme, "Letter")
    with tenant_scope(acme):
        assert step.done()
