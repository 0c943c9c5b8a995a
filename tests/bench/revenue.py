"""Revenue: the report of an operator who has ten thousand customers and two years behind."""

from datetime import timedelta
from time import perf_counter

from flask import Flask

from saas.billing.revenue.queries.ledger import list_ledgers, list_movements
from saas.core.clock import now
from saas.tenancy.scope import platform_scope
from tests.bench.report import Report, median
from tests.billing.filling import fill_states

TENANTS, MONTHS, ROUNDS = 10_000, 24, 5


def revenue(report: Report, app: Flask) -> None:
    """The command as it is typed, in a process that runs, and the bare list of all movements."""
    fill_states(tenants=TENANTS, months=MONTHS, until=now() - timedelta(days=1))
    runner, times = app.test_cli_runner(), []
    for _ in range(ROUNDS):
        began = perf_counter()
        answer = runner.invoke(args=["revenue", "report", "--months", str(MONTHS)])
        times.append(perf_counter() - began)
        assert answer.exit_code == 0, answer.output
    note = f"slowest {max(times):.2f} s"
    report.add(f"revenue report, {TENANTS} tenants × {MONTHS} months", median(times), "s", at_most=1, note=note)
    began = perf_counter()
    with platform_scope():
        (ledger,) = list_ledgers()
        number = len(list_movements(ledger, ledger.since, now()))
    report.add("all movements as a list", perf_counter() - began, "s", note=f"{number} of them")
