"""A report as text, as data and as CSV. Only here are fractions rounded: half away from zero, each figure for itself."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from saas.billing.money import major_units
from saas.billing.revenue.definitions import CAUSES, FIGURES, MONEY, MOVEMENTS, RATE, Figure
from saas.billing.revenue.queries.report import Month, Report
from saas.catalogue.words import money
from saas.core.console import faint, table
from saas.core.csv import csv_line

NONE = "–"
_LOSSES = {"contraction", "churn"}
_LINES = ("start", *MOVEMENTS, "end")
_HEAD = ("month", *_LINES, "customers", "new_customers", "reactivated_customers", "lost_customers")
_CSV_HEAD = (*_HEAD, "trials_ended", "trials_converted", "currency")


def rounded(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole = floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def amount(value: Fraction, currency: str) -> Decimal:
    """Minor units as an amount of the currency, as exact as its coins."""
    return major_units(rounded(value), currency)


def rate(value: Fraction, digits: int) -> Decimal:
    """A fraction with so many decimals."""
    return Decimal(rounded(value * 10**digits)).scaleb(-digits)


def as_text(report: Report) -> str:
    """The report for people: movements by month, then the figures with what they say."""
    parts = [
        _title(report),
        _months(report),
        _figures(report),
        _value_note(report),
        _by_plan(report),
        _by_cause(report),
        _scheduled(report),
    ]
    return "\n\n".join(part for part in parts if part)


def as_data(report: Report) -> dict[str, Any]:
    """The report for programs: amounts in the currency and rates, as text that loses nothing on the way."""
    value = report.value
    return {
        "currency": report.currency,
        "month": _name(report.month),
        "so_far": report.so_far,
        "months": [dict(zip(_CSV_HEAD, _cells(report, month), strict=True)) for month in report.months],
        "figures": {
            one.name: {
                "month": _plain(one, one.of(report), report),
                **({"all_months": _plain(one, one.over_all(report), report)} if one.over_all else {}),
            }
            for one in FIGURES
        },
        "clv_capped": value.capped if value else None,
        "margin": str(rate(report.margin, 4)),
        "churn_by_cause": {
            cause: {"customers": loss.customers, "mrr": str(amount(loss.mrr, report.currency))}
            for cause, loss in report.whole.losses.items()
        },
        "by_plan": [
            {
                "plan": part.plan,
                "cycle": part.cycle,
                "subscriptions": part.subscriptions,
                "mrr": str(amount(part.mrr, report.currency)),
            }
            for part in report.parts
        ],
        "scheduled_losses": [
            {
                "organisation_id": str(loss.tenant_id),
                "at": loss.at.isoformat(),
                "plan": loss.plan,
                "mrr": str(amount(loss.mrr, report.currency)),
            }
            for loss in report.losses
        ],
    }


def as_csv(report: Report) -> str:
    """The months for spreadsheets, a line each."""
    return csv_line(_CSV_HEAD) + "".join(csv_line(_cells(report, month)) for month in report.months)


def _plain(figure: Figure, value: Fraction | int | None, report: Report) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    return str(amount(value, report.currency) if figure.kind == MONEY else rate(value, 6))


def _cells(report: Report, month: Month) -> list[str | int]:
    flow, came = month.flow, month.flow.customers_moved
    sums = (flow.start, *(getattr(flow.moved, kind) for kind in MOVEMENTS), flow.mrr)
    return [
        _name(month),
        *(str(amount(one, report.currency)) for one in sums),
        *(flow.customers, came.new, came.reactivated, came.lost),
        *(flow.trials.ended, flow.trials.converted, report.currency),
    ]


def _name(month: Month) -> str:
    return f"{month.start:%Y-%m}"


def _title(report: Report) -> str:
    first, last = report.months[0].start, report.month.start
    period = f"{first:%B %Y} to {last:%B %Y}" if first != last else f"{last:%B %Y}"
    return f"Revenue in {report.currency}, {period} (UTC){', so far' if report.so_far else ''}"


def _months(report: Report) -> str:
    head = ("MONTH", *(line.upper() for line in _LINES), "CUSTOMERS", "CAME", "LEFT")
    return _right(head, (_row(report, month) for month in report.months), left=1)


def _row(report: Report, month: Month) -> tuple[str, ...]:
    flow, came = month.flow, month.flow.customers_moved
    moved = (_signed(getattr(flow.moved, kind), kind in _LOSSES, report.currency) for kind in MOVEMENTS)
    start, end = (f"{amount(one, report.currency):,}" for one in (flow.start, flow.mrr))
    return (
        _name(month),
        start,
        *moved,
        end,
        f"{flow.customers:,}",
        *(f"{number:,}" if number else NONE for number in (came.new + came.reactivated, came.lost)),
    )


def _signed(value: Fraction, lost: bool, currency: str) -> str:
    return f"{'−' if lost else '+'}{amount(value, currency):,}" if value else NONE


def _figures(report: Report) -> str:
    several = len(report.months) > 1
    head = ("FIGURE", f"{report.month.start:%b %Y}".upper(), *((f"{len(report.months)} MONTHS",) if several else ()))
    rows = [(one, (one.label, *_values(one, report, several))) for one in FIGURES]
    lines = _right(head, (row for _, row in rows), left=1).splitlines()
    told = ["", *(faint(one.sentence) for one, _ in rows)]
    return "\n".join(f"{line}  {say}".rstrip() for line, say in zip(lines, told, strict=True))


def _values(figure: Figure, report: Report, several: bool) -> tuple[str, ...]:
    shown = _shown(figure, figure.of(report), report)
    if not several:
        return (shown,)
    return shown, _shown(figure, figure.over_all(report), report) if figure.over_all else ""


def _shown(figure: Figure, value: Fraction | int | None, report: Report) -> str:
    if value is None:
        return NONE
    if figure.kind == RATE:
        return f"{rate(100 * Fraction(value), 1)} %"
    return _money(Fraction(value), report.currency) if figure.kind == MONEY else f"{value:,}"


def _money(value: Fraction, currency: str) -> str:
    return money(amount(value, currency), currency=currency)


def _value_note(report: Report) -> str:
    """How long the CLV takes customers to stay, and what is left of what they pay."""
    value = report.value
    if value is None:
        return ""
    left = f"{rate(100 * report.margin, 1).normalize():f} % of revenue"
    if value.capped or not value.churn:
        return f"CLV: not enough churn to tell how long customers stay; it counts 60 months and {left} (--margin)."
    return f"CLV: customers stay {rate(1 / value.churn, 1)} months on average; it counts {left} (--margin)."


def _by_plan(report: Report) -> str:
    if not report.parts:
        return ""
    total = report.month.flow.mrr
    rows = [
        (
            part.plan,
            part.cycle,
            f"{part.subscriptions:,}",
            _money(part.mrr, report.currency),
            f"{rate(100 * part.mrr / total, 1)} %",
        )
        for part in report.parts
    ]
    cycles = {part.cycle: sum(one.mrr for one in report.parts if one.cycle == part.cycle) for part in report.parts}
    told = ", ".join(f"{cycle} {_money(Fraction(mrr), report.currency)}" for cycle, mrr in cycles.items())
    return f"{_right(('PLAN', 'CYCLE', 'SUBSCRIPTIONS', 'MRR', 'SHARE'), rows, left=2)}\nBy cycle: {told}."


def _by_cause(report: Report) -> str:
    losses = [(CAUSES[cause], loss) for cause, loss in report.whole.losses.items() if loss.customers]
    if not losses:
        return ""
    rows = [(label, f"{loss.customers:,}", _money(loss.mrr, report.currency)) for (label, _), loss in losses]
    lines = _right(("CHURN", "CUSTOMERS", "MRR"), rows, left=1).splitlines()
    told = ["", *(faint(sentence) for (_, sentence), _ in losses)]
    return "\n".join(f"{line}  {say}".rstrip() for line, say in zip(lines, told, strict=True))


def _scheduled(report: Report) -> str:
    if not report.losses:
        return ""
    months = sorted({f"{loss.at:%Y-%m}" for loss in report.losses})
    ends = {name: [loss.mrr for loss in report.losses if f"{loss.at:%Y-%m}" == name] for name in months}
    rows = [(name, f"{len(mrr):,}", _money(sum(mrr, Fraction(0)), report.currency)) for name, mrr in ends.items()]
    return "Cancelled, and still paid for until then:\n" + _right(("ENDS", "SUBSCRIPTIONS", "MRR"), rows, left=1)


def _right(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """A table whose columns stand on the right, but for so many at its left."""
    lines = [list(row) for row in rows]
    for column in range(left, len(head)):
        width = max(len(line[column]) for line in [list(head), *lines])
        for line in lines:
            line[column] = line[column].rjust(width)
    top = [name.rjust(len(lines[0][at])) if at >= left else name for at, name in enumerate(head)]
    return table(top, lines)
