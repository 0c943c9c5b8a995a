"""``saas revenue report``: what it prints, for people and for programs, and what it says to wrong words."""

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from saas.billing.revenue.definitions import CAUSES, FIGURES, MOVEMENTS
from saas.tenancy.scope import platform_work
from tests.billing.ledgers import Row, day, write

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "revenue.md"
LIVES = [
    *(Row(0, day("2025-01-05"), 2900, "trialing"), Row(0, day("2025-01-19"), 2900)),
    *(Row(1, day("2025-01-20"), 29000, months=12), Row(2, day("2025-01-21"), 900, plan="basic")),
    *(Row(0, day("2025-02-10"), 9900, plan="max"), Row(2, day("2025-02-11"), 900, "canceled", plan="basic")),
    Row(3, day("2025-02-12"), 5000, currency="USD"),
]


@pytest.fixture
def sold(app):
    """A ledger of two months, and none after the test."""
    with platform_work() as session:
        write(session, LIVES)
    yield
    with platform_work() as session:
        write(session, [])


@pytest.fixture
def report(saas):
    """Run the report: ``report("--month", "2025-02")``."""
    return lambda *arguments: saas("revenue", "report", *arguments)


def lines(text: str) -> list[list[str]]:
    """The cells of each line, columns standing two spaces apart."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


class TestReport:
    def test_months_stand_below_each_other_with_what_moved(self, sold, report):
        answer = report("--month", "2025-02")
        assert answer.exit_code == 0
        told = lines(answer.output)
        assert told[0] == ["Revenue in EUR, January 2025 to February 2025 (UTC)"]
        assert ["2025-01", "0.00", "+62.17", "–", "–", "–", "–", "62.17", "3", "3", "–"] in told
        assert ["2025-02", "62.17", "–", "–", "+70.00", "–", "−9.00", "123.17", "2", "–", "1"] in told

    def test_every_figure_stands_with_what_it_says(self, sold, report):
        output = report("--month", "2025-02").output
        told = {cells[0]: cells[1:] for cells in lines(output)}
        assert told["MRR"][0] == "€123.17"
        assert told["Logo churn"][0] == "33.3 %"
        assert told["NRR"][0] == "198.1 %"
        assert told["Trial conversion"][:2] == ["–", "100.0 %"]
        assert [one.label for one in FIGURES if told[one.label][-1] != one.sentence] == []

    def test_plans_cycles_causes_and_other_currencies_are_told(self, sold, report):
        output = report("--month", "2025-02").output
        assert ["max", "month", "1", "€99.00", "80.4 %"] in lines(output)
        assert "By cycle: month €99.00, year €24.17." in output
        assert ["They wanted to go", "1", "€9.00", CAUSES["asked"][1]] in lines(output)
        assert "not enough churn" in output
        assert "There is revenue in USD too" in output

    def test_another_currency_is_a_ledger_of_its_own(self, sold, report):
        told = lines(report("--month", "2025-02", "--currency", "usd").output)
        assert ["2025-02", "0.00", "+50.00", "–", "–", "–", "–", "50.00", "1", "1", "–"] in told

    def test_fewer_months_are_shown_where_fewer_are_wanted(self, sold, report):
        output = report("--month", "2025-02", "--months", "1").output
        assert "Revenue in EUR, February 2025 (UTC)" in output
        assert "2025-01" not in output

    def test_a_month_before_the_first_one_is_empty_and_the_present_one_is_not_over(self, sold, report):
        assert ["2024-03", "0.00", *"–––––", "0.00", "0", "–", "–"] in lines(report("--month", "2024-03").output)
        assert "(UTC), so far" in report().output

    def test_the_margin_makes_the_value_of_a_customer(self, sold, report):
        def value(*arguments: str) -> str:
            return json.loads(report("--month", "2025-02", "--json", *arguments).output)["figures"]["clv"]["month"]

        assert (value(), value("--margin", "50")) == ("3695.00", "1847.50")


class TestForPrograms:
    def test_json_has_all_that_is_printed(self, sold, report):
        told = json.loads(report("--month", "2025-02", "--json").output)
        assert (told["currency"], told["month"], told["so_far"]) == ("EUR", "2025-02", False)
        assert told["months"][1]["expansion"] == "70.00"
        assert told["months"][1]["churn"] == "9.00"
        assert set(told["figures"]) == {one.name for one in FIGURES}
        assert told["figures"]["mrr"]["month"] == "123.17"
        assert told["figures"]["logo_churn"]["month"] == "0.333333"
        assert told["clv_capped"] is True
        assert told["churn_by_cause"]["asked"] == {"customers": 1, "mrr": "9.00"}
        assert told["by_plan"][0] == {"plan": "max", "cycle": "month", "subscriptions": 1, "mrr": "99.00"}

    def test_csv_has_a_line_for_each_month(self, sold, report):
        first, second = csv.DictReader(StringIO(report("--month", "2025-02", "--csv").output))
        assert (first["month"], first["new"], first["customers"], first["currency"]) == ("2025-01", "62.17", "3", "EUR")
        assert (second["start"], second["churn"], second["lost_customers"]) == ("62.17", "9.00", "1")

    def test_they_exclude_each_other(self, report):
        assert report("--json", "--csv").exit_code == 2


class TestWrongWords:
    @pytest.mark.parametrize("month", ["2025", "2025-13", "2025-1", "1025-01", "last", "2025-01-01", ""])
    def test_a_month_is_written_as_year_and_month(self, report, month):
        answer = report("--month", month)
        assert (answer.exit_code, "Write a month as 2027-01." in answer.output) == (2, True)

    def test_a_month_that_has_not_begun_has_nothing_to_tell(self, report):
        answer = report("--month", "2099-01")
        assert (answer.exit_code, "January 2099 has not begun." in answer.output) == (2, True)

    @pytest.mark.parametrize("currency", ["EURO", "€", "XQZ", ""])
    def test_a_currency_is_one_that_there_is(self, report, currency):
        answer = report("--currency", currency)
        assert (answer.exit_code, "three letters" in answer.output) == (2, True)

    @pytest.mark.parametrize(
        "option", [("--months", "0"), ("--months", "121"), ("--margin", "101"), ("--margin", "much")]
    )
    def test_numbers_have_bounds(self, report, option):
        assert report(*option).exit_code == 2


class TestWithoutRevenue:
    def test_it_says_how_revenue_comes_about(self, app, report):
        with platform_work() as session:
            write(session, [])
        answer = report()
        assert (answer.exit_code, "STRIPE_SECRET_KEY" in answer.output) == (0, True)
        assert json.loads(report("--json").output) == {"currency": "EUR", "months": []}

    def test_it_names_the_currencies_in_which_there_is_some(self, sold, report):
        answer = report("--currency", "JPY")
        assert answer.exit_code == 0
        assert "Nothing was sold in JPY. There is revenue in EUR, USD" in answer.output


def table_of(first: str) -> list[list[str]]:
    """The rows of the document's table whose first heading is this."""
    text = DOCUMENT.read_text().partition(f"\n| {first} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


class TestDocument:
    def test_it_defines_every_figure_as_the_code_does(self):
        assert table_of("figure") == [[one.label, one.sentence, one.formula] for one in FIGURES]
        assert table_of("movement") == [[name, sentence] for name, sentence in MOVEMENTS.items()]
        assert table_of("cause") == [[label, sentence] for label, sentence in CAUSES.values()]
