"""The figures of a report: what each is called, what it says, how it is reckoned. The table is the one place for it; the report
and docs/revenue.md show it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from saas.billing.revenue.queries.report import Report

MONEY, NUMBER, RATE = "money", "number", "rate"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the month that is reported; ``over_all``, where it makes sense, the same of all months shown as one period."""

    name: str
    label: str
    kind: str
    sentence: str
    formula: str
    of: Callable[[Report], Fraction | int | None]
    over_all: Callable[[Report], Fraction | int | None] | None = None


FIGURES = (
    Figure(
        "mrr",
        "MRR",
        MONEY,
        "What paying subscriptions are worth a month, after discounts that recur, without tax and use.",
        "Σ amount ÷ months of the cycle",
        lambda report: report.month.flow.mrr,
    ),
    Figure(
        "arr",
        "ARR",
        MONEY,
        "What that comes to in a year.",
        "12 × MRR",
        lambda report: report.month.flow.arr,
    ),
    Figure(
        "customers",
        "Customers",
        NUMBER,
        "Organisations that pay at the end.",
        "those with MRR above 0",
        lambda report: report.month.flow.customers,
    ),
    Figure(
        "arpa",
        "ARPA",
        MONEY,
        "What one of them pays a month.",
        "MRR ÷ customers",
        lambda report: report.month.flow.arpa,
    ),
    Figure(
        "clv",
        "CLV",
        MONEY,
        "What a customer leaves until it goes, by the churn of up to six months that are over.",
        "ARPA × margin ÷ monthly logo churn, at most 60 months",
        lambda report: report.value.value if report.value else None,
    ),
    Figure(
        "logo_churn",
        "Logo churn",
        RATE,
        "Customers lost, of those at the start.",
        "lost ÷ customers at start",
        lambda report: report.month.flow.logo_churn,
        lambda report: report.whole.logo_churn,
    ),
    Figure(
        "gross_churn",
        "Gross revenue churn",
        RATE,
        "MRR lost, of that at the start.",
        "(contraction + churn) ÷ MRR at start",
        lambda report: report.month.flow.gross_churn,
        lambda report: report.whole.gross_churn,
    ),
    Figure(
        "net_churn",
        "Net revenue churn",
        RATE,
        "The same less what customers spend more; those who came back do not count.",
        "(contraction + churn − expansion) ÷ MRR at start",
        lambda report: report.month.flow.net_churn,
        lambda report: report.whole.net_churn,
    ),
    Figure(
        "nrr",
        "NRR",
        RATE,
        "What the customers of the start are worth at the end.",
        "(start + expansion − contraction − churn) ÷ start, of those at start",
        lambda report: report.month.flow.nrr,
        lambda report: report.whole.nrr,
    ),
    Figure(
        "grr",
        "GRR",
        RATE,
        "The same without what they spend more: at most 100 %.",
        "(start − contraction − churn) ÷ start, of those at start",
        lambda report: report.month.flow.grr,
        lambda report: report.whole.grr,
    ),
    Figure(
        "trials_ended",
        "Trials ended",
        NUMBER,
        "Trials that ended, in whatever way.",
        "subscriptions that stopped being tried",
        lambda report: report.month.flow.trials.ended,
        lambda report: report.whole.trials.ended,
    ),
    Figure(
        "trial_conversion",
        "Trial conversion",
        RATE,
        "The part of these that pays, or has paid since.",
        "trials paid for ÷ trials ended",
        lambda report: report.month.flow.trials.conversion,
        lambda report: report.whole.trials.conversion,
    ),
)
MOVEMENTS = {
    "new": "MRR of customers who never paid before.",
    "reactivation": "MRR of customers who had left and pay again.",
    "expansion": "What customers pay more: a larger plan, a second subscription, a discount that ended.",
    "contraction": "What customers pay less, and still pay: a smaller plan, one subscription of two given up.",
    "churn": "MRR of customers who stopped paying altogether.",
}
CAUSES = {
    "asked": ("They wanted to go", "Voluntary: they cancelled, and service ended."),
    "payment": ("A payment failed", "Involuntary: a payment failed or was disputed, and was given up."),
    "paused": ("They paused", "The subscription rests; if it goes on, that is a reactivation."),
}
